"""Measures: numbers with a name, a meaning and a source, each in one SQL file under `measures/`.

The file is all there is to add one. Its statement may name these parameters:

- `$course_id`; `$by`: what a row is of (`By`);
- `$start`, `$until`: only events of this span of time, null for no bound;
- `$as_of`: only events up to this position of the log, as `position_ns`, null for no bound;
- `$section`: only students of this section, as if they were a class of their own, null for all;
- `$now`: the moment that "now" means;
- its own, each with a default value in the header; `course()` is that of a parameter that names
  another course, `section()` that of one that names a section of it.

It reads the relations of `relations.sql` and returns the columns `student_id`, `exercise`,
`position` (null where `$by` does not name them), `value`, and any of its own. It returns the rows
that it has a number for; the others of the population are added, with `value` null: not enough
data. By `run` it returns what each run, or check result, adds to the number.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from hashlib import sha256
from typing import Any, Final, Literal, get_args

import duckdb

from analytics.measures.responses import ParameterKind
from analytics.queries.header import BadHeaderError, parse_header
from analytics.queries.query import named_parameters, rows_by_name
from analytics.queries.sql_files import SqlFiles

By = Literal["course", "exercise", "student", "student_exercise", "run"]

#: Columns that every measure returns, in front of its own.
STANDARD_COLUMNS: Final = ("student_id", "exercise", "position", "value")
#: Parameters that every measure may name.
STANDARD_PARAMETERS: Final = frozenset(
    {"course_id", "by", "start", "until", "as_of", "section", "now"}
)
#: The default value, in a header, of a parameter that is a course, or a section of that: none.
_NONE_OF: Final[dict[str, ParameterKind]] = {"course()": "course", "section()": "section"}
_FILES: Final = SqlFiles("measures", "measure")

_OF_POPULATION: Final = """
SELECT
    population.student_id, population.exercise,
    measured.* EXCLUDE (student_id, exercise, position)
FROM population($course_id, $by, $section) AS population
LEFT JOIN (
{sql}
) AS measured
    ON measured.student_id IS NOT DISTINCT FROM population.student_id
    AND measured.exercise IS NOT DISTINCT FROM population.exercise
WHERE ($student_id::VARCHAR IS NULL OR population.student_id = $student_id)
    AND ($exercise::VARCHAR IS NULL OR population.exercise = $exercise)
ORDER BY
    natural_order(population.student_id), population.student_id,
    natural_order(population.exercise), population.exercise
"""
_OF_RUNS: Final = """
SELECT measured.* FROM (
{sql}
) AS measured
WHERE ($student_id::VARCHAR IS NULL OR measured.student_id = $student_id)
    AND ($exercise::VARCHAR IS NULL OR measured.exercise = $exercise)
ORDER BY
    natural_order(measured.student_id), measured.student_id,
    string_split(measured.position, '-')[1]::BIGINT, string_split(measured.position, '-')[2]::BIGINT
"""


@dataclass(frozen=True)
class Parameter:
    """A measure's own parameter.

    Attributes:
        default: Its value when none is given.
        meaning: With the unit.
        kind: What a value is. A `course` is one that whoever asks must be allowed to read, a
            `section` one of that course, else of the one asked about; none by default, which is ''.
    """

    default: float | str
    meaning: str
    kind: ParameterKind


@dataclass(frozen=True)
class Measure:
    """One measure: what its file's header says, and its SQL.

    Attributes:
        name: The file's name.
        title: Its name for people.
        meaning: What it tells, in one sentence that an instructor understands.
        formula: How it is computed.
        unit: Of `value`.
        parameters: Its own parameters, by name.
        columns: Meaning of `value` and of each column of its own, in their order.
        source: Where it was published, with year and DOI where there is one.
        adapted: How it was adapted to the cells of notebooks.
        limits: What it can't tell.
        sql: The whole file.
    """

    name: str
    title: str
    meaning: str
    formula: str
    unit: str
    parameters: dict[str, Parameter]
    columns: dict[str, str]
    source: str
    adapted: str
    limits: str
    sql: str

    @property
    def sha256(self) -> str:
        """SHA-256 of the file, so that a number can be cited with the code that made it."""
        return sha256(self.sql.encode()).hexdigest()

    @property
    def named_parameters(self) -> frozenset[str]:
        """Names of the parameters in the SQL itself."""
        return named_parameters(self.sql)

    def rows(
        self,
        lake: duckdb.DuckDBPyConnection,
        course_id: str,
        by: By,
        *,
        now: datetime,
        start: datetime | None = None,
        until: datetime | None = None,
        as_of: int | None = None,
        section: str | None = None,
        student_id: str | None = None,
        exercise: str | None = None,
        **own: float | str,
    ) -> list[dict[str, Any]]:
        """Return the measure's rows, in natural order; by run, each student's in log order.

        Args:
            lake: As `open_lake()` returns it.
            course_id: The course.
            by: What a row is of.
            now: The moment that "now" means to the measure.
            start: Only events seen at this time or later.
            until: Only events seen before this time.
            as_of: Only events up to this position of the log, as `position_ns`.
            section: Only students of this section, as a class of their own; those of now.
            student_id: Only rows of this student.
            exercise: Only rows of this exercise; '' is outside exercises.
            own: Values of the measure's own parameters.

        Raises:
            duckdb.Error: The lake does not answer.
        """
        sql = (_OF_RUNS if by == "run" else _OF_POPULATION).format(sql=self.sql.rstrip())
        values: dict[str, Any] = {
            "course_id": course_id,
            "by": by,
            "start": start,
            "until": until,
            "as_of": as_of,
            "section": section,
            "now": now,
            "student_id": student_id,
            "exercise": exercise,
        }
        values |= {name: parameter.default for name, parameter in self.parameters.items()} | own
        named = named_parameters(sql)
        rows = rows_by_name(
            lake.execute(sql, {name: value for name, value in values.items() if name in named})
        )
        return [_of_grain(row, by) for row in rows]


def _of_grain(row: dict[str, Any], by: By) -> dict[str, Any]:
    """Return the row without the standard columns that its grain does not have."""
    absent = set(STANDARD_COLUMNS[:3])
    if by in ("student", "student_exercise", "run"):
        absent.discard("student_id")
    if by in ("exercise", "student_exercise", "run"):
        absent.discard("exercise")
        row["exercise"] = row["exercise"] or None
    if by == "run":
        absent.discard("position")
    return {name: value for name, value in row.items() if name not in absent}


def measure_names() -> list[str]:
    """Return the names of all measures."""
    return _FILES.names()


@cache
def load_measure(name: str) -> Measure:
    """Read a measure's file; it is read once.

    Raises:
        BadHeaderError: There is no such measure, or its header is incomplete.
    """
    return parse_measure(_FILES.read(name))


def parse_measure(sql: str) -> Measure:
    """Read a measure from the text of its file.

    Raises:
        BadHeaderError: The header is incomplete.
    """
    header = parse_header(sql)
    texts = ("name", "title", "meaning", "formula", "unit", "source", "adapted", "limits")
    return Measure(
        **{name: header.text(name) for name in texts},
        parameters=dict(map(_parameter, header.items_of("parameters").items())),
        columns=header.items_of("columns"),
        sql=sql,
    )


def _parameter(item: tuple[str, str]) -> tuple[str, Parameter]:
    name, separator, default = item[0].partition(" = ")
    if not separator:
        raise BadHeaderError(f"parameter {name!r} needs a default: `{name} = value: meaning`")
    if default in _NONE_OF:
        return name, Parameter("", item[1], _NONE_OF[default])
    try:
        value = json.loads(default)
    except ValueError:
        value = default
    return name, Parameter(value, item[1], "text" if isinstance(value, str) else "number")


#: Every grain, in the order of its size.
GRAINS: Final[tuple[By, ...]] = get_args(By)
