"""The addresses of measures, under `/api/v1`."""

from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request

from analytics import examples
from analytics.access import CourseOf, PermittedStudent, Reader, permitted_section
from analytics.measures.answers import definition, known_measure, measure_rows, measures
from analytics.measures.examples import MEASURE, MEASURE_ROWS, MEASURES
from analytics.measures.measure import By
from analytics.measures.question import MeasureQuestion, parse_own
from analytics.measures.responses import MeasureDefinition, MeasureRows, Measures
from analytics.parameters import (
    AsOfText,
    MeasureBy,
    MeasureName,
    OnlyExercise,
    OnlySection,
    SeenFrom,
    SeenTo,
    require_span,
)
from analytics.past import parse_as_of
from analytics.routes import COURSE, Lake
from ingest_api.problems import Problem

router = APIRouter(prefix="/api/v1", responses=examples.PROBLEMS)

#: Measures whose numbers of one student tell when others did something, however few they are, or
#: how many of them are behind.
_OF_OTHERS: Final = frozenset({"completion_forecast", "pace", "time_to_first_run", "watwin"})
_STANDARD: Final = frozenset({"by", "from", "to", "as_of", "section", "student_id", "exercise"})


def _question(
    request: Request,
    name: MeasureName,
    grant_and_course: CourseOf,
    student_id: PermittedStudent,
    start: SeenFrom = None,
    until: SeenTo = None,
    as_of: AsOfText = None,
    section: OnlySection = None,
    exercise: OnlyExercise = None,
) -> MeasureQuestion:
    measure = known_measure(name)
    require_span(start, until)
    given = {key: text for key, text in request.query_params.items() if key not in _STANDARD}
    return MeasureQuestion(
        measure=measure,
        start=start,
        until=until,
        as_of_ns=None if as_of is None else parse_as_of(as_of),
        section=permitted_section(*grant_and_course, section),
        student_id=student_id,
        exercise=exercise,
        own=parse_own(measure, given),
    )


@router.get("/measures", responses=examples.answer(MEASURES))
def get_measures(_: Reader) -> Measures:
    """Return what every measure means: its formula, unit, source, limits and SQL."""
    return measures()


@router.get("/measures/{name}", responses=examples.answer(MEASURE))
def get_measure(_: Reader, name: MeasureName) -> MeasureDefinition:
    """Return what one measure means."""
    return definition(known_measure(name))


@router.get(
    f"{COURSE}/measures/{{name}}",
    responses=examples.answer(MEASURE_ROWS),
    response_model_exclude_unset=True,
)
def get_measure_rows(
    lake: Lake,
    grant_and_course: CourseOf,
    question: Annotated[MeasureQuestion, Depends(_question)],
    by: MeasureBy = "course",
) -> MeasureRows:
    """Return a measure's numbers, for the class or for each exercise, student, both or run.

    A token of one student reads that student's own rows: by student, student_exercise or run, of
    no measure that tells of others' times or of a rank, and without a section, a place in the past
    or a parameter of the measure's own, which could single out somebody else.
    """
    grant, course_id = grant_and_course
    if grant.student_id is not None:
        _require_own(grant.student_id, by, question)
    for section in question.other_sections:
        permitted_section(grant, course_id, section)
    for other in question.other_courses:
        if not grant.allows_course(other):
            raise Problem(
                HTTPStatus.FORBIDDEN,
                "this token may not read the course to compare with: use one for both courses",
            )
    return lake.read(lambda connection: measure_rows(connection, course_id, by, question))


def _require_own(student_id: str, by: By, question: MeasureQuestion) -> None:
    """Go on where a question is about one student alone.

    Raises:
        Problem: 403, it is about others as well.
    """
    if question.student_id != student_id or by in ("course", "exercise"):
        raise Problem(
            HTTPStatus.FORBIDDEN,
            f"this token is for one student's own numbers: add student_id={student_id} and "
            "by=student, student_exercise or run",
        )
    if question.measure.name in _OF_OTHERS:
        raise Problem(
            HTTPStatus.FORBIDDEN,
            f"this token is for one student's own numbers, and {question.measure.name} tells of "
            "the others: ask for another measure",
        )
    narrowed = list(question.own)
    if question.section is not None:
        narrowed.append("section")
    if question.as_of_ns is not None:
        narrowed.append("as_of")
    if narrowed:
        raise Problem(
            HTTPStatus.FORBIDDEN,
            f"this token is for one student's own numbers: leave out {', '.join(narrowed)}",
        )
