"""What to change: each rule, at its threshold and below."""

from datetime import UTC, timedelta
from typing import Any

import pytest

from analytics.attention.responses import ClusterStudent
from streamlit_app.after_class.changes import changes
from streamlit_app.after_class.wording import NOTHING_TO_CHANGE
from tests.streamlit_app.after_class.made_up import NINE, cluster, exercise, hand, report

QUIET: dict[str, Any] = {"exercises": [], "clusters": [], "help": [], "students": 30, "here": 30}


def _who(*still_at: str | None, past: int) -> list[ClusterStudent]:
    """Return who got past a failure, all in 1.1, and where those are who have not."""
    places = [*(("1.1", NINE) for _ in range(past)), *((place, None) for place in still_at)]
    return [
        ClusterStudent(
            student_id=f"s{number}",
            failures=1,
            first_at=NINE,
            last_at=NINE,
            exercise=exercise,
            position="1-0",
            past_at=past_at,
        )
        for number, (exercise, past_at) in enumerate(places)
    ]


def said(**fields: Any) -> list[str]:
    return changes(report(**QUIET | fields), UTC)


def test_without_anything_that_stands_out_it_says_so() -> None:
    """There is never an empty list."""
    assert said() == [str(NOTHING_TO_CHANGE)]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        (
            {"exercises": [exercise("1", 0, attempted=3, solved=2)]},
            (
                "Go through 1 again: 1 of the 3 who tried it had not solved it at the end (with "
                "95 % confidence 10% to 90%)."
            ),
        ),
        (
            {"clusters": [cluster("x is …", 9, 6)]},
            (
                "Show how to get past “NameError: x is …”: 3 of the 9 who met it had not done so "
                "at the end, most of them in 2.2."
            ),
        ),
        (
            {"clusters": [cluster("x", 9, 6, who=_who("2.2", "2.2", "2.3", past=6))]},
            (
                "Show how to get past “NameError: x”: 3 of the 9 who met it had not done so at the "
                "end, most of them in 2.2."
            ),
        ),
        (
            {"clusters": [cluster("x", 9, 6, who=_who("2.3", None, None, past=6))]},
            (
                "Show how to get past “NameError: x”: 3 of the 9 who met it had not done so at the "
                "end."
            ),
        ),
        (
            {"clusters": [cluster("x", 3, 3, minutes_to_get_past=10)]},
            (
                "Explain “NameError: x” beforehand: half of the 3 who got past it needed 10 min or "
                "longer."
            ),
        ),
        (
            {"exercises": [exercise("1", 0, attempted=15, solved=15, due_at=NINE + timedelta(3))]},
            (
                "Make time for 1: it is due on 2026-04-16 00:00, and 15 of the 30 here have not "
                "begun it."
            ),
        ),
        (
            {"help": [hand("s", 1, None)]},
            "Go to s next time: the hand was still up at the end.",
        ),
        (
            {"help": [hand(f"s{n}", n, None) for n in range(7)]},
            "Go to s0, s1, s2, s3, s4 and 2 more next time: 7 hands were still up at the end.",
        ),
        (
            {"help": [hand("a", 1, 2), hand("b", 1, 6), hand("c", 1, 9)]},
            (
                "Ask for another helper: half of the 3 to whom somebody went had waited 5 min or "
                "longer."
            ),
        ),
        (
            {"here": 15},
            ("Ask after those who were not here: 15 of 30 students did nothing in this session."),
        ),
    ],
)
def test_what_stands_out_is_said_with_its_numbers(fields: dict[str, Any], sentence: str) -> None:
    """Each sentence has the numbers that it rests on."""
    assert said(**fields) == [sentence]


@pytest.mark.parametrize(
    "fields",
    [
        {"exercises": [exercise("1", 0, attempted=2, solved=0)]},
        {"exercises": [exercise("1", 0, attempted=10, solved=7)]},
        {"clusters": [cluster("x", 2, 0)]},
        {"clusters": [cluster("x", 12, 9)]},
        {"clusters": [cluster("x", 9, 9, minutes_to_get_past=9.9)]},
        {"clusters": [cluster("x", 2, 2, minutes_to_get_past=30)]},
        {"exercises": [exercise("1", 0, attempted=16, solved=16, due_at=NINE + timedelta(3))]},
        {"exercises": [exercise("1", 0, attempted=0, solved=0, due_at=NINE + timedelta(9))]},
        {"exercises": [exercise("1", 0, attempted=0, solved=0, due_at=NINE - timedelta(1))]},
        {"help": [hand("a", 1, 9), hand("b", 1, 9)]},
        {"help": [hand("a", 1, 2), hand("b", 1, 5.9), hand("c", 1, 9)]},
        {"here": 16},
    ],
)
def test_what_is_too_little_is_not_said(fields: dict[str, Any]) -> None:
    """Below its threshold nothing stands out."""
    assert said(**fields) == [str(NOTHING_TO_CHANGE)]


def test_nothing_of_a_kind_drowns_the_rest() -> None:
    """Of exercises and of failures the two that are worst come first, and no more."""
    found = said(
        exercises=[exercise(f"{n}", 0, attempted=10, solved=n) for n in range(6)],
        clusters=[cluster(f"e{n}", 10, n) for n in range(6)],
    )
    assert [sentence.split(":")[0] for sentence in found] == [
        "Go through 0 again",
        "Go through 1 again",
        "Show how to get past “NameError",
        "Show how to get past “NameError",
    ]
    assert "10 of the 10" in found[2]
