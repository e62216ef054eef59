"""What simulated students see is what Python says to all that they ran in that kernel before."""

from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest

from flows.simulation.truth import simulated_class
from ingest_api.events import ProgressEvent
from tests.flows.simulation.running import error_of


@pytest.fixture(scope="module", params=range(3))
def kernels(request: pytest.FixtureRequest, course_dir: Path) -> list[list[ProgressEvent]]:
    """Return the runs of every kernel of a class, in order."""
    events, _ = simulated_class(request.param, course_dir=course_dir, with_code=True)
    runs: dict[str | None, list[ProgressEvent]] = defaultdict(list)
    for event in events:
        if event.type == "cell_run":
            runs[event.session_id].append(event)
    return list(runs.values())


def test_every_run_ends_as_in_python(kernels: list[list[ProgressEvent]]) -> None:
    """Each run's error is the one that its code raises after all the runs before it."""
    wrong: Counter[Any] = Counter()
    for runs in kernels:
        names: dict[str, Any] = {}
        for event in runs:
            assert event.code is not None
            line = (event.extra or {}).get("error_line")
            told = (event.error_name, event.error_message, line) if event.error_name else None
            real = error_of(event.code, names)
            if told != real:
                wrong[event.exercise, event.code, told, real] += 1
    assert not wrong
