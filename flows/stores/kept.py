"""Counts what PostgreSQL keeps about a student or of a course, table by table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, Engine, Table, column, func, inspect, select, table

from flows.models import Base, Enrollment, Session
from flows.stores.lake_attach import CATALOG_SCHEMA
from flows.stores.transaction import transaction

_COURSE: Final = "course_id"
_STUDENT: Final = "student_id"
#: DuckLake's own tables: its files, and which course each of them is of.
_FILES: Final = table(
    "ducklake_data_file",
    column("data_file_id"),
    column("file_size_bytes"),
    column("end_snapshot"),
    schema=CATALOG_SCHEMA,
)
_PARTS: Final = table(
    "ducklake_file_partition_value",
    column("data_file_id"),
    column("partition_value"),
    schema=CATALOG_SCHEMA,
)


@dataclass(frozen=True)
class OfCourse:
    """What is kept about a student in one course.

    Attributes:
        rows: Rows by table, without tables that have none.
    """

    course_id: str
    enrolled_at: datetime
    display_name: str | None
    section: str | None
    sessions: int
    rows: Mapping[str, int]


def about_student(engine: Engine, student_id: str) -> list[OfCourse]:
    """Return what is kept about a student, course by course; nothing where nobody knows of them.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer.
    """
    query = (
        select(Enrollment.__table__)
        .where(Enrollment.student_id == student_id)
        .order_by(Enrollment.course_id)
    )
    with transaction(engine) as connection:
        enrolled = connection.execute(query).all()
        by_table = {
            each.name: _by_course(connection, each, student_id)
            for each in _tables((_COURSE, _STUDENT))
        }
    return [
        OfCourse(
            row.course_id,
            row.enrolled_at,
            row.display_name,
            row.section,
            by_table[Session.__tablename__].get(row.course_id, 0),
            {
                name: counts[row.course_id]
                for name, counts in by_table.items()
                if row.course_id in counts
            },
        )
        for row in enrolled
    ]


def of_course(engine: Engine, course_id: str) -> dict[str, int]:
    """Return how many rows of a course each table has, without tables that have none.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer.
    """
    with transaction(engine) as connection:
        counted = {
            each.name: connection.execute(
                select(func.count()).select_from(each).where(each.c[_COURSE] == course_id)
            ).scalar_one()
            for each in _tables((_COURSE,))
        }
    return {name: rows for name, rows in counted.items() if rows}


def lake_bytes(engine: Engine, course_id: str) -> int | None:
    """Return the size of a course's files in the lake, without events that are in none yet.

    None where the lake's catalog is not there yet.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer.
    """
    with transaction(engine) as connection:
        if not inspect(connection).has_table(_PARTS.name, CATALOG_SCHEMA):
            return None
        query = (
            select(func.coalesce(func.sum(_FILES.c.file_size_bytes), 0))
            .join_from(_FILES, _PARTS, _FILES.c.data_file_id == _PARTS.c.data_file_id)
            .where(_FILES.c.end_snapshot.is_(None), _PARTS.c.partition_value == course_id)
        )
        return int(connection.execute(query).scalar_one())


def _tables(columns: Sequence[str]) -> list[Table]:
    return [
        each
        for each in Base.metadata.sorted_tables
        if all(name in each.columns for name in columns)
    ]


def _by_course(connection: Connection, of: Table, student_id: str) -> dict[str, int]:
    course = of.c[_COURSE]
    query = select(course, func.count().label("rows"))
    query = query.where(of.c[_STUDENT] == student_id).group_by(course)
    return {row.course_id: row.rows for row in connection.execute(query)}
