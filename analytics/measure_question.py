"""What a request asks of a measure: its span of time, of whom and what, and its own parameters."""

from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Final
from urllib.parse import quote

from pydantic import TypeAdapter, ValidationError

from analytics.answers import LARGEST_POSITION_NS
from analytics.measure import Measure, Parameter
from analytics.parameters import decoded_id
from flows.logged_event import POSITION, position_from_ns, position_ns
from ingest_api.events import UtcTime
from ingest_api.problems import Problem

_TIME: Final = TypeAdapter[datetime](UtcTime)
_NUMBER: Final = TypeAdapter[float](float)


@dataclass(frozen=True)
class MeasureQuestion:
    """One question to a measure.

    Attributes:
        measure: Which one.
        start: Only events seen at this time or later.
        until: Only events seen before this time.
        as_of_ns: Only events up to this position of the log, as `position_ns`.
        student_id: Only rows of this student.
        exercise: Only rows of this exercise; '' is outside exercises.
        own: Values of the measure's own parameters.
    """

    measure: Measure
    start: datetime | None = None
    until: datetime | None = None
    as_of_ns: int | None = None
    student_id: str | None = None
    exercise: str | None = None
    own: dict[str, float | str] = field(default_factory=dict)

    @property
    def other_courses(self) -> list[str]:
        """The courses that it asks about beside the one of the address."""
        return [
            str(value)
            for name, value in self.own.items()
            if self.measure.parameters[name].kind == "course" and value
        ]

    @property
    def as_of_position(self) -> str | None:
        """`as_of_ns` as the log writes it."""
        return None if self.as_of_ns is None else position_from_ns(self.as_of_ns)

    @property
    def as_of_time(self) -> datetime | None:
        """When the log stood at `as_of_ns`."""
        if self.as_of_ns is None:
            return None
        return _TIME.validate_python(min(self.as_of_ns / 1e9, 7_258_118_399))


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
