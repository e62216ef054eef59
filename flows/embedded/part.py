"""One process of the embedded platform: how it is started, stopped and asked whether it answers."""

import os
import secrets
import shutil
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

_FIRST_PORT: Final = 20_000
_PORTS: Final = 12_000


class PartUnavailableError(Exception):
    """A part cannot be had on this machine; the message says how to get it."""


@dataclass(frozen=True)
class Part:
    """One process.

    Attributes:
        name: As shown by `cellpulse up`, `cellpulse status` and in the log file's name.
        command: The program and its arguments.
        answers: Tells whether it does its work now; raises nothing.
        environment: What it is given beside the environment of `cellpulse up`.
        directory: Where it runs.
        stop_signal: What ends it in good order.
        stop_seconds: How long it may take to end before it is killed.
        ends_by_itself: Whether it is done at some time, and then not started again.
    """

    name: str
    command: tuple[str, ...]
    answers: Callable[[], bool]
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    directory: Path | None = None
    stop_signal: Literal["TERM", "INT", "QUIT"] = "TERM"
    stop_seconds: int = 3
    ends_by_itself: bool = False


def free_port(host: str = "127.0.0.1") -> int:
    """Return a TCP port that nobody listens on at this moment.

    It lies below the range from which systems take the ports of outgoing connections: one of
    those could use it before its server does.
    """
    while True:
        port = _FIRST_PORT + secrets.randbelow(_PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind((host, port))
            return port


def find_program(name: str) -> str | None:
    """Return the path of a program, looking beyond the PATH where Debian keeps servers."""
    path = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"))
    return shutil.which(name, path=path)
