"""Answers about measures: what they mean, and their rows for a course."""

from datetime import UTC, datetime
from http import HTTPStatus
from math import isfinite
from typing import Any

from duckdb import DuckDBPyConnection as Lake

from analytics.answers import require_member, require_section
from analytics.measures.measure import By, Measure, load_measure, measure_names
from analytics.measures.question import MeasureQuestion
from analytics.measures.responses import (
    MeasureDefinition,
    MeasureParameter,
    MeasureRow,
    MeasureRows,
    Measures,
)
from analytics.past import as_of_position, time_of
from analytics.queries.header import BadHeaderError
from ingest_api.problems import Problem


def known_measure(name: str) -> Measure:
    """Return the measure of that name.

    Raises:
        Problem: 404, there is none.
    """
    try:
        return load_measure(name)
    except BadHeaderError as error:
        raise Problem(HTTPStatus.NOT_FOUND, str(error)) from error


def measures() -> Measures:
    """Return what every measure means."""
    return Measures(measures=[definition(load_measure(name)) for name in measure_names()])


def definition(measure: Measure) -> MeasureDefinition:
    """Return what a measure means, and the code that says so."""
    parameters = {
        name: MeasureParameter(
            kind=parameter.kind, default=parameter.default, meaning=parameter.meaning
        )
        for name, parameter in measure.parameters.items()
    }
    return MeasureDefinition(
        name=measure.name,
        title=measure.title,
        meaning=measure.meaning,
        formula=measure.formula,
        unit=measure.unit,
        parameters=parameters,
        columns=measure.columns,
        source=measure.source,
        adapted=measure.adapted,
        limits=measure.limits,
        sql=measure.sql,
        sha256=measure.sha256,
    )


def measure_rows(lake: Lake, course_id: str, by: By, question: MeasureQuestion) -> MeasureRows:
    """Return a measure's rows for a course.

    Raises:
        Problem: 404 for an unknown course, section or student, also where a parameter names one.
    """
    require_member(lake, course_id, question.student_id)
    require_section(lake, course_id, question.section)
    for other in question.other_courses:
        require_member(lake, other)
    for section in question.other_sections:
        require_section(lake, [course_id, *question.other_courses][-1], section)
    now = datetime.now(UTC)
    rows = question.measure.rows(
        lake,
        course_id,
        by,
        now=min(filter(None, (now, question.until, time_of(question.as_of_ns)))),
        start=question.start,
        until=question.until,
        as_of=question.as_of_ns,
        section=question.section,
        student_id=question.student_id,
        exercise=question.exercise,
        **question.own,
    )
    return MeasureRows(
        as_of=as_of_position(lake, now, question.as_of_ns),
        course_id=course_id,
        by=by,
        measure=definition(question.measure),
        rows=[MeasureRow.model_validate(_plain(row)) for row in rows],
    )


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """Return the row without numbers that JSON can't hold."""
    return {
        name: None if isinstance(value, float) and not isfinite(value) else value
        for name, value in row.items()
    }
