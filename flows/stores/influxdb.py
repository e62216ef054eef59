"""InfluxDB's writer and reader: the full event log, one point an event."""

import json
import time
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from typing import Any, Final

import httpx
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.client.write.point import Point
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.domain.write_precision import WritePrecision
from influxdb_client.rest import ApiException
from pydantic import ValidationError
from urllib3.exceptions import HTTPError

from flows.log.logged_event import LoggedEvent, position_from_ns
from flows.settings import InfluxSettings
from flows.stores.influx_line import MEASUREMENT, to_line
from flows.stores.store import BATCH_EVENTS, Later, PoisonEventError, StoreUnavailableError
from flows.version_of_data import UnknownDataVersionError
from ingest_api.events import SCHEMA_VERSION, StoredEvent
from ingest_api.foreseen import ForeseenError

#: Holds points of now, which every InfluxDB takes that takes any.
PROBE: Final = "cellpulse_probe"
_TIMEOUT_SECONDS: Final = 10
_PAGE: Final = 5_000
#: A query costs InfluxDB much, and a point little.
_POINTS_PAGE: Final = 10_000
#: A smaller batch, or one without its poison event, can be taken.
_REFUSED: Final = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
)


class UnreadablePointError(ForeseenError):
    """A point of our measurement is no event."""


class InfluxWriter:
    """Writes events as points whose time is the log position.

    A repeat overwrites its own point, so InfluxDB needs to remember no position.
    """

    name = "influxdb"
    #: What a slow disk takes well within the time-out.
    batch_events = BATCH_EVENTS // 2

    def __init__(self, settings: InfluxSettings) -> None:
        self._settings = settings
        self._client = InfluxDBClient(
            url=str(settings.url),
            token=settings.token.get_secret_value(),
            org=settings.org,
            timeout=_TIMEOUT_SECONDS * 1000,
            enable_gzip=True,
        )
        self._write = self._client.write_api(write_options=SYNCHRONOUS)

    def apply(
        self,
        events: Sequence[LoggedEvent],
        position: str,  # noqa: ARG002
        skipped: Sequence[str] = (),  # noqa: ARG002
        *,
        after: str | None = None,  # noqa: ARG002
    ) -> None:
        """Write a point for each event; see `Store.apply`."""
        if not events:  # all of them were set aside; InfluxDB takes no empty body
            return
        try:
            self._send("\n".join([to_line(event) for event in events]))
        except PoisonEventError as error:
            self._require_that_it_takes_others(error)
            raise

    def _send(self, points: str | Point) -> None:
        try:
            self._write.write(bucket=self._settings.bucket, org=self._settings.org, record=points)
        except ApiException as error:
            reason = f"InfluxDB answers {error.status}: {_first_line(error.body)}"
            if error.status in _REFUSED:
                raise PoisonEventError(reason) from error
            raise StoreUnavailableError(reason) from error
        except (HTTPError, OSError) as error:
            raise StoreUnavailableError(f"InfluxDB: {error}") from error

    def apply_late(self, logged: LoggedEvent, later: Later) -> None:  # noqa: ARG002
        """Write the event's point at its own time; see `Store.apply_late`."""
        self.apply([logged], logged.position)

    def _require_that_it_takes_others(self, refusal: PoisonEventError) -> None:
        """Tell a bad event from a server that refuses everything, by a point that is known good."""
        probe = Point(PROBE).time(time.time_ns(), WritePrecision.NS).field("taken", value=True)
        try:
            self._send(probe)
        except PoisonEventError as error:
            raise StoreUnavailableError(f"{refusal}, and so it does to any other point") from error

    def position(self) -> None:
        """Return None: the consumer group remembers the position."""

    def close(self) -> None:
        """Let go of the connections."""
        self._write.close()
        self._client.close()


class InfluxReader:
    """Reads the full event log back, by InfluxQL, which InfluxDB 1, 2 and 3 answer."""

    def __init__(self, settings: InfluxSettings) -> None:
        token = settings.token.get_secret_value()
        self._bucket = settings.bucket
        self._client = httpx.Client(
            base_url=str(settings.url),
            # A header that ends in a blank is refused, so without a token there is none.
            headers={"Authorization": f"Token {token}"} if token else {},
            timeout=60,
        )

    def count(self) -> int:
        """Return how many events there are.

        Raises:
            StoreUnavailableError: InfluxDB does not answer.
        """
        # The bucket and the measurement are ours; nothing here comes from a client.
        series = self._query(f'SELECT count("event_id") FROM "{MEASUREMENT}"')  # noqa: S608
        return int(series[0]["values"][0][1]) if series else 0

    def last_ns(self) -> int:
        """Return the position of the last event as one number, 0 when there is none.

        Raises:
            StoreUnavailableError: InfluxDB does not answer.
        """
        series = self._query(f'SELECT last("event_id") FROM "{MEASUREMENT}"')  # noqa: S608
        return int(series[0]["values"][0][0]) if series else 0

    def batches(self, last_ns: int) -> Iterator[list[LoggedEvent]]:
        """Yield all events up to and with the position `last_ns`, in log order.

        Raises:
            UnknownDataVersionError: An event is of a newer version, and of a kind that is unknown.
            UnreadablePointError: A point is no event.
            StoreUnavailableError: InfluxDB does not answer.
        """
        after = -1
        while True:
            series = self._query(
                f'SELECT * FROM "{MEASUREMENT}" WHERE time > {after} AND time <= {last_ns} '  # noqa: S608
                f"ORDER BY time ASC LIMIT {_PAGE}"
            )
            if not series:
                return
            columns = series[0]["columns"]
            batch = [
                _from_point(dict(zip(columns, values, strict=True)))
                for values in series[0]["values"]
            ]
            yield batch
            after = batch[-1].position_ns

    def of_student(self, course: str, student: str, last_ns: int) -> Iterator[LoggedEvent]:
        """Yield a student's events up to and with a position, in log order.

        Raises:
            UnreadablePointError: A point is no event.
            StoreUnavailableError: InfluxDB does not answer.
        """
        after = -1
        only = f"course_id = {_text_literal(course)} AND student_id = {_text_literal(student)}"
        while True:
            series = self._query(
                f'SELECT * FROM "{MEASUREMENT}" WHERE {only} AND time > {after} '  # noqa: S608
                f"AND time <= {last_ns} ORDER BY time ASC LIMIT {_PAGE}"
            )
            if not series:
                return
            columns = series[0]["columns"]
            for values in series[0]["values"]:
                logged = _from_point(dict(zip(columns, values, strict=True)))
                after = logged.position_ns
                yield logged

    def students(self) -> list[tuple[str, str, int]]:
        """Return every course and student of whom there are events, and the first's position.

        Raises:
            StoreUnavailableError: InfluxDB does not answer.
        """
        series = self._query(
            f'SELECT first("event_id") FROM "{MEASUREMENT}" GROUP BY course_id, student_id'  # noqa: S608
        )
        return [
            (each["tags"]["course_id"], each["tags"]["student_id"], int(each["values"][0][0]))
            for each in series
        ]

    def points(
        self, after_ns: int, last_ns: int, course: str | None = None
    ) -> Iterator[list[dict[str, Any]]]:
        """Yield every point as it stands, in pages, oldest first.

        Two points of the same time are both there, which `batches` does not promise.

        Args:
            after_ns: Only points after this position.
            last_ns: Only points up to and with this position.
            course: Only points of this course.

        Raises:
            StoreUnavailableError: InfluxDB does not answer.
        """
        only = "" if course is None else f"AND course_id = {_text_literal(course)} "
        while True:
            series = self._query(
                f'SELECT * FROM "{MEASUREMENT}" WHERE time > {after_ns} AND time <= {last_ns} '  # noqa: S608
                f"{only}ORDER BY time ASC LIMIT {_POINTS_PAGE}"
            )
            if not series:
                return
            columns = series[0]["columns"]
            rows = [dict(zip(columns, values, strict=True)) for values in series[0]["values"]]
            newest = rows[-1]["time"]
            if len(rows) == _POINTS_PAGE and rows[0]["time"] != newest:
                # The next page begins with all the points of the last time.
                rows = [row for row in rows if row["time"] != newest]
            yield rows
            after_ns = rows[-1]["time"]

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def erase(self, course: str, student: str, last_ns: int) -> None:
        """Delete a student's points up to and with a position.

        Raises:
            StoreUnavailableError: InfluxDB does not answer, or it refuses.
        """
        self._query(
            f'DELETE FROM "{MEASUREMENT}" WHERE course_id = {_text_literal(course)} '  # noqa: S608
            f"AND student_id = {_text_literal(student)} AND time <= {last_ns}",
            method="POST",
        )

    def _query(self, query: str, method: str = "GET") -> list[dict[str, Any]]:
        try:
            answer = self._client.request(
                method, "/query", params={"db": self._bucket, "epoch": "ns", "q": query}
            )
            answer.raise_for_status()
            result = answer.json()["results"][0]
        except (httpx.HTTPError, ValueError, LookupError) as error:
            raise StoreUnavailableError(f"InfluxDB: {error}") from error
        if "error" in result:
            raise StoreUnavailableError(f"InfluxDB: {result['error']}")
        series: list[dict[str, Any]] = result.get("series", [])
        return series


def _from_point(row: dict[str, Any]) -> LoggedEvent:
    position = position_from_ns(int(row.pop("time")))
    fields = {name: value for name, value in row.items() if value is not None}
    for name in ("truncated", "extra"):
        if name in fields:
            fields[name] = json.loads(fields[name])
    try:
        return LoggedEvent(position, StoredEvent.model_validate(fields))
    except ValidationError as error:
        if int(fields.get("schema_version", 0)) > SCHEMA_VERSION:
            raise UnknownDataVersionError(
                f"InfluxDB's event at {position} has schema version {fields['schema_version']}; "
                f"this Cellpulse knows {SCHEMA_VERSION}: upgrade Cellpulse"
            ) from error
        raise UnreadablePointError(
            f"InfluxDB's point at {position} is no event, and we did not write it: delete it"
        ) from error


def _text_literal(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _first_line(body: object) -> str:
    text = body.decode(errors="replace") if isinstance(body, bytes) else str(body)
    return text.strip().partition("\n")[0][:300]
