"""The rule of the attention list: from what is seen to reasons, a confidence and an order."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from analytics.attention.responses import Thresholds
from analytics.attention.rule import attention_list
from analytics.attention.wording import in_words

NOW = datetime(2026, 1, 12, 10, 0, tzinfo=UTC)


def ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


def signals(student: str = "ada", **seen: Any) -> dict[str, Any]:
    """Return what is seen of a student of whom nothing is to be said, but for `seen`."""
    return {
        "student_id": student,
        "seen_at": ago(1),
        "left_at": None,
        "runs": 10,
        "run_at": ago(1),
        "run_position": "9-0",
        "has_failed": False,
        "gap_minutes": 1.0,
        "exercise": "2.1",
        "notebook": "02.ipynb",
        "failures": 0,
        "failure_exercise": None,
        "failures_from": None,
        "failures_to": None,
        "failure_positions": [],
        "error_name": None,
        "error_message": None,
        "error_runs": 0,
        "error_from": None,
        "error_to": None,
        "error_positions": [],
        "error_others": 0,
        "others": 28,
        "others_at_work": 20,
        "check_name": None,
        "check_failures": 0,
        "check_from": None,
        "check_to": None,
        "check_positions": [],
        "visit_from": ago(5),
        "visit_runs": 4,
        "visit_failures": 0,
        "visit_positions": ["8-0", "9-0"],
        "has_solved": False,
        "others_started": 28,
        "others_solved": 20,
        "others_minutes": 4.0,
        "solved": 5,
        "median_solved": 5.0,
        "help_at": None,
        "help_position": None,
        "help_message": None,
    } | seen


def failing(count: int, last: float = 1, **seen: Any) -> dict[str, Any]:
    """Return what is seen of failed runs, one a minute, the latest some minutes ago."""
    places = [f"{number}-0" for number in range(1, count + 1)]
    first = ago(last + count - 1)
    return {
        "has_failed": True,
        "run_at": ago(last),
        "failures": count,
        "failure_exercise": "2.1",
        "failures_from": first,
        "failures_to": ago(last),
        "failure_positions": places,
        "error_name": "NameError",
        "error_message": "name 'x' is not defined",
        "error_runs": count,
        "error_from": first,
        "error_to": ago(last),
        "error_positions": places,
        "error_others": 3,
    } | seen


def reasons(row: dict[str, Any], **thresholds: Any) -> list[str]:
    cases = attention_list([row], Thresholds(**thresholds), NOW)
    return [in_words(ground).text for case in cases for ground in case.grounds]


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        ({}, []),
        (failing(3), []),
        (failing(4), ["same NameError 4 times in 3 minutes; 3 of 28 others had it"]),
        (
            failing(7, error_runs=5),
            [
                "same NameError 5 times in 6 minutes; 3 of 28 others had it",
                "7 failed runs in 6 minutes, not got past them",
            ],
        ),
        (failing(4, error_name=None, others=0), ["same error 4 times in 3 minutes"]),
        (failing(1, last=9), ["no run for 9 minutes after a failure"]),
        (failing(1, last=4.9), []),
        (
            {"has_failed": True, "check_failures": 1, "check_to": ago(6), "run_at": ago(6)},
            ["no run for 6 minutes after a failure"],
        ),
        (failing(1, last=9, gap_minutes=2.4), []),
        (failing(1, last=11, gap_minutes=30.0), ["no run for 11 minutes after a failure"]),
        (failing(6, failures_to=ago(20), error_runs=2), []),
        (
            failing(2, last=3, left_at=ago(2)),
            ["left 2 minutes ago after a failure, while the others go on"],
        ),
        (failing(2, last=3, left_at=ago(2), others_at_work=13), []),
        (
            {
                "check_name": "sum",
                "check_failures": 5,
                "check_from": ago(6),
                "check_to": ago(0.5),
            },
            ["check 'sum' failed 5 times in 5 minutes"],
        ),
        (
            {"visit_from": ago(16), "visit_runs": 9},
            [
                (
                    "16 minutes and 9 runs at 2.1 without solving it; 20 of 28 others solved it, "
                    "half of them within 4 minutes"
                )
            ],
        ),
        ({"visit_from": ago(16), "others_minutes": 6.0}, []),
        ({"visit_from": ago(16), "others_solved": 13}, []),
        ({"visit_from": ago(16), "has_solved": True}, []),
        (
            {"run_at": ago(13), "solved": 2},
            [
                (
                    "no run for 13 minutes while 20 of 28 others are at work; 2 solved, half of "
                    "the class has 5 or more"
                )
            ],
        ),
        ({"run_at": ago(13), "solved": 5}, []),
        ({"run_at": ago(13), "solved": 2, "others_at_work": 14}, []),
        ({"help_at": ago(3), "help_position": "7-0"}, ["hand up for 3 minutes"]),
        ({"run_at": None, "runs": 0, "visit_from": None}, []),
    ],
)
def test_each_reason_says_what_is_seen(seen: dict[str, Any], expected: list[str]) -> None:
    """A reason is there from its threshold on, and its words hold the numbers."""
    assert reasons(signals(**seen)) == expected


@pytest.mark.parametrize(
    ("threshold", "seen"),
    [
        ("same_error_runs", failing(5)),
        ("failed_runs", failing(8, error_runs=1)),
        ("failed_checks", {"check_failures": 6, "check_from": ago(6), "check_to": ago(1)}),
        ("silent_minutes", failing(1, last=8)),
        ("unsolved_minutes", {"visit_from": ago(20)}),
        ("idle_minutes", {"run_at": ago(20), "solved": 0}),
    ],
)
def test_a_threshold_moves_its_reason_or_turns_it_off(threshold: str, seen: dict[str, Any]) -> None:
    """A higher one waits longer, null is never."""
    assert len(reasons(signals(**seen))) == 1
    assert reasons(signals(**seen), **{threshold: 30}) == []
    assert reasons(signals(**seen), **{threshold: None}) == []


@pytest.mark.parametrize(
    ("seen", "confidence"),
    [
        (failing(4), "medium"),
        (failing(7), "medium"),
        (failing(8), "high"),
        (failing(4, last=6), "high"),
        (failing(1, last=6), "medium"),
        (failing(1, last=10), "high"),
        ({"visit_from": ago(60)}, "low"),
        ({"run_at": ago(13), "solved": 2}, "low"),
        (failing(4, visit_from=ago(16)), "high"),
        ({"help_at": ago(1), "help_position": "7-0"}, "high"),
    ],
)
def test_confidence_follows_from_the_reasons(seen: dict[str, Any], confidence: str) -> None:
    """Two kinds of reasons, or twice a threshold, are sure; the weak reasons alone are not."""
    [case] = attention_list([signals(**seen)], Thresholds(), NOW)
    assert case.confidence == confidence


def test_hands_come_first_then_the_surest_then_who_waits_longest() -> None:
    """The order can be said in a sentence and depends on no score."""
    rows = [
        signals("slow", visit_from=ago(50)),
        signals("new failure", **failing(4)),
        signals("old failure", **failing(5)),
        signals("sure", **failing(8)),
        signals("second hand", help_at=ago(1), help_position="2-0", **failing(8)),
        signals("first hand", help_at=ago(2), help_position="1-0"),
        signals("fine"),
    ]
    listed = [case.student_id for case in attention_list(rows, Thresholds(), NOW)]
    assert listed == ["first hand", "second hand", "sure", "old failure", "new failure", "slow"]


def test_every_reason_has_the_events_behind_it() -> None:
    """Each can be opened: at least one log position, and numbers for other languages."""
    row = signals(
        help_at=ago(1),
        help_position="7-0",
        **failing(8, last=6, visit_from=ago(20)),
        check_name=None,
        check_failures=5,
        check_from=ago(9),
        check_to=ago(7),
        check_positions=["3-0"],
    )
    [case] = attention_list([row], Thresholds(), NOW)
    told = [in_words(ground) for ground in case.grounds]
    assert [reason.code for reason in told] == [
        "hand_up",
        "same_error",
        "failed_runs",
        "failed_checks",
        "silent_after_failure",
        "unsolved",
    ]
    for reason in told:
        assert reason.positions
        assert reason.values
