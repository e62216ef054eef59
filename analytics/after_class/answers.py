"""The answer about one session of class, read within one transaction, as of a place in the log."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from duckdb import DuckDBPyConnection as Lake

from analytics.after_class.responses import Report, ReportExercise, ReportHelp, ReportStream
from analytics.answers import require_member, require_section
from analytics.attention import answers as attention_answers
from analytics.class_view import answers as class_view_answers
from analytics.past import as_of_position, time_of
from analytics.queries.query import load_query

#: Most failures of a report.
CLUSTERS_SHOWN: Final = 50
#: A session is drawn in at most so many steps.
_STEPS: Final = 180
_MINUTE: Final = timedelta(minutes=1)


def report(
    lake: Lake,
    part: tuple[str, str | None],
    start: datetime,
    until: datetime,
    asked_ns: int | None,
) -> Report:
    """Return what a session of class came to.

    Asked with the position of an earlier answer, all that comes from the log is as it was then.

    Args:
        lake: As `open_lake()` returns it.
        part: The course, and the section of it; None for all of it.
        start: Begin of the session.
        until: Its end; what happened then is not in it.
        asked_ns: Only events up to this position of the log.

    Raises:
        Problem: 404 for an unknown course or section.
    """
    course_id, section = part
    require_member(lake, course_id)
    require_section(lake, course_id, section)
    time = datetime.now(UTC)
    question: dict[str, Any] = {
        "course_id": course_id,
        "section": section,
        "start": start,
        "until": until,
        "as_of": asked_ns,
        "now": min(time, time_of(asked_ns)),
    }
    clusters = attention_answers.error_clusters(lake, part, 1, (start, until), asked_ns)
    exercises = load_query("report_exercises").rows(lake, **question)
    help_rows = load_query("report_help").rows(lake, **question)
    return Report(
        as_of=as_of_position(lake, time, asked_ns),
        course_id=course_id,
        section=section,
        start=start,
        until=until,
        exercises=[ReportExercise.model_validate(row) for row in exercises],
        stream=_stream(lake, part, (start, until), asked_ns),
        clusters=clusters.clusters[:CLUSTERS_SHOWN],
        help=[ReportHelp.model_validate(row) for row in help_rows],
        **load_query("report_presence").row(lake, **question),
    )


def _stream(
    lake: Lake,
    part: tuple[str, str | None],
    span: tuple[datetime, datetime],
    asked_ns: int | None,
) -> ReportStream:
    minutes = max(1, -(-(span[1] - span[0]) // (_STEPS * _MINUTE)))
    found = class_view_answers.class_stream(lake, part, minutes * 60, *span, asked_ns)
    return ReportStream(
        bucket_seconds=found.bucket_seconds, steps=found.steps, exercises=found.exercises
    )
