"""The evaluation of the attention list: what its figures mean, on lessons of a few minutes."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from analytics.attention.evaluation import (
    Lesson,
    Moment,
    Stuck,
    evaluate,
    found_by_kind,
    main,
    published_lessons,
    scores,
    simulated_lesson,
)

LESSON = Lesson("one", 60, pd.DataFrame(), (Stuck("ada", "silence", 5, 10),))


def moments(*lists: list[str]) -> list[Moment]:
    """Return a moment a minute from the fifth on, at which ada is stuck until the tenth."""
    return [
        Moment(minute, frozenset({"ada"} if minute < 10 else ()), {"attention list": listed})
        for minute, listed in enumerate(lists, 5)
    ]


def test_the_figures_are_counted_by_hand() -> None:
    """Listed in three of five minutes, first after one; one false alarm, and a late one."""
    found = scores(
        LESSON,
        moments([], ["ada"], ["ada", "bob"], ["ada", "bob"], [], ["ada"], []),
    ).iloc[0]
    assert found["precision_at_5"] == pytest.approx(3 / 6)
    assert found["recall_at_5"] == pytest.approx(3 / 5)
    assert found["found"] == 1
    assert (found["delay"], found["lead"]) == (1, 4)
    assert found["false_alarms"] == 2
    assert found["listed"] == pytest.approx(6 / 7)


def test_only_the_first_five_places_count() -> None:
    """Whoever stands sixth is not found."""
    crowd = [*"bcdef", "ada"]
    found = scores(LESSON, moments(*[crowd] * 5)).iloc[0]
    assert (found["precision_at_5"], found["found"]) == (0, 0)
    assert pd.isna(found["lead"])
    [row] = found_by_kind(LESSON, moments(*[crowd] * 5)).to_dict("records")
    assert row["listed_after"] is None


def test_nobody_listed_is_no_precision() -> None:
    """It is null, not 0, and recall is 0."""
    found = scores(LESSON, moments(*[[]] * 5)).iloc[0]
    assert found["precision_at_5"] is None
    assert found["recall_at_5"] == 0


def test_a_simulated_lesson_is_judged_every_minute() -> None:
    """Every method has its figures, and the list finds planted strugglers of a short class."""
    lesson = simulated_lesson(7, students=12, minutes=40)
    found, times = evaluate([lesson])
    assert set(found["method"]) == {"attention list", "most errors", "longest since last success"}
    assert all(found[name].between(0, 1).all() for name in ("precision_at_5", "recall_at_5"))
    assert times["needs_help"].sum() == len(lesson.stuck) > 0
    assert len(times) == len(lesson.stuck) + len(lesson.look_alikes)


def test_a_published_table_is_a_lesson_with_an_outcome(tmp_path: Path) -> None:
    """Who never solved a problem is stuck from the first try to ten minutes after the last."""
    begin = datetime(2016, 2, 5, 19, 0, tzinfo=UTC)
    tries = [
        (0, "S1", "a", "FALSE"),
        (3, "S1", "a", "TRUE"),
        (4, "S2", "a", "FALSE"),
        (9, "S2", "a", "FALSE"),
        (200, "S1", "b", "TRUE"),
    ]
    table = tmp_path / "MainTable.csv"
    rows = [
        f"Submit,{who},{(begin + timedelta(minutes=m)).isoformat()},{what},{correct}"
        for m, who, what, correct in tries
    ]
    table.write_text("\n".join(["EventType,SubjectID,ServerTimestamp,ProblemID,Correct", *rows]))
    first, second = published_lessons(table)
    assert first.stuck == (Stuck("S2", "never solved", 4, 19),)
    assert second.stuck == ()
    assert first.minutes == 19
    assert list(first.events["type"]) == ["cell_run", "check_result"] * 4


def test_the_command_prints_the_figures() -> None:
    """One column a method, one row a figure, with spreads."""
    arguments = ["--lessons", "2", "--students", "4", "--first-seed", "3"]
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 0, done.output
    assert "precision_at_5" in done.output
    assert "±" in done.output
