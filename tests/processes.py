"""Processes that a test starts, awaits, looks at and ends."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from bench.servers import started
from flows.embedded.part import Part

START_SECONDS = 60


def wait_until(true: Callable[[], bool], what: str, seconds: float = START_SECONDS) -> None:
    """Await a condition, and fail the test when it does not come."""
    end = time.monotonic() + seconds
    asked = time.monotonic()
    while not true():
        now = time.monotonic()
        if now > end:
            pytest.fail(f"waited {seconds:.0f} s for {what}")
        # Whoever is waited for needs the processor too.
        time.sleep(max(0.02, now - asked))
        asked = time.monotonic()


@contextmanager
def running(part: Part, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a part until it answers, and end it with all that it started."""
    with started(part, log, os.environ | part.environment) as process:
        wait_until(part.answers, f"{part.name} (its log: {log.read_text()[-2000:]})")
        yield process


def command_of(process: psutil.Process) -> list[str]:
    """Return a process's command and arguments; none where it has ended meanwhile."""
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:  # a database's own helpers come and go
        return []
