"""Questions about the past: up to which position of the log an answer reads, and when that was."""

from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Final, Literal

from duckdb import DuckDBPyConnection as Lake
from pydantic import TypeAdapter, ValidationError

from analytics.queries.query import load_query
from analytics.responses import AsOf
from flows.log.logged_event import POSITION, START, position_from_ns, position_ns
from ingest_api.events import UtcTime
from ingest_api.problems import Problem

_TIME: Final = TypeAdapter[datetime](UtcTime)
_LATEST: Final = datetime(2199, 12, 31, tzinfo=UTC)
#: Largest position that DuckDB compares with.
LARGEST_POSITION_NS: Final = 2**63 - 1

_Source = Literal["lake", "postgres"]


def parse_as_of(text: str) -> int:
    """Return the position of the log, as `position_ns`, that a position or a time means.

    Raises:
        Problem: 422, it is neither.
    """
    if POSITION.fullmatch(text):
        return min(position_ns(text), LARGEST_POSITION_NS)
    try:
        moment = _TIME.validate_python(text)
    except ValidationError:
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "'as_of' must be a time (ISO 8601) or a log position such as 1789378199412-0",
        ) from None
    return int(moment.timestamp() * 1000) * 1_000_000 + 999_999


def time_of(as_of_ns: int | None) -> datetime:
    """Return when the log stood at a position; far in the future where none is asked for.

    A position tells the time to the millisecond: it is the end of that, when all was seen that the
    log has up to there.
    """
    if as_of_ns is None or as_of_ns / 1e9 > _LATEST.timestamp():
        return _LATEST
    begin = datetime.fromtimestamp(as_of_ns // 1_000_000 / 1_000, UTC)
    return begin + timedelta(microseconds=999)


def as_of(lake: Lake, now: datetime, *sources: _Source) -> AsOf:
    """Return which data is read: the position is that of the source that is behind the other."""
    found = load_query("as_of").row(lake)
    positions = [found[f"{source}_position"] or START for source in sources]
    behind = min(positions, key=position_ns)
    return AsOf(position=None if behind == START else behind, snapshot=found["snapshot"], time=now)


def as_of_position(lake: Lake, now: datetime, as_of_ns: int | None, *sources: _Source) -> AsOf:
    """Return which data is read: where only what the log held at a position counts, the lake's.

    Args:
        lake: As `open_lake()` returns it.
        now: When the answer is computed.
        as_of_ns: The position; None for all that there is.
        sources: What an answer about all that there is is computed from; the lake alone if none.
    """
    read = as_of(lake, now, *(sources if sources and as_of_ns is None else ("lake",)))
    if as_of_ns is None or read.position is None or position_ns(read.position) <= as_of_ns:
        return read
    return read.model_copy(update={"position": position_from_ns(as_of_ns)})
