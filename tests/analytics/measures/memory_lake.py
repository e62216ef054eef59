"""A lake in memory, filled as the lake's writer does, so that many small histories are measured."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, Final

from analytics.lake.empty_lake import empty_lake
from analytics.measures.measure import By, load_measure
from flows.log.logged_event import LoggedEvent, position_from_ns
from flows.models import Base
from flows.stores.lake import LakeWriter
from ingest_api.events import ProgressEvent, StoredEvent

COURSE: Final = "c"


class MemoryLake:
    """Holds one course's events, and its master data as PostgreSQL's writer would."""

    def __init__(self) -> None:
        self.connection = empty_lake()
        # Histories are small: more threads than one only wait for each other.
        self.connection.execute("SET threads = 1")
        self._writer = LakeWriter("", "")
        self._known: set[tuple[str, ...]] = set()

    def clear(self) -> None:
        """Forget every event and the master data."""
        self._known.clear()
        for table in ("events", "rollup_student_exercise", "rollup_course_minute"):
            self.connection.execute(f"DELETE FROM lake.{table}")
        for table in Base.metadata.sorted_tables:
            self.connection.execute(f"DELETE FROM master.{table.name}")

    def write(self, events: Iterable[dict[str, Any]]) -> None:
        """Append events, each the fields of a `ProgressEvent` with `occurred_at`, in log order.

        The n-th has the position n-0; it arrives when it happens, or at its `received_at`.
        """
        first = self._count() + 1
        logged = [_logged(number, fields) for number, fields in enumerate(events, first)]
        if logged:
            self._writer._insert(self.connection, logged)
            self._enroll([one.event for one in logged])

    def know(self, table: str, **row: Any) -> None:
        """Let a row of the master data be there, as given, whether or not it was before."""
        key = {name: value for name, value in row.items() if name.endswith("_id")}
        same = " AND ".join(f"{name} = ?" for name in key)
        self.connection.execute(f"DELETE FROM master.{table} WHERE {same}", list(key.values()))
        self._insert(table, [row])
        self._known.add((table, *key.values()))

    def put_into(self, section: str, *students: str, course_id: str = COURSE) -> None:
        """Put students into a section, as a roster does."""
        self.connection.execute(
            "UPDATE master.enrollments SET section = ? "
            "WHERE course_id = ? AND list_contains(?, student_id)",
            [section, course_id, list(students)],
        )

    def rows(self, name: str, by: By = "student_exercise", **question: Any) -> list[dict[str, Any]]:
        """Return a measure's rows of the course."""
        moment = {"now": datetime(2100, 1, 1, tzinfo=UTC)} | question
        return load_measure(name).rows(self.connection, COURSE, by, **moment)

    def values(self, name: str, by: By = "student_exercise", **question: Any) -> dict[Any, Any]:
        """Return a measure's values by student, exercise, both or position; for a course by None.

        An exercise is None outside exercises.
        """
        return {_key(row, by): row["value"] for row in self.rows(name, by, **question)}

    def _count(self) -> int:
        (count,) = self.connection.execute("SELECT count(*) FROM lake.events").fetchone() or (0,)
        return int(count)

    def _enroll(self, events: Iterable[StoredEvent]) -> None:
        rows: dict[str, list[dict[str, Any]]] = {}
        for event in events:
            for table, key, rest in _master_data(event):
                if (table, *key.values()) not in self._known:
                    self._known.add((table, *key.values()))
                    rows.setdefault(table, []).append(key | rest)
        for table, fresh in rows.items():
            self._insert(table, fresh)

    def _insert(self, table: str, rows: list[dict[str, Any]]) -> None:
        names, places = ", ".join(rows[0]), ", ".join("?" * len(rows[0]))
        self.connection.executemany(
            f"INSERT INTO master.{table} ({names}) VALUES ({places})",
            [list(row.values()) for row in rows],
        )


def _master_data(event: StoredEvent) -> Iterator[tuple[str, dict[str, str], dict[str, Any]]]:
    """Yield what an event makes known: the table, the row's key, and the rest of the row."""
    seen_at = min(event.occurred_at, event.received_at)
    course, student = {"course_id": event.course_id}, {"student_id": event.student_id}
    yield "courses", course, {"first_seen_at": seen_at}
    yield "students", student, {"first_seen_at": seen_at}
    yield "enrollments", course | student, {"enrolled_at": seen_at}
    if event.exercise:
        exercise = course | {"exercise": event.exercise}
        yield "exercises", exercise, {"notebook": event.notebook, "first_seen_at": seen_at}


def _logged(number: int, fields: dict[str, Any]) -> LoggedEvent:
    fields = {"course_id": COURSE} | fields
    received_at = fields.pop("received_at", fields["occurred_at"])
    event = StoredEvent.accept(ProgressEvent.model_validate(fields), received_at)
    return LoggedEvent(position_from_ns(number * 1_000_000), event)


def _key(row: dict[str, Any], by: By) -> Any:
    if by == "run":
        return row["position"]
    key = tuple(row[name] for name in ("student_id", "exercise") if name in row)
    return key[0] if len(key) == 1 else key or None
