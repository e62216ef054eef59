"""The platform as processes that a campaign can hurt: each is started, frozen, killed, revived."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psutil

START_SECONDS: Final = 60.0


@dataclass
class Process:
    """One process with its children.

    Attributes:
        name: As the plan calls it.
        command: The program and its arguments.
        answers: Tells whether it does its work.
        environment: All that it is given.
        log: Where its output goes.
    """

    name: str
    command: tuple[str, ...]
    answers: Callable[[], bool]
    environment: Mapping[str, str]
    log: Path
    directory: Path | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def runs(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it where it does not run; what is left of an earlier life ends first."""
        if self.runs:
            return
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.command,
                env=dict(self.environment),
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                cwd=self.directory,
                start_new_session=True,
            )

    def await_answer(self) -> None:
        end = time.monotonic() + START_SECONDS
        while not self.answers():
            if not self.runs:
                self.start()
            if time.monotonic() > end:
                raise TimeoutError(f"{self.name} does not answer: see {self.log}")
            time.sleep(0.05)

    def send(self, number: signal.Signals) -> None:
        """Send a signal to it and, where that is what stops all work, to its children."""
        if not self.runs:
            return
        whole = number in (signal.SIGKILL, signal.SIGSTOP, signal.SIGCONT)
        with suppress(psutil.NoSuchProcess):
            family = psutil.Process(self.pid).children(recursive=True) if whole else []
            os.kill(self.pid, number)
            for child in family:
                with suppress(psutil.NoSuchProcess):
                    child.send_signal(number)

    def kill(self) -> None:
        self.send(signal.SIGKILL)
        if self._process is not None:
            self._process.wait()

    def stop(self, seconds: float = 15) -> None:
        """End it in good order, and by force where it does not end."""
        self.send(signal.SIGCONT)
        self.send(self.stop_signal)
        if self._process is None:
            return
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
