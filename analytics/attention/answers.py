"""Answers about failures and attention: error clusters, who needs a person, what was set for it."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from duckdb import DuckDBPyConnection as Lake

from analytics.answers import require_member, require_section
from analytics.attention.responses import (
    Attention,
    AttentionThresholds,
    ErrorCluster,
    ErrorClusters,
    Listed,
    Mark,
    Snooze,
    Thresholds,
)
from analytics.attention.rule import LESSON_MINUTES, Case, Signals, attention_list
from analytics.attention.signals import attention_signals
from analytics.attention.wording import in_words
from analytics.past import as_of_position, time_of
from analytics.queries.query import load_query
from flows.log.logged_event import position_ns

#: Most failures of one answer.
CLUSTERS_LIMIT: Final = 500


def attention(lake: Lake, course_id: str, section: str | None, asked_ns: int | None) -> Attention:
    """Return who needs a person now, or as of a position of the log.

    Raises:
        Problem: 404 for an unknown course or section.
    """
    require_member(lake, course_id)
    require_section(lake, course_id, section)
    time = datetime.now(UTC)
    now = min(time, time_of(asked_ns))
    settings = load_query("attention_settings").row(lake, course_id=course_id, now=now)
    thresholds = _thresholds(settings["thresholds"])
    rows = attention_signals(lake, (course_id, section), now, asked_ns)
    snoozes = {row["student_id"]: row for row in settings["snoozes"]}
    marks = {row.pop("student_id"): Mark.model_validate(row) for row in settings["marks"]}
    helps = {row["student_id"]: row["helped_at"] for row in settings["helps"]}
    waiting = [since_help(row, helps.get(row["student_id"])) for row in rows]
    listed = [
        _listed(case, snoozes.get(case.student_id), marks.get(case.student_id))
        for case in attention_list(waiting, thresholds, now)
    ]
    return Attention(
        as_of=as_of_position(lake, time, asked_ns),
        course_id=course_id,
        now=now,
        lesson_minutes=LESSON_MINUTES,
        thresholds=thresholds,
        students=_in_queue(
            [each for each in listed if each.snooze is None and not _is_helped(each)]
        ),
        snoozed=[each for each in listed if each.snooze is not None],
        helped=[each for each in listed if each.snooze is None and _is_helped(each)],
    )


def attention_thresholds(lake: Lake, course_id: str) -> AttentionThresholds:
    """Return from when on each reason counts in a course.

    Raises:
        Problem: 404 for an unknown course.
    """
    require_member(lake, course_id)
    settings = load_query("attention_settings").row(
        lake, course_id=course_id, now=datetime.now(UTC)
    )
    return AttentionThresholds(
        course_id=course_id,
        thresholds=_thresholds(settings["thresholds"]),
        defaults=Thresholds(),
    )


def error_clusters(
    lake: Lake,
    part: tuple[str, str | None],
    minutes: int,
    span: tuple[datetime | None, datetime | None],
    asked_ns: int | None,
    exercise: str | None = None,
) -> ErrorClusters:
    """Return which failures students share, in a span of time or the last minutes.

    Args:
        lake: As `open_lake()` returns it.
        part: The course, and the section of it; None for all of it.
        minutes: How far back, where `span` has no start.
        span: Only events seen from the first time on and before the second.
        asked_ns: Only events up to this position of the log.
        exercise: Only failures in this exercise; '' is outside exercises, None for all.

    Raises:
        Problem: 404 for an unknown course or section.
    """
    course_id, section = part
    require_member(lake, course_id)
    require_section(lake, course_id, section)
    time = datetime.now(UTC)
    start, until = span
    now = min(filter(None, (time, until, time_of(asked_ns))))
    if start is None:
        start = now - timedelta(minutes=minutes)
    rows = load_query("error_clusters").rows(
        lake,
        course_id=course_id,
        section=section,
        start=start,
        until=until,
        as_of=asked_ns,
        now=now,
        exercise=exercise,
        row_limit=CLUSTERS_LIMIT,
    )
    return ErrorClusters(
        as_of=as_of_position(lake, time, asked_ns),
        course_id=course_id,
        start=start,
        until=until,
        clusters=[ErrorCluster.model_validate(_with_nulls(row)) for row in rows],
    )


def since_help(signals: Signals, helped_at: datetime | None) -> Signals:
    """Return a student's signals with the hand up since the first request after the help.

    Where there is none, whoever is still on the list with a hand up waits from the help on.
    """
    if helped_at is None or signals["help_at"] is None:
        return signals
    asked = zip(signals["help_times"], signals["help_positions"], strict=True)
    later = [seen_at for seen_at, position in asked if _came_after(position, helped_at)]
    since = later[0] if later else max(signals["help_at"], helped_at)
    return signals | {"help_at": since}


def _thresholds(changed: list[dict[str, Any]]) -> Thresholds:
    # What another version knew and this one does not is left out.
    known = {
        row["threshold"]: row["value"]
        for row in changed
        if row["threshold"] in Thresholds.model_fields
    }
    return Thresholds.model_validate(known)


def _is_helped(listed: Listed) -> bool:
    return listed.mark is not None and listed.mark.mark == "helped"


def _in_queue(students: list[Listed]) -> list[Listed]:
    """Number those whose hand is up, who come in the order of their waiting."""
    waiting = [
        each.student_id
        for each in students
        if any(reason.code == "hand_up" for reason in each.reasons)
    ]
    places = {student_id: place for place, student_id in enumerate(waiting, 1)}
    return [
        each.model_copy(update={"help_place": places.get(each.student_id)}) for each in students
    ]


def _came_after(position: str, moment: datetime) -> bool:
    """Tell whether what is at a position of the log arrived after a moment.

    It may have happened before, by a clock that is slow or where the network was away.
    """
    return time_of(position_ns(position)) > moment


def _listed(case: Case, snoozed: dict[str, Any] | None, mark: Mark | None) -> Listed:
    signals = case.signals
    asked = signals["help_position"]
    # Whoever raises a hand after the snooze, or the help, wants somebody now.
    is_snoozed = snoozed is not None and not (asked and _came_after(asked, snoozed["snoozed_at"]))
    if mark is not None and mark.mark == "helped" and asked and _came_after(asked, mark.at):
        mark = None
    return Listed(
        student_id=case.student_id,
        confidence=case.confidence,
        since=case.since,
        exercise=signals["exercise"],
        notebook=signals["notebook"],
        last_run_at=signals["run_at"],
        reasons=[in_words(ground) for ground in case.grounds],
        help_message=signals["help_message"],
        snooze=Snooze(until=snoozed["until"], by=snoozed["snoozed_by"])
        if snoozed is not None and is_snoozed
        else None,
        mark=mark,
    )


def _with_nulls(row: dict[str, Any]) -> dict[str, Any]:
    """Return a cluster with null where the query has '' for nothing."""
    places = [each | {"exercise": each["exercise"] or None} for each in row["exercises"]]
    who = [each | {"exercise": each["exercise"] or None} for each in row["who"]]
    return row | {
        "error_name": row["error_name"] or None,
        "pattern": row["pattern"] or None,
        "exercises": places,
        "who": who,
    }
