"""A lake in memory for each test."""

from collections.abc import Iterator

import pytest

from tests.analytics.measures.memory_lake import MemoryLake


@pytest.fixture(scope="module")
def _memory_lake() -> Iterator[MemoryLake]:
    lake = MemoryLake()
    yield lake
    lake.connection.close()


@pytest.fixture
def lake(_memory_lake: MemoryLake) -> MemoryLake:
    """Return an empty lake in memory."""
    _memory_lake.clear()
    return _memory_lake
