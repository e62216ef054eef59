"""What a student's own page says, without a browser."""

from datetime import UTC, datetime, timedelta

from analytics.attention.responses import Mark
from analytics.measures.responses import MeasureRow, MeasureRows
from analytics.my_progress.examples import OVERVIEW
from analytics.my_progress.responses import Hand, OwnExercise
from streamlit_app.my_progress.measures import all_points, points_of
from streamlit_app.my_progress.page import exercise_table, strip_numbers
from streamlit_app.my_progress.seen import seen

NOW = OVERVIEW.now


def test_each_state_has_words_of_its_own() -> None:
    """No state is told by a colour or a shape alone, and what an author wrote stays text."""
    states = ("not_started", "working", "failing", "solved", "ran")
    exercises = [
        OwnExercise(
            exercise=f"<{state}>",
            state=state,
            is_solved=state == "solved",
            failed_runs=3 if state == "failing" else 0,
        )
        for state in states
    ]
    html = exercise_table(exercises, {"<solved>": (2.0, 3.0)})
    words = ("not started", "working on it", "latest 3 runs failed", "solved", "ran without error")
    for word in words:
        assert word in html
    assert "2 of 3" in html
    assert "<solved>" not in html


def test_points_are_the_students_own() -> None:
    """Rows of others, and exercises without points, give none."""
    rows = [
        MeasureRow(student_id="ada", exercise="1.1", value=1.0, points=2.0, points_possible=3.0),
        MeasureRow(student_id="ada", exercise="1.2", value=0.0, points=None, points_possible=None),
        MeasureRow(student_id="bob", exercise="1.3", value=1.0, points=1.0, points_possible=1.0),
    ]
    measures = {"progress_by_exercise": MeasureRows.model_construct(rows=rows)}
    assert points_of(measures, "ada") == {"1.1": (2.0, 3.0)}
    assert points_of({}, "ada") == {}


def test_the_points_of_all_are_also_of_what_was_not_begun() -> None:
    """They are the row of the student: the rows by exercise are of what was begun alone."""
    rows = [
        MeasureRow(student_id="bob", value=1.0, points=7.0, points_possible=40.0),
        MeasureRow(student_id="ada", value=0.1, points=4.0, points_possible=40.0),
    ]
    measures = {"progress": MeasureRows.model_construct(rows=rows)}
    assert all_points(measures, "ada") == (4.0, 40.0)
    assert [each.value for each in strip_numbers(OVERVIEW, (4.0, 40.0))][1] == "4"
    without = MeasureRow(student_id="ada", value=0.1, points=None, points_possible=None)
    assert all_points({"progress": MeasureRows.model_construct(rows=[without])}, "ada") is None
    assert all_points({}, "ada") is None


def test_what_instructors_see_is_told_in_their_words() -> None:
    """Reasons, hand, help and code: each has its sentence, and nothing is told that is not so."""
    told = seen(OVERVIEW)
    assert "Same NameError 6 times in 4 minutes" in told
    assert "number 2 in the queue" in told
    assert "never sent" in told
    hand_up = OVERVIEW.reasons[0].model_copy(update={"code": "hand_up", "text": "hand up"})
    by_hand = OVERVIEW.model_copy(
        update={
            "reasons": [hand_up],
            "hand": Hand(since=NOW - timedelta(minutes=1), place=1),
            "mark": Mark(mark="going", at=NOW, by=None),
            "code_sent_at": datetime(2026, 9, 14, 8, 0, tzinfo=UTC),
        }
    )
    told = seen(by_hand)
    assert "because your hand is up" in told
    assert "on the way" in told
    assert "sent last on 14 Sep" in told
    off = {"reasons": [], "hand": Hand(since=NOW)}
    told = seen(OVERVIEW.model_copy(update=off))
    assert "not on their list" in told
    assert "Your hand is up, and an instructor took it off the queue" in told
    nothing = OVERVIEW.model_copy(update={"reasons": [], "hand": None})
    assert "not on their list" in seen(nothing)
    assert "not up" in seen(nothing)
