"""Notebooks on disk, and the command that registers them."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from redis import Redis
from sqlalchemy import Engine

from flows.cli import cli
from flows.stores.postgres import engine_for


def _cell(source: str, cell_id: str | None = None, kind: str = "code", **metadata: Any) -> Any:
    content = {"cell_type": kind, "metadata": metadata, "source": source}
    return content | ({"id": cell_id} if cell_id else {})


@pytest.fixture
def cell() -> Callable[..., Any]:
    """Return a function that makes a cell."""
    return _cell


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a notebook below the course's folder."""

    def make(name: str, *cells: Any, **more: Any) -> Path:
        path = tmp_path / "course" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": list(cells)}
        path.write_text(json.dumps(notebook | more), encoding="utf-8")
        return path

    return make


@pytest.fixture
def cellpulse(
    postgres_url: str, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Result]:
    """Return a function that runs the command on empty stores."""
    monkeypatch.setenv("CELLPULSE_POSTGRES_URL", postgres_url)
    monkeypatch.setenv("CELLPULSE_REDIS_URL", redis_url)
    return lambda *arguments: CliRunner().invoke(cli, [str(each) for each in arguments])


@pytest.fixture
def engine(postgres_url: str) -> Iterator[Engine]:
    """Return an engine of the master data."""
    engine = engine_for(postgres_url)
    yield engine
    engine.dispose()


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    """Return a client that gives bytes, as the worker's does."""
    with Redis.from_url(redis_url, protocol=2) as client:
        yield client
