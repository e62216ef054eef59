"""How a command of the operator ends when something foreseen is wrong: one line, and a code."""

import sys
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import click
from redis import RedisError

from flows.backup.manifest import BackupError
from flows.course.content import CourseContentError
from flows.embedded.up import CannotStartError
from flows.erasure.erased import ErasureError
from flows.export.errors import ExportError
from flows.log.fed import FullLogNotSetError
from flows.log.rejected import NoSuchEntryError
from flows.log.trimmer import LogPinnedError
from flows.migrations.plan import NoSuchVersionError
from flows.progsnap2.errors import DataSetError
from flows.pseudonyms.courses import PseudonymError
from flows.rebuild import NoFullLogError
from flows.simulation.course import CourseError
from flows.simulation.delivery import IngestRefusedError
from flows.simulation.parameters import BadParametersError
from flows.stores.accounts import AccountError
from flows.stores.courses import CourseSettingsError
from flows.stores.influxdb import UnreadablePointError
from flows.stores.issued_tokens import TokenError
from flows.stores.known_names import UnknownNameError
from flows.stores.lake import FewerEventsError
from flows.stores.store import StoreUnavailableError
from flows.version_of_data import UnknownDataVersionError
from ingest_api.event_log import LogUnavailableError
from ingest_api.settings import BadSettingError

P = ParamSpec("P")
_FORESEEN = (
    AccountError,
    BackupError,
    BadParametersError,
    BadSettingError,
    CannotStartError,
    CourseContentError,
    CourseError,
    CourseSettingsError,
    DataSetError,
    ErasureError,
    ExportError,
    FewerEventsError,
    FullLogNotSetError,
    IngestRefusedError,
    LogPinnedError,
    LogUnavailableError,
    NoFullLogError,
    NoSuchEntryError,
    NoSuchVersionError,
    PseudonymError,
    StoreUnavailableError,
    TokenError,
    UnknownDataVersionError,
    UnknownNameError,
    UnreadablePointError,
    RedisError,
)


def one_line_for_errors(command: Callable[P, None]) -> Callable[P, None]:
    """End a command with the first line of what it raised, where that was foreseen, and code 1."""
    return one_line_and_code(1)(command)


def one_line_and_code(code: int) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """Return a decorator that does the same with an exit code of its own."""

    def decorate(command: Callable[P, None]) -> Callable[P, None]:
        @wraps(command)
        def run(*args: P.args, **kwargs: P.kwargs) -> None:
            try:
                command(*args, **kwargs)
            except _FORESEEN as error:
                first, *_ = str(error).splitlines() or [type(error).__name__]
                click.echo(f"cellpulse: {first}", err=True)
                sys.exit(code)

        return run

    return decorate
