"""Runs the parts under supervisord: restarts what dies, and stops all of them in order."""

import fcntl
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from xmlrpc.client import Fault, ServerProxy

from supervisor.states import ProcessStates
from supervisor.xmlrpc import SupervisorTransport

from flows.embedded.part import Part

#: Stopped in the reverse of this order; the members of one group stop at the same time.
GROUPS: Final = ("stores", "services", "pages")
#: All groups together take less, whatever hangs; after that everything is killed.
_STOP_SECONDS: Final = 15
_KILL_SECONDS: Final = 4
_MOST_FILES: Final = 100
_ENDED: Final = (ProcessStates.BACKOFF, ProcessStates.FATAL, ProcessStates.EXITED)
_CONFIGURATION: Final = """\
[supervisord]
nodaemon=true
silent=true
minfds={most_files}
logfile={logs}/supervisord.log
logfile_maxbytes=2MB
logfile_backups=1
pidfile={sockets}/supervisord.pid
{user}
[unix_http_server]
file={sockets}/s
chmod=0600

[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
"""
_GROUP: Final = """
[group:{name}]
programs={programs}
priority={priority}
"""
_PROGRAM: Final = """
[program:{name}]
command={command}
{directory}
environment={environment}
autostart=false
autorestart={restart}
startsecs=1
startretries=1000000
stopsignal={stop_signal}
stopwaitsecs={stop_seconds}
killasgroup=true
redirect_stderr=true
stdout_logfile={log}
stdout_logfile_maxbytes=5MB
stdout_logfile_backups=1
"""


class PartFailedError(Exception):
    """A part ended or did not answer in time; the message holds its last words."""


class Supervisor:
    """Starts and stops parts; use it as a context."""

    def __init__(
        self, logs: Path, groups: Mapping[str, Sequence[Part]], held: int | None = None
    ) -> None:
        """Prepare the parts.

        Args:
            logs: The folder of their logs.
            groups: The parts, by the name of their group.
            held: A descriptor that the supervisor and the parts hold until the last one ended.
        """
        self._logs = logs
        self._held = held
        self._groups = {name: groups[name] for name in GROUPS if groups.get(name)}
        self._sockets = Path(tempfile.mkdtemp(prefix="cellpulse-"))
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self._logs.mkdir(parents=True, exist_ok=True)
        configuration = self._sockets / "supervisord.conf"
        configuration.touch(mode=0o600)
        configuration.write_text(self._configuration())
        own = ("CELLPULSE_", "INFLUXDB_")
        environment = {k: v for k, v in os.environ.items() if not k.startswith(own)}
        # Those below _MOST_FILES the supervisor closes, in itself and in what it starts.
        held = [] if self._held is None else [fcntl.fcntl(self._held, fcntl.F_DUPFD, _MOST_FILES)]
        self._process = subprocess.Popen(
            (
                *_dies_with_its_parent(),
                sys.executable,
                "-m",
                "supervisor.supervisord",
                "-c",
                configuration,
            ),
            env=environment,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            pass_fds=held,
        )
        for descriptor in held:
            os.close(descriptor)
        try:
            self._await_socket()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop every part, group after group, and the supervisor itself."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._kill_what_is_left(self._process)
        shutil.rmtree(self._sockets, ignore_errors=True)

    def _kill_what_is_left(self, supervisor: subprocess.Popen[bytes]) -> None:
        with suppress(OSError, Fault, HTTPException):
            for part in self._ask("getAllProcessInfo"):
                with suppress(ProcessLookupError):
                    if part["pid"]:
                        os.killpg(part["pid"], signal.SIGKILL)
        try:
            supervisor.wait(_KILL_SECONDS)
        except subprocess.TimeoutExpired:
            supervisor.kill()
            supervisor.wait()

    @property
    def runs(self) -> bool:
        """Whether the supervisor itself is there."""
        return self._process is not None and self._process.poll() is None

    def start(self, group: str, seconds: float, stop: threading.Event) -> None:
        """Start the parts of a group, and return once all of them answer or `stop` is set.

        Raises:
            PartFailedError: One of them ended, or does not answer within `seconds`.
        """
        end = time.monotonic() + seconds
        parts = list(self._groups.get(group, ()))
        try:
            self._start(group, parts, end, seconds, stop)
        except (OSError, Fault) as error:
            raise PartFailedError(
                f"the supervisor does not answer: see {self._logs}/supervisord.log"
            ) from error

    def _start(
        self, group: str, parts: list[Part], end: float, seconds: float, stop: threading.Event
    ) -> None:
        for part in parts:
            self._ask("startProcess", f"{group}:{part.name}", False)
        while parts and not stop.is_set():
            part = parts[0]
            if part.answers():
                parts.pop(0)
                continue
            state = self._ask("getProcessInfo", f"{group}:{part.name}")["state"]
            if state in _ENDED:
                raise PartFailedError(f"{part.name} ended at its start: {self._last_words(part)}")
            if time.monotonic() > end:
                raise PartFailedError(
                    f"{part.name} does not answer after {seconds:.0f} s: {self._last_words(part)}"
                )
            stop.wait(0.05)

    def _ask(self, method: str, *arguments: object) -> Any:
        """Ask over a new connection each time: one that failed can't be used again."""
        transport = SupervisorTransport(None, None, f"unix://{self._sockets}/s")
        try:
            server = ServerProxy("http://127.0.0.1", transport=transport)
            return getattr(server.supervisor, method)(*arguments)
        finally:
            transport.close()

    def _await_socket(self) -> None:
        end = time.monotonic() + 15
        while time.monotonic() < end and self.runs:
            try:
                self._ask("getState")
            except (OSError, Fault):
                time.sleep(0.05)
            else:
                return
        raise PartFailedError(f"the supervisor did not start: see {self._logs}/supervisord.log")

    def _last_words(self, part: Part) -> str:
        log = self._logs / f"{part.name}.log"
        lines = log.read_text(errors="replace").strip().splitlines() if log.is_file() else []
        return f"{lines[-1] if lines else 'it said nothing'} (more in {log})"

    def _configuration(self) -> str:
        text = _CONFIGURATION.format(
            logs=_escaped(self._logs),
            sockets=_escaped(self._sockets),
            most_files=_MOST_FILES,
            user="user=root" if os.geteuid() == 0 else "",
        )
        for priority, (name, parts) in enumerate(self._groups.items(), start=1):
            text += _GROUP.format(
                name=name, programs=",".join(part.name for part in parts), priority=priority
            )
            for part in parts:
                text += self._program(part)
        return text

    def _program(self, part: Part) -> str:
        return _PROGRAM.format(
            name=part.name,
            command=_escaped(shlex.join((*_dies_with_its_parent(), *part.command))),
            directory=f"directory={_escaped(part.directory)}" if part.directory else "",
            environment=_escaped(
                ",".join(f"{name}={_quoted(value)}" for name, value in part.environment.items())
            ),
            restart="unexpected" if part.ends_by_itself else "true",
            stop_signal=part.stop_signal,
            stop_seconds=part.stop_seconds,
            log=_escaped(self._logs / f"{part.name}.log"),
        )


def _dies_with_its_parent() -> tuple[str, ...]:
    """Return what makes a command stop when its parent is killed, where the system can."""
    return ("setpriv", "--pdeathsig", "TERM", "--") if shutil.which("setpriv") else ()


def _escaped(text: object) -> str:
    return str(text).replace("%", "%%")


def _quoted(value: str) -> str:
    # supervisord knows no escapes within quotes, only two kinds of quotes.
    return f"'{value}'" if '"' in value else f'"{value}"'
