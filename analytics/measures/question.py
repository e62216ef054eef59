"""What a request asks of a measure: its span of time, of whom and what, and its own parameters."""

from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Final
from urllib.parse import quote

from pydantic import TypeAdapter, ValidationError

from analytics.measures.measure import Measure, Parameter
from analytics.measures.responses import ParameterKind
from analytics.parameters import decoded_id
from ingest_api.problems import Problem

_NUMBER: Final = TypeAdapter[float](float)


@dataclass(frozen=True)
class MeasureQuestion:
    """One question to a measure.

    Attributes:
        measure: Which one.
        start: Only events seen at this time or later.
        until: Only events seen before this time.
        as_of_ns: Only events up to this position of the log, as `position_ns`.
        section: Only students of this section, as a class of their own.
        student_id: Only rows of this student.
        exercise: Only rows of this exercise; '' is outside exercises.
        own: Values of the measure's own parameters.
    """

    measure: Measure
    start: datetime | None = None
    until: datetime | None = None
    as_of_ns: int | None = None
    section: str | None = None
    student_id: str | None = None
    exercise: str | None = None
    own: dict[str, float | str] = field(default_factory=dict)

    @property
    def other_courses(self) -> list[str]:
        """The courses that it asks about beside the one of the address."""
        return self._named("course")

    @property
    def other_sections(self) -> list[str]:
        """The sections that it asks about beside `section`: of the other course, if any."""
        return self._named("section")

    def _named(self, kind: ParameterKind) -> list[str]:
        return [
            str(value)
            for name, value in self.own.items()
            if self.measure.parameters[name].kind == kind and value
        ]


def parse_own(measure: Measure, given: dict[str, str]) -> dict[str, float | str]:
    """Return the values of a measure's own parameters.

    Raises:
        Problem: 422, there is no such parameter or its value is of another type.
    """
    return {name: _value(measure, name, text) for name, text in given.items()}


def _value(measure: Measure, name: str, text: str) -> float | str:
    parameter = measure.parameters.get(name)
    if parameter is None:
        own = ", ".join(measure.parameters) or "none"
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            f"{measure.name} has no parameter {name!r}: its own are {own}",
        )
    if parameter.kind == "number":
        return _number(parameter, name, text)
    if parameter.kind == "course" and text and decoded_id(quote(text)) is None:
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY, f"no course can have the id in {name!r}: correct it"
        )
    return text


def _number(parameter: Parameter, name: str, text: str) -> float:
    try:
        number = _NUMBER.validate_python(text)
    except ValidationError:
        number = -1.0
    if not 0 <= number < 2**53:
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            f"{name!r} must be a number from 0 up: {parameter.meaning}",
        )
    return number
