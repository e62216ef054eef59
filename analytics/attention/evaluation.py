"""Evaluates the attention list on lessons of which it is known who was stuck, and when.

Every minute of a lesson the list is made of what the log held by then, and its first five places
are compared with who was stuck at that moment; so are those of two baselines. It runs in memory,
without servers: `python -m analytics.attention.evaluation` prints the figures of docs/attention.md.
"""

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import click
import duckdb
import pandas as pd

from analytics.attention.responses import Thresholds
from analytics.attention.rule import attention_list
from analytics.attention.signals import attention_signals
from analytics.lake.empty_lake import empty_lake
from analytics.queries.query import rows_by_name
from flows.course.sample import SAMPLE_COURSE
from flows.log.logged_event import position_from_ns
from flows.simulation.truth import simulated_class

#: Places of a list that are looked at.
PLACES: Final = 5
#: How long somebody counts as stuck after the last try at what was never solved.
_GAVE_UP_MINUTES: Final = 10
_BEGIN: Final = datetime(2026, 1, 12, 9, 0, tzinfo=UTC)
#: The list is looked at from the fifth minute on; a shorter lesson says nothing.
_SHORTEST: Final = 20
_COURSE: Final = "evaluation"

#: What the signals read of an event.
_FIELDS: Final = {
    "type",
    "student_id",
    "exercise",
    "notebook",
    "cell_id",
    "status",
    "error_name",
    "error_message",
    "check_name",
    "passed",
    "occurred_at",
}

_BASELINES: Final = """
SELECT
    student_id,
    greatest(
        count(*) FILTER (status = 'error'), count(*) FILTER (NOT passed)
    ) AS errors,
    coalesce(max(seen_at) FILTER (status = 'ok'), min(seen_at)) AS succeeded_at
FROM course_events($course_id, NULL, $now::TIMESTAMPTZ + INTERVAL 1 MICROSECOND, NULL)
GROUP BY student_id
"""


@dataclass(frozen=True)
class Stuck:
    """A time in which a student needed a person, in minutes after the start of the lesson."""

    student_id: str
    kind: str
    begins: float
    ends: float


@dataclass(frozen=True)
class Lesson:
    """A lesson and the truth about it.

    Attributes:
        name: For the tables.
        minutes: Its length.
        events: Columns of `lake.events`, at least student_id, type and occurred_at; a time is
            `_BEGIN` plus the minutes into the lesson.
        stuck: The truth.
        look_alikes: Times that look like being stuck, and are not.
    """

    name: str
    minutes: float
    events: pd.DataFrame
    stuck: tuple[Stuck, ...]
    look_alikes: tuple[Stuck, ...] = ()


@dataclass(frozen=True)
class Moment:
    """One minute of a lesson: who was stuck, and whom each method lists, first place first."""

    minute: float
    stuck: frozenset[str]
    lists: dict[str, list[str]]


def simulated_lesson(seed: int, students: int = 30, minutes: float = 50) -> Lesson:
    """Return a lesson of `cellpulse simulate`, with its planted strugglers and look-alikes."""
    events, planted = simulated_class(
        seed, course_dir=SAMPLE_COURSE, students=students, minutes=minutes, started_at=_BEGIN
    )
    rows = [event.model_dump(include=_FIELDS, mode="python") for event in events]
    times = [
        Stuck(
            each.student_id,
            each.kind,
            (each.begins_at - _BEGIN) / timedelta(minutes=1),
            (each.ends_at - _BEGIN) / timedelta(minutes=1),
        )
        for each in planted
    ]
    needs_help = [each.needs_help for each in planted]
    return Lesson(
        f"seed {seed}",
        minutes,
        pd.DataFrame(rows),
        tuple(each for each, needs in zip(times, needs_help, strict=True) if needs),
        tuple(each for each, needs in zip(times, needs_help, strict=True) if not needs),
    )


def published_lessons(main_table: Path) -> Iterator[Lesson]:
    """Yield the lessons of a ProgSnap2 main table whose submissions say whether they are correct.

    A lesson is a span in which nobody's next event is more than an hour away. Who tried a problem
    and never solved it counts as stuck from the first wrong submission to ten minutes after the
    last: it is an outcome, not an observer's judgement.

    Args:
        main_table: A CSV file with the columns SubjectID, ProblemID, EventType, ServerTimestamp
            and Correct.
    """
    events = pd.read_csv(main_table)
    events = events[(events["EventType"] == "Submit") & events["Correct"].notna()]
    events = events.assign(
        time=pd.to_datetime(events["ServerTimestamp"], utc=True),
        correct=events["Correct"].astype(str).str.lower() == "true",
    ).sort_values("time", kind="stable")
    solved = events.groupby(["SubjectID", "ProblemID"])["correct"].transform("any")
    events = events.assign(
        solved=solved, number=(events["time"].diff() > timedelta(hours=1)).cumsum()
    )
    for number, of_lesson in events.groupby("number"):
        yield _published_lesson(f"lesson {number}", of_lesson)


def _published_lesson(name: str, submits: pd.DataFrame) -> Lesson:
    after = submits["time"] - submits["time"].iloc[0]
    submits = submits.assign(minute=after.dt.total_seconds() / 60, occurred_at=_BEGIN + after)
    common = submits.rename(columns={"SubjectID": "student_id", "ProblemID": "exercise"})
    # Whether a wrong submission raised an error is not told.
    runs = common[["student_id", "exercise", "occurred_at"]].assign(
        type="cell_run", status=common["correct"].map({True: "ok", False: None})
    )
    checks = common[["student_id", "exercise", "occurred_at"]].assign(
        type="check_result", check_name=common["exercise"], passed=common["correct"]
    )
    unsolved = common[~common["solved"]].groupby(["student_id", "exercise"])["minute"]
    stuck = [
        Stuck(
            str(student), "never solved", float(tries.min()), float(tries.max()) + _GAVE_UP_MINUTES
        )
        for (student, _), tries in unsolved
    ]
    return Lesson(
        name,
        float(submits["minute"].max()) + _GAVE_UP_MINUTES,
        # A run stands before its result, which is of the same moment.
        pd.concat([runs, checks]).sort_values("occurred_at", kind="stable", ignore_index=True),
        tuple(stuck),
    )


def moments(lesson: Lesson, thresholds: Thresholds, step: float = 1) -> Iterator[Moment]:
    """Yield what each method says, every `step` minutes from the fifth minute on."""
    with _in_memory(lesson.events) as lake:
        minute = 5.0
        while minute < lesson.minutes:
            now = _BEGIN + timedelta(minutes=minute)
            yield Moment(
                minute,
                frozenset(s.student_id for s in lesson.stuck if s.begins <= minute < s.ends),
                {
                    "attention list": _listed(lake, thresholds, now),
                    **_baselines(lake, now),
                },
            )
            minute += step


def _listed(lake: duckdb.DuckDBPyConnection, thresholds: Thresholds, now: datetime) -> list[str]:
    rows = attention_signals(lake, (_COURSE, None), now)
    return [case.student_id for case in attention_list(rows, thresholds, now)]


def _baselines(lake: duckdb.DuckDBPyConnection, now: datetime) -> dict[str, list[str]]:
    rows = rows_by_name(lake.execute(_BASELINES, {"course_id": _COURSE, "now": now}))
    by_errors = sorted(rows, key=lambda row: (-row["errors"], row["student_id"]))
    by_success = sorted(rows, key=lambda row: (row["succeeded_at"], row["student_id"]))
    return {
        "most errors": [row["student_id"] for row in by_errors if row["errors"]],
        "longest since last success": [row["student_id"] for row in by_success],
    }


def scores(lesson: Lesson, of_lesson: Sequence[Moment]) -> pd.DataFrame:
    """Return one row a method: how well its first five places tell who is stuck.

    Returns:
        Columns lesson, method, `precision_at_5` (of those in the first five places, over all
        minutes, how many were stuck; null where nobody was listed), `recall_at_5` (of the
        student-minutes of being stuck, how many were in the first five places), `found` (share of
        the times of being stuck that were listed while they lasted), `lead` (of these, median
        minutes from the first listing to the end, when help came), `delay` (from the begin to the
        first listing), `false_alarms` (times that somebody who was not stuck came into the first
        five places, an hour), `listed` (mean length of the list's first five places).
    """
    rows = []
    for method in of_lesson[0].lists:
        tops = [(moment, moment.lists[method][:PLACES]) for moment in of_lesson]
        hits = sum(len(moment.stuck.intersection(top)) for moment, top in tops)
        listed = sum(len(top) for _, top in tops)
        stuck = sum(len(moment.stuck) for moment in of_lesson)
        firsts = [_first_listing(each, tops) for each in lesson.stuck]
        found = [
            (each, first)
            for each, first in zip(lesson.stuck, firsts, strict=True)
            if first is not None
        ]
        rows.append(
            {
                "lesson": lesson.name,
                "method": method,
                "precision_at_5": hits / listed if listed else None,
                "recall_at_5": hits / stuck if stuck else None,
                "found": len(found) / len(firsts) if firsts else None,
                "lead": _median(each.ends - first for each, first in found),
                "delay": _median(first - each.begins for each, first in found),
                "false_alarms": _false_alarms(tops) / (lesson.minutes / 60),
                "listed": listed / len(tops),
            }
        )
    return pd.DataFrame(rows)


def found_by_kind(lesson: Lesson, of_lesson: Sequence[Moment]) -> pd.DataFrame:
    """Return one row a planted time: its kind, its length, and when it was listed, if it was.

    Returns:
        Columns lesson, student_id, kind, needs_help (false for look-alikes), minutes and
        `listed_after` (minutes from its begin to the first listing in the first five places).
    """
    tops = [(moment, moment.lists["attention list"][:PLACES]) for moment in of_lesson]
    planted = [(each, True) for each in lesson.stuck]
    planted += [(each, False) for each in lesson.look_alikes]
    rows = [
        {
            "lesson": lesson.name,
            "student_id": each.student_id,
            "kind": each.kind,
            "needs_help": needs_help,
            "minutes": each.ends - each.begins,
            "listed_after": None if first is None else first - each.begins,
        }
        for each, needs_help in planted
        for first in [_first_listing(each, tops)]
    ]
    columns = ["lesson", "student_id", "kind", "needs_help", "minutes", "listed_after"]
    return pd.DataFrame(rows, columns=columns)


def evaluate(
    lessons: Iterable[Lesson], thresholds: Thresholds | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return `scores` and `found_by_kind` of each lesson, one below the other."""
    limits = thresholds or Thresholds()
    every_score, every_kind = [], []
    for lesson in lessons:
        of_lesson = list(moments(lesson, limits))
        every_score.append(scores(lesson, of_lesson))
        every_kind.append(found_by_kind(lesson, of_lesson))
    return pd.concat(every_score), pd.concat(every_kind)


def summary(of_lessons: pd.DataFrame) -> pd.DataFrame:
    """Return one row a method: mean and standard deviation over the lessons, as text."""
    numbers = of_lessons.drop(columns="lesson").groupby("method", sort=False)
    mean, spread = numbers.mean(), numbers.std()
    columns = {
        name: [f"{m:.2f} ± {s:.2f}" for m, s in zip(mean[name], spread[name], strict=True)]
        for name in mean
    }
    return pd.DataFrame(columns, index=mean.index)


def by_kind(times: pd.DataFrame) -> pd.DataFrame:
    """Return one row a kind of being stuck: how often it was, and how soon it was listed."""
    return times.groupby(["needs_help", "kind"], sort=False).agg(
        times=("minutes", "size"),
        listed=("listed_after", "count"),
        median_minutes=("minutes", "median"),
        median_listed_after=("listed_after", "median"),
    )


def _first_listing(each: Stuck, tops: Iterable[tuple[Moment, list[str]]]) -> float | None:
    return next(
        (
            moment.minute
            for moment, top in tops
            if each.begins <= moment.minute < each.ends and each.student_id in top
        ),
        None,
    )


def _false_alarms(tops: Sequence[tuple[Moment, list[str]]]) -> int:
    alarms, before = 0, set[str]()
    for moment, top in tops:
        wrong = set(top) - moment.stuck
        alarms += len(wrong - before)
        before = set(top)
    return alarms


def _median(minutes: Iterable[float]) -> float | None:
    values = list(minutes)
    return float(pd.Series(values).median()) if values else None


def _in_memory(events: pd.DataFrame) -> duckdb.DuckDBPyConnection:
    """Return a connection that has the events as a lake has them, received as they happened."""
    lake = empty_lake()
    numbers = range(1, len(events) + 1)
    frame = events.assign(
        position_ns=[number * 1_000_000 for number in numbers],
        position=[position_from_ns(number * 1_000_000) for number in numbers],
        event_id=[str(number) for number in numbers],
        schema_version=1,
        course_id=_COURSE,
        received_at=events["occurred_at"],
    )
    lake.register("frame", frame)
    lake.execute("INSERT INTO lake.events BY NAME SELECT * FROM frame")
    lake.unregister("frame")
    return lake


@click.command()
@click.option("--first-seed", default=1000, show_default=True, help="Of the simulated lessons.")
@click.option("--lessons", default=20, show_default=True, type=click.IntRange(1))
@click.option("--students", default=30, show_default=True, type=click.IntRange(1))
@click.option(
    "--main-table",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A published ProgSnap2 main table, instead of simulated lessons.",
)
def main(first_seed: int, lessons: int, students: int, main_table: Path | None) -> None:
    """Print the figures of docs/attention.md."""
    known: Iterable[Lesson]
    if main_table is None:
        seeds = range(first_seed, first_seed + lessons)
        known = (simulated_lesson(seed, students) for seed in seeds)
    else:
        known = [lesson for lesson in published_lessons(main_table) if lesson.minutes > _SHORTEST]
        lessons = len(known)
    with click.progressbar(known, length=lessons, label="lessons", file=sys.stderr) as shown:
        of_lessons, times = evaluate(shown)
    click.echo(summary(of_lessons).T.to_string())
    click.echo()
    click.echo(by_kind(times).to_string())


if __name__ == "__main__":
    main()
