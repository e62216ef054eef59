"""The operator's command, without a process of its own."""

import os
import signal
import subprocess
from collections.abc import Mapping
from typing import Final

from click.testing import CliRunner

from flows.cli import cli

#: What `cellpulse up` stops at.
_STOPS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def cellpulse(environment: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command of ours in this process, with this environment and no other variable.

    A process of its own would take longer to start than to do its work.
    """
    exactly: dict[str, str | None] = {**dict.fromkeys(os.environ), **environment}
    handlers = {number: signal.getsignal(number) for number in _STOPS}
    try:
        done = CliRunner(env=exactly).invoke(cli, arguments)
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return subprocess.CompletedProcess(arguments, done.exit_code, done.stdout, done.stderr)
