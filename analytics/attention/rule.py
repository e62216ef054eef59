"""Who needs a person: from what is seen of each student to reasons, a confidence and an order.

docs/attention.md has the rule in words, its figures and its failures. There is no score: whoever
is listed has at least one reason that can be checked on the runs behind it, and the order follows
from the reasons by a rule that can be said in a sentence (`order_of`).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, get_args

from analytics.attention.responses import Confidence, ReasonCode, Thresholds

#: Nothing older than this counts: the length of a long lesson.
LESSON_MINUTES: Final = 180
#: A failure is of now while no later run lies further from it than this, in minutes.
_STILL_MINUTES: Final = 5
#: Silence counts from so many of the student's own usual gaps on, and at most from so many of the
#: threshold: who works slowly is not silent.
_USUAL_GAPS: Final = 4
_LONGEST_PATIENCE: Final = 2
#: So many times longer than the others' median is long, where so many others solved it.
_LONG: Final = 3
_ENOUGH_OTHERS: Final = 3

_ORDER: Final = {code: place for place, code in enumerate(get_args(ReasonCode))}
_CONFIDENCES: Final = {code: place for place, code in enumerate(get_args(Confidence))}
_FAILING: Final = frozenset({"same_error", "failed_runs", "failed_checks"})
_WEAK: Final = frozenset({"left_after_failure", "unsolved", "idle"})

Signals = dict[str, Any]
Values = dict[str, str | int | float | None]


@dataclass(frozen=True)
class Ground:
    """A reason before it is put into words.

    Attributes:
        code: Which reason.
        since: When what it tells of began.
        values: The numbers and names that its wording needs.
        positions: Log positions of the events behind it, oldest first.
        excess: How many times its threshold it is.
    """

    code: ReasonCode
    since: datetime
    values: Values
    positions: list[str]
    excess: float = 1


@dataclass(frozen=True)
class Case:
    """A student with at least one reason.

    Attributes:
        signals: What is seen of the student; see `analytics.attention.signals`.
        grounds: In the order of `ReasonCode`.
    """

    student_id: str
    signals: Signals
    grounds: tuple[Ground, ...]

    @property
    def since(self) -> datetime:
        """The earliest `since` of the reasons."""
        return min(ground.since for ground in self.grounds)

    @property
    def confidence(self) -> Confidence:
        """How sure the listing is: by the kinds of its reasons, and how far each goes."""
        codes = {ground.code for ground in self.grounds}
        if "hand_up" in codes:
            return "high"
        if codes <= _WEAK:
            return "low"
        kinds = {"failing" if code in _FAILING else code for code in codes}
        twice = any(g.excess >= 2 for g in self.grounds if g.code not in _WEAK)  # noqa: PLR2004
        return "high" if len(kinds) > 1 or twice else "medium"


def attention_list(rows: Iterable[Signals], thresholds: Thresholds, now: datetime) -> list[Case]:
    """Return who needs a person, most urgent first.

    Args:
        rows: What is seen of each student, at the same moment.
        thresholds: From when on each reason counts.
        now: The moment.
    """
    cases = []
    for row in rows:
        grounds = tuple(sorted(_grounds(row, thresholds, now), key=lambda g: _ORDER[g.code]))
        if grounds:
            cases.append(Case(row["student_id"], row, grounds))
    return sorted(cases, key=order_of)


def order_of(case: Case) -> tuple[Any, ...]:
    """Return what the list is sorted by: raised hands, then confidence, then who waits longest."""
    hand_is_down = case.grounds[0].code != "hand_up"
    since = case.since if hand_is_down else case.grounds[0].since
    return (hand_is_down, _CONFIDENCES[case.confidence], since, case.student_id)


def _grounds(row: Signals, limits: Thresholds, now: datetime) -> Iterator[Ground]:
    if row["help_at"] is not None:
        minutes = _minutes(row["help_at"], now)
        yield Ground("hand_up", row["help_at"], {"minutes": minutes}, [row["help_position"]])
    if row["failures"] and _is_still(row, row["failures_to"]):
        yield from _failing(row, limits)
    yield from _stopped(row, limits, now)
    if row["left_at"] is None:
        yield from _failed_checks(row, limits)
        yield from _unsolved(row, limits, now)
        yield from _idle(row, limits, now)


def _is_still(row: Signals, failed_at: datetime) -> bool:
    """Tell whether failures, the latest of that time, are what the student is at."""
    return bool(_attempted_at(row) - failed_at <= timedelta(minutes=_STILL_MINUTES))


def _attempted_at(row: Signals) -> datetime:
    """Return the time of the latest run, or result of a check that was not passed since."""
    attempts: list[datetime] = [
        time for time in (row["run_at"], row["check_to"]) if time is not None
    ]
    return max(attempts)


def _failing(row: Signals, limits: Thresholds) -> Iterator[Ground]:
    where = row["failure_exercise"]
    if limits.same_error_runs is not None and row["error_runs"] >= limits.same_error_runs:
        yield Ground(
            "same_error",
            row["error_from"],
            {
                "error": row["error_name"],
                "message": row["error_message"],
                "runs": row["error_runs"],
                "minutes": _minutes(row["error_from"], row["error_to"]),
                "others_had": row["error_others"],
                "others": row["others"],
                "exercise": where,
            },
            row["error_positions"],
            row["error_runs"] / limits.same_error_runs,
        )
    if limits.failed_runs is not None and row["failures"] >= limits.failed_runs:
        yield Ground(
            "failed_runs",
            row["failures_from"],
            {
                "runs": row["failures"],
                "minutes": _minutes(row["failures_from"], row["failures_to"]),
                "exercise": where,
            },
            row["failure_positions"],
            row["failures"] / limits.failed_runs,
        )


def _stopped(row: Signals, limits: Thresholds, now: datetime) -> Iterator[Ground]:
    # A check may fail without a failed run, as where a grader only returns its result.
    runs, checks = row["failures"], row["check_failures"]
    if limits.silent_minutes is None or not row["has_failed"] or not runs + checks:
        return
    values: Values = {
        "failed": runs or checks,
        "exercise": row["failure_exercise"] if runs else row["exercise"],
    }
    positions = row["failure_positions"] if runs else row["check_positions"]
    if row["left_at"] is not None:
        # Those who go when the others go are done for today.
        if 2 * row["others_at_work"] >= row["others"] > 0:
            values["minutes"] = _minutes(row["left_at"], now)
            values["others_at_work"], values["others"] = row["others_at_work"], row["others"]
            yield Ground("left_after_failure", row["left_at"], values, positions)
        return
    since = _attempted_at(row)
    silent = _minutes(since, now)
    patience = _patience(row, limits.silent_minutes)
    if silent >= patience:
        values["minutes"] = silent
        yield Ground("silent_after_failure", since, values, positions, silent / patience)


def _failed_checks(row: Signals, limits: Thresholds) -> Iterator[Ground]:
    if limits.failed_checks is not None and row["check_failures"] >= limits.failed_checks:
        yield Ground(
            "failed_checks",
            row["check_from"],
            {
                "check": row["check_name"],
                "times": row["check_failures"],
                "minutes": _minutes(row["check_from"], row["check_to"]),
                "exercise": row["exercise"],
            },
            row["check_positions"],
            row["check_failures"] / limits.failed_checks,
        )


def _unsolved(row: Signals, limits: Thresholds, now: datetime) -> Iterator[Ground]:
    if limits.unsolved_minutes is None or row["visit_from"] is None or row["has_solved"]:
        return
    minutes = _minutes(row["visit_from"], now)
    solved, started, usual = (row[f"others_{name}"] for name in ("solved", "started", "minutes"))
    if solved < _ENOUGH_OTHERS or 2 * solved < started:
        return
    if minutes >= max(limits.unsolved_minutes, _LONG * usual):
        yield Ground(
            "unsolved",
            row["visit_from"],
            {
                "minutes": minutes,
                "runs": row["visit_runs"],
                "others_solved": solved,
                "others_started": started,
                "others_minutes": round(usual, 1),
                "exercise": row["exercise"],
            },
            row["visit_positions"],
            minutes / limits.unsolved_minutes,
        )


def _idle(row: Signals, limits: Thresholds, now: datetime) -> Iterator[Ground]:
    if limits.idle_minutes is None or row["run_at"] is None or row["has_failed"]:
        return
    minutes = _minutes(row["run_at"], now)
    most_work = row["others"] >= _ENOUGH_OTHERS and 2 * row["others_at_work"] > row["others"]
    is_behind = row["median_solved"] is not None and row["solved"] < row["median_solved"]
    if most_work and is_behind and minutes >= _patience(row, limits.idle_minutes):
        yield Ground(
            "idle",
            row["run_at"],
            {
                "minutes": minutes,
                "others_at_work": row["others_at_work"],
                "others": row["others"],
                "solved": row["solved"],
                "median_solved": row["median_solved"],
            },
            [row["run_position"]],
            minutes / limits.idle_minutes,
        )


def _patience(row: Signals, minutes: float) -> float:
    """Return after how many minutes a student is silent: not before some of the usual gaps."""
    usual = row["gap_minutes"] or 0.0
    return max(minutes, min(_USUAL_GAPS * usual, _LONGEST_PATIENCE * minutes))


def _minutes(first: datetime, last: datetime) -> float:
    return (last - first) / timedelta(minutes=1)
