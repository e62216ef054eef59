"""Processes that a test starts, awaits, looks at and ends."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

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
    with log.open("ab") as output:
        process = subprocess.Popen(
            part.command,
            env=os.environ | part.environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        wait_until(part.answers, f"{part.name} (its log: {log.read_text()[-2000:]})")
        yield process
    finally:
        started = _started_by(process)
        process.terminate()
        try:
            process.wait(part.stop_seconds + 10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for left in started:
            with suppress(psutil.NoSuchProcess):
                left.kill()


def _started_by(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(process.pid).children(recursive=True)
    return []


def command_of(process: psutil.Process) -> list[str]:
    """Return a process's command and arguments; none where it has ended meanwhile."""
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:  # a database's own helpers come and go
        return []
