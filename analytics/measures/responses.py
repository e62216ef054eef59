"""Answers about measures: what each means, and its numbers."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from analytics.responses import Answer, AsOf

#: What a value of a measure's parameter is.
ParameterKind = Literal["number", "text", "course", "section"]


class MeasureParameter(Answer):
    """A parameter of a measure's own."""

    kind: Annotated[
        ParameterKind, Field(description="What a value is; a course must be open to the token.")
    ]
    default: Annotated[float | str, Field(description="Its value when none is given.")]
    meaning: Annotated[str, Field(description="What it means, and its unit.")]


class MeasureDefinition(Answer):
    """What a measure means, so that its numbers can be explained and cited."""

    name: Annotated[str, Field(description="Its name in addresses and in SQL.")]
    title: Annotated[str, Field(description="Its name for people.")]
    meaning: Annotated[str, Field(description="What it tells, in one sentence.")]
    formula: Annotated[str, Field(description="How it is computed.")]
    unit: Annotated[str, Field(description="Unit of `value`.")]
    parameters: Annotated[
        dict[str, MeasureParameter], Field(description="Parameters of its own, by name.")
    ]
    columns: Annotated[
        dict[str, str], Field(description="Meaning of `value` and of each further column of a row.")
    ]
    source: Annotated[str, Field(description="Where it was published.")]
    adapted: Annotated[str, Field(description="How it was adapted to the cells of notebooks.")]
    limits: Annotated[str, Field(description="What it can't tell.")]
    sql: Annotated[str, Field(description="The file that computes it.")]
    sha256: Annotated[str, Field(description="SHA-256 of that file.")]


class Measures(Answer):
    """Answer of `GET /measures`."""

    measures: list[MeasureDefinition]


class MeasureRow(Answer):
    """A number of a measure; which ids it has depends on `by`, and further columns on the measure.

    `value` is null where there is not enough data.
    """

    model_config = ConfigDict(extra="allow")

    student_id: Annotated[str | None, Field(description="Whose it is.")] = None
    exercise: Annotated[
        str | None, Field(description="Of which exercise; null is outside exercises.")
    ] = None
    position: Annotated[
        str | None, Field(description="Log position of the run or check result; by run only.")
    ] = None
    value: Annotated[
        float | None,
        Field(
            description="The number, in the measure's unit; null where there is not enough data. "
            "By run: what the run adds to it."
        ),
    ] = None


class MeasureRows(Answer):
    """Answer of `GET /courses/{course_id}/measures/{name}`."""

    as_of: AsOf
    course_id: str
    by: Annotated[str, Field(description="What a row is of.")]
    measure: MeasureDefinition
    rows: list[MeasureRow]
