"""All that a Live page shows of a class, read at once: now, or as of a place in the log."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from duckdb import DuckDBPyConnection as Lake

from analytics import answers
from analytics.attention import answers as attention_answers
from analytics.class_marks import answers as class_marks_answers
from analytics.class_view import answers as class_view_answers
from analytics.live.responses import Live
from analytics.past import as_of_position, time_of
from analytics.plan import answers as plan_answers
from analytics.queries.query import asking_once

#: Length of a step of the class's way.
_STREAM_SECONDS: Final = 60
#: Courses of more events are read from the lake at each question of an answer about the past.
_EVENTS_KEPT: Final = 100_000
#: A course's events for the rest of the transaction, in the place of the view: what an answer about
#: the past computes from them it reads from the lake once, and not more than a dozen times.
_KEEP_EVENTS: Final = """
CREATE OR REPLACE TEMP TABLE events AS
FROM main.events WHERE course_id = $course_id LIMIT $most
"""
#: A course's counts, likewise: an answer about now asks for them half a dozen times.
_KEEP_COUNTS: Final = """
CREATE OR REPLACE TEMP TABLE rollup_student_exercise AS
FROM main.rollup_student_exercise WHERE course_id = $course_id
"""


@dataclass(frozen=True)
class LiveQuestion:
    """What a Live page shows beside what it always does.

    Attributes:
        minutes: How far back failures are looked for.
        plan_from: The plan from here on; None for no bound.
        plan_until: The plan before this; None for no bound.
        with_stream: Whether the class's way is asked for.
        events: How many of the latest events.
    """

    minutes: int
    plan_from: datetime | None
    plan_until: datetime | None
    with_stream: bool
    events: int


def live(
    lake: Lake, part: tuple[str, str | None], question: LiveQuestion, asked_ns: int | None
) -> Live:
    """Return what a Live page shows, now or as of a position of the log.

    Raises:
        Problem: 404 for an unknown course or section.
    """
    course_id, section = part
    with asking_once():
        answers.require_member(lake, course_id)
        answers.require_section(lake, course_id, section)
        if asked_ns is None:
            lake.execute(_KEEP_COUNTS, {"course_id": course_id})
        else:
            _keep_events(lake, course_id)
        return _live(lake, part, question, asked_ns)


def _live(
    lake: Lake, part: tuple[str, str | None], asked: LiveQuestion, asked_ns: int | None
) -> Live:
    course_id, section = part
    time = datetime.now(UTC)
    stream = events = None
    if asked.with_stream:
        stream = class_view_answers.class_stream(lake, part, _STREAM_SECONDS, None, None, asked_ns)
    if asked.events:
        events = answers.events(lake, part, asked.events, None, asked_ns=asked_ns)
    return Live(
        as_of=as_of_position(lake, time, asked_ns, "lake", "postgres"),
        course_id=course_id,
        now=min(time, time_of(asked_ns)),
        progress=answers.progress(lake, course_id, section, asked_ns),
        class_map=class_view_answers.class_map(lake, course_id, section, asked_ns),
        attention=attention_answers.attention(lake, course_id, section, asked_ns),
        error_clusters=attention_answers.error_clusters(
            lake, part, asked.minutes, (None, None), asked_ns
        ),
        marks=class_marks_answers.marks(lake, course_id, None, None),
        plan=plan_answers.class_plan(lake, part, asked.plan_from, asked.plan_until, asked_ns),
        class_stream=stream,
        events=events,
    )


def _keep_events(lake: Lake, course_id: str) -> None:
    lake.execute(_KEEP_EVENTS, {"course_id": course_id, "most": _EVENTS_KEPT + 1})
    kept = lake.execute("SELECT count(*) FROM temp.events").fetchone()
    if kept is None or kept[0] > _EVENTS_KEPT:
        lake.execute("DROP TABLE temp.events")
