"""How a command of the operator ends when something foreseen is wrong: one line, exit code 1."""

import sys
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from redis import RedisError

from flows.log_reader import LogPinnedError
from flows.rebuild import NoFullLogError
from flows.simulation.course import CourseError
from flows.simulation.delivery import IngestRefusedError
from flows.stores.lake import FewerEventsError
from flows.stores.store import StoreUnavailableError
from flows.up import CannotStartError
from flows.version_of_data import UnknownDataVersionError
from ingest_api.settings import BadSettingError

P = ParamSpec("P")
_FORESEEN = (
    BadSettingError,
    CannotStartError,
    CourseError,
    FewerEventsError,
    IngestRefusedError,
    LogPinnedError,
    NoFullLogError,
    StoreUnavailableError,
    UnknownDataVersionError,
    RedisError,
)


def one_line_for_errors(command: Callable[P, None]) -> Callable[P, None]:
    """End a command with the first line of what it raised, where that was foreseen."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except _FORESEEN as error:
            first, *_ = str(error).splitlines() or [type(error).__name__]
            sys.exit(f"cellpulse: {first}")

    return run
