"""The checks: SQL files under `checks/`, each with a header that says what it finds."""

from dataclasses import dataclass
from importlib import resources
from typing import Any, Final

import duckdb

from flows.audit.finding import Finding, KnownLoss, Place, SetAside
from flows.audit.remedy import remedy
from flows.log.logged_event import position_from_ns

_FOLDER: Final = resources.files("flows.audit") / "checks"


@dataclass(frozen=True)
class Check:
    """One check.

    Attributes:
        name: The file's name.
        sql: The whole file; its result has the columns of the table `finding`.
    """

    name: str
    sql: str


def all_checks() -> list[Check]:
    """Return every check, in the order of their names."""
    files = sorted(_FOLDER.iterdir(), key=lambda file: file.name)
    return [
        Check(file.name.removesuffix(".sql"), file.read_text(encoding="utf-8"))
        for file in files
        if file.name.endswith(".sql")
    ]


def run_check(connection: duckdb.DuckDBPyConnection, check: Check) -> None:
    """Run a check on a workspace that is complete, and keep what it finds."""
    connection.execute(f"INSERT INTO finding BY NAME {check.sql}")


def count_findings(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Return how many findings of each kind there are; kinds without any are left out."""
    rows = connection.execute("SELECT kind, count(*) FROM finding GROUP BY kind ORDER BY kind")
    return dict(rows.fetchall())


def read_findings(
    connection: duckdb.DuckDBPyConnection, most: int, *, full_log: bool
) -> list[Finding]:
    """Return the findings, at most `most` of each kind and store, in the order of the log."""
    result = connection.execute(
        "SELECT * FROM finding QUALIFY row_number() OVER "
        "(PARTITION BY kind, store ORDER BY first_ns, course_id, student_id, message) <= ? "
        "ORDER BY kind, store, first_ns, course_id, student_id, message",
        [most],
    )
    names = [column[0] for column in result.description]
    return [
        _finding(dict(zip(names, row, strict=True)), full_log=full_log) for row in result.fetchall()
    ]


def read_known_losses(connection: duckdb.DuckDBPyConnection, most: int) -> list[KnownLoss]:
    """Return the gaps that PostgreSQL counts and that are there, at most `most`, by time."""
    rows = connection.execute(
        "SELECT course_id, student_id, session_id, first_missing, first_after - 1, "
        "events, strftime(seen_after, '%Y-%m-%dT%H:%M:%S.%fZ') "
        "FROM counted_gap ORDER BY seen_after, course_id, student_id, session_id, first_missing "
        "LIMIT ?",
        [most],
    ).fetchall()
    return [
        KnownLoss(
            Place(course, student, session, first_seq=first, last_seq=last), events, seen_after
        )
        for course, student, session, first, last, events, seen_after in rows
    ]


def read_set_aside(connection: duckdb.DuckDBPyConnection, most: int) -> list[SetAside]:
    """Return what stands in the rejected stream with its position, at most `most`."""
    rows = connection.execute(
        "SELECT store, position_ns, reason, course_id, student_id, session_id, seq "
        "FROM set_aside_shown ORDER BY position_ns, store LIMIT ?",
        [most],
    ).fetchall()
    return [
        SetAside(
            store,
            Place(course, student, session, position_from_ns(at), None, seq),
            str(reason).partition("\n")[0],
        )
        for store, at, reason, course, student, session, seq in rows
    ]


def _finding(row: dict[str, Any], *, full_log: bool) -> Finding:
    place = Place(
        row["course_id"],
        row["student_id"],
        row["session_id"],
        _position(row["first_ns"]),
        _position(row["last_ns"]),
        row["first_seq"],
        row["last_seq"],
    )
    todo = remedy(row["kind"], row["store"], full_log=full_log)
    return Finding(row["kind"], row["store"], place, row["events"], row["message"], todo)


def _position(number: int | None) -> str | None:
    return None if number is None else position_from_ns(number)
