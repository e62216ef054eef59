"""Answers about error clusters and the attention list: every column's meaning and unit."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from analytics.responses import Answer, AsOf
from ingest_api.events import Identifier

#: Why a student is on the list, in the order in which reasons are told.
ReasonCode = Literal[
    "hand_up",
    "same_error",
    "failed_runs",
    "failed_checks",
    "silent_after_failure",
    "left_after_failure",
    "unsolved",
    "idle",
]
#: How sure a listing is; docs/attention.md says when it is what.
Confidence = Literal["high", "medium", "low"]
#: What an instructor notes about a student on the list.
MarkKind = Literal["going", "helped"]

_Count = Annotated[int | None, Field(ge=2, le=1000)]
_Minutes = Annotated[float | None, Field(ge=1, le=180)]


class Thresholds(Answer):
    """From when on each reason counts; null turns a reason off."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    same_error_runs: Annotated[
        _Count, Field(description="Runs with the same error that the student did not get past.")
    ] = 4
    failed_runs: Annotated[
        _Count, Field(description="Failed runs that the student did not get past.")
    ] = 6
    failed_checks: Annotated[
        _Count, Field(description="Failed results of one check that was not passed since.")
    ] = 5
    silent_minutes: Annotated[
        _Minutes, Field(description="Minutes without a run after a failure.")
    ] = 5
    unsolved_minutes: Annotated[
        _Minutes,
        Field(description="Minutes at an exercise that most others solved in a third of that."),
    ] = 15
    idle_minutes: Annotated[
        _Minutes,
        Field(description="Minutes without a run, for a student behind the class's median."),
    ] = 12


class Reason(Answer):
    """One reason why a student needs a person, and the runs behind it."""

    code: Annotated[ReasonCode, Field(description="Which reason; the key of its wording.")]
    text: Annotated[str, Field(description="The reason in words, in English.")]
    since: Annotated[datetime, Field(description="When what it tells of began, UTC.")]
    values: Annotated[
        dict[str, str | int | float | None],
        Field(description="The numbers and names in the text, to word it in any language."),
    ]
    positions: Annotated[
        list[str],
        Field(description="Log positions of the runs and other events behind it, oldest first."),
    ]


class Snooze(Answer):
    """Until when a student is off the list, and who said so."""

    until: Annotated[datetime, Field(description="UTC.")]
    by: Annotated[str | None, Field(description="Who snoozed, in their own words.")]


class Mark(Answer):
    """That somebody goes to a student, or has helped; it holds for 15 minutes."""

    mark: MarkKind
    at: Annotated[datetime, Field(description="UTC.")]
    by: Annotated[str | None, Field(description="Who, in their own words.")]


class Listed(Answer):
    """A student who needs a person now."""

    student_id: str
    confidence: Annotated[
        Confidence,
        Field(
            description="'high': the hand is up, or reasons of two kinds, or one at twice its "
            "threshold; 'low': only `idle`, `unsolved` or `left_after_failure`; else 'medium'."
        ),
    ]
    since: Annotated[datetime, Field(description="The earliest `since` of the reasons, UTC.")]
    exercise: Annotated[str | None, Field(description="Exercise of the latest run of one.")]
    notebook: Annotated[str | None, Field(description="Notebook of the latest run.")]
    last_run_at: Annotated[datetime | None, Field(description="Time of the latest run, UTC.")]
    reasons: Annotated[list[Reason], Field(description="At least one; the weightiest first.")]
    help_message: Annotated[
        str | None,
        Field(description="What the student asks, hand up; null where nothing, or no hand is up."),
    ] = None
    help_place: Annotated[
        int | None,
        Field(description="Place among those on the list whose hand is up, from 1; else null."),
    ] = None
    snooze: Annotated[Snooze | None, Field(description="Null unless the student is snoozed.")] = (
        None
    )
    mark: Annotated[
        Mark | None, Field(description="The latest mark that still holds; null for none.")
    ] = None


class Attention(Answer):
    """Answer of `GET /courses/{course_id}/attention`: who needs a person, most urgent first."""

    as_of: AsOf
    course_id: str
    now: Annotated[datetime, Field(description="The moment that the list is of, UTC.")]
    lesson_minutes: Annotated[int, Field(description="Nothing older than this counts, minutes.")]
    thresholds: Thresholds
    students: list[Listed]
    snoozed: Annotated[
        list[Listed], Field(description="Who would be on the list, but is snoozed now.")
    ]
    helped: Annotated[
        list[Listed], Field(description="Who would be on the list, but was helped just now.")
    ]


class AttentionThresholds(Answer):
    """Answer of `GET` and `PUT /courses/{course_id}/attention/thresholds`."""

    course_id: str
    thresholds: Thresholds
    defaults: Annotated[Thresholds, Field(description="What holds where nothing was set.")]


class SnoozeRequest(Answer):
    """Body of `POST /courses/{course_id}/attention/{student_id}/snooze`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    minutes: Annotated[float, Field(ge=1, le=24 * 60, description="For how long.")] = 10
    by: Annotated[
        Identifier | None,
        Field(description="Who, for the others to see; whoever signed in goes by that name."),
    ] = None


class Snoozed(Answer):
    """Answer of `POST` and `DELETE /courses/{course_id}/attention/{student_id}/snooze`."""

    course_id: str
    student_id: str
    snooze: Annotated[Snooze | None, Field(description="Null after it was ended.")] = None


class MarkRequest(Answer):
    """Body of `POST /courses/{course_id}/attention/{student_id}/mark`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mark: Annotated[MarkKind, Field(description="'going' to the student, or 'helped'.")]
    by: Annotated[
        Identifier | None,
        Field(description="Who, for the others to see; whoever signed in goes by that name."),
    ] = None


class Marked(Answer):
    """Answer of `POST` and `DELETE /courses/{course_id}/attention/{student_id}/mark`."""

    course_id: str
    student_id: str
    mark: Annotated[MarkKind | None, Field(description="Null after one was taken back.")] = None
    at: Annotated[
        datetime | None,
        Field(
            description="When it was made, UTC, by which DELETE takes back this very mark; null "
            "after one was taken back."
        ),
    ] = None


class ClusterExercise(Answer):
    """An exercise in which a failure occurred."""

    exercise: Annotated[str | None, Field(description="Null is outside exercises.")]
    students: int


class ClusterMessage(Answer):
    """A message as it was told."""

    message: str
    students: int


class ClusterLine(Answer):
    """A line of code that failed."""

    line: str
    students: int


class ClusterStudent(Answer):
    """A student who had the failure."""

    student_id: str
    failures: Annotated[int, Field(description="Such failed runs.")]
    first_at: Annotated[datetime, Field(description="Time of the first one, UTC.")]
    last_at: Annotated[datetime, Field(description="Time of the latest one, UTC.")]
    exercise: Annotated[
        str | None, Field(description="Where the latest one was; null is outside exercises.")
    ]
    position: Annotated[str, Field(description="Log position of the latest one.")]
    past_at: Annotated[
        datetime | None, Field(description="When the student got past it, UTC; null until then.")
    ]


class ErrorCluster(Answer):
    """The same failure across students."""

    error_name: Annotated[str | None, Field(description="Null where none was told.")]
    pattern: Annotated[
        str | None,
        Field(
            description="The message with '…' for quoted texts, N for numbers, PATH for paths; "
            "null for none."
        ),
    ]
    students: Annotated[int, Field(description="Students who had it.")]
    failures: Annotated[int, Field(description="Failed runs.")]
    since: Annotated[datetime, Field(description="Time of the first one, UTC.")]
    last_at: Annotated[datetime, Field(description="Time of the latest one, UTC.")]
    is_new: Annotated[bool, Field(description="Whether `since` is less than 5 minutes ago.")]
    got_past: Annotated[
        int,
        Field(
            description="Students who then ran the same cell without error, or passed the "
            "exercise's check."
        ),
    ]
    solved: Annotated[int, Field(description="Students who then passed the exercise's check.")]
    minutes_to_get_past: Annotated[
        float | None, Field(description="Median over those who got past it; null for none.")
    ]
    runs_to_get_past: Annotated[
        float | None, Field(description="The same, in cell runs after the first failed one.")
    ]
    exercises: Annotated[list[ClusterExercise], Field(description="Where, most students first.")]
    messages: Annotated[
        list[ClusterMessage], Field(description="The three commonest messages as they were told.")
    ]
    lines: Annotated[
        list[ClusterLine],
        Field(description="The three commonest lines that failed, where code is shared."),
    ]
    fixed_code: Annotated[
        str | None,
        Field(description="Code with which one got past it, where code is shared; null for none."),
    ]
    who: list[ClusterStudent]


class ErrorClusters(Answer):
    """Answer of `GET /courses/{course_id}/error_clusters`: most students first."""

    as_of: AsOf
    course_id: str
    start: Annotated[datetime | None, Field(description="Only events seen from then on, UTC.")]
    until: Annotated[datetime | None, Field(description="Only events seen before then, UTC.")]
    clusters: list[ErrorCluster]
