"""What the class map is told, and the numbers that are made of it: pure functions."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from analytics.attention.examples import ATTENTION, ERROR_CLUSTERS
from analytics.attention.responses import ClusterExercise, Listed, Reason
from analytics.class_view.examples import CLASS_MAP
from analytics.class_view.responses import ClassMap, MapStudent
from streamlit_app.class_view.failures import commonest_at
from streamlit_app.class_view.map.matrix import (
    hands_up,
    hardest,
    map_data,
    ordered,
    orders_of,
    seats_of,
    solved_of_reached,
    where_most_are,
)

NOW = datetime(2026, 9, 14, 9, 30, tzinfo=UTC)


def student(student_id: str, states: str = "..", **fields: Any) -> MapStudent:
    """Return a student who is here and ran nothing lately."""
    [example] = CLASS_MAP.students
    given = {"failed_runs": [1] * states.count("f"), "runs": [0] * 15, "exercise": None}
    return example.model_copy(
        update={"student_id": student_id, "states": states, "active": True} | given | fields
    )


def a_class(*students: MapStudent) -> ClassMap:
    return CLASS_MAP.model_copy(update={"students": list(students)})


def listed(student_id: str, code: str = "same_error") -> Listed:
    [example] = ATTENTION.students
    reason = Reason(code=code, text="why", since=NOW, values={}, positions=[])  # type: ignore[arg-type]
    return example.model_copy(update={"student_id": student_id, "reasons": [reason]})


def test_by_seat_who_has_none_comes_last() -> None:
    """B4 is before B10; without any seat in the roster there is no such order."""
    seats = {"a": "B10", "b": None, "c": "B4", "d": None}
    students = [student(name, seat=seat) for name, seat in seats.items()]
    assert ordered(students, ["b"], "seat") == ["c", "a", "b", "d"]
    assert seats_of(a_class(*students)) == {"a": "B10", "c": "B4"}
    assert orders_of(a_class(*students)) == ["need", "seat", "name"]
    assert orders_of(a_class(student("b", seat=None))) == ["need", "name"]


def test_by_need_the_most_urgent_come_first() -> None:
    """Then who is here, those who solved least first; names as people order them."""
    students = [
        student("s10", "s."),
        student("s2", "r."),
        student("gone", "..", active=False),
        student("far", "ss"),
        student("urgent", "ss"),
        student("needs", "..", active=False),
    ]
    assert ordered(students, ["urgent", "needs"], "need") == [
        "urgent",
        "needs",
        "s2",
        "s10",
        "far",
        "gone",
    ]


def test_by_name_digits_are_compared_as_numbers() -> None:
    """Whatever the case; who needs a person stays in place."""
    students = [student(name) for name in ("b", "s10", "A", "S2", "²", "10")]
    assert ordered(students, ["s10"], "name") == ["10", "A", "b", "S2", "s10", "²"]


def test_rows_are_called_and_ordered_as_the_roster_calls_the_students() -> None:
    """Two of one name have their ids behind it; who is in no roster has the id alone."""
    everyone = a_class(
        student("s1", display_name="Zoë"),
        student("s2", display_name="Ada"),
        student("b", display_name=None),
        student("s3", display_name="Ada"),
    )
    data = map_data(everyone, [], "name", frozenset({"s1", "s2", "b"}))
    assert data["order"] == ["s2", "b", "s1"]
    assert [each["name"] for each in data["students"]] == ["Zoë", "Ada (s2)", "b"]


def test_a_long_silence_is_coloured_only_where_it_is_a_reason() -> None:
    """Who needs a person is tinted; a time since the last run means something only at times."""
    everyone = a_class(student("a"), student("b"), student("c"))
    data = map_data(everyone, [listed("a"), listed("b", "idle")], "need")
    told = {each["id"]: (each["needs"], each["silent"]) for each in data["students"]}
    assert told == {"a": (True, False), "b": (True, True), "c": (False, False)}


def test_a_filter_leaves_the_class_as_large_as_it_is() -> None:
    """Only the students asked for have rows; the columns count everybody."""
    everyone = a_class(student("a"), student("b"))
    data = map_data(everyone, [], "name", frozenset({"b", "left the course"}))
    assert [each["id"] for each in data["students"]] == data["order"] == ["b"]
    assert data["enrolled"] == 2


def test_only_the_instructor_asks_for_another_order() -> None:
    """That others are at the chosen failure, or nobody is, is no wish; another failure is one."""
    everyone = a_class(student("a"), student("b"), student("c"))

    def asked(*at_it: str, failure: str | None = "NameError") -> Any:
        only = frozenset(at_it) or None
        return map_data(everyone, [], "need", only, failure=failure)["asked"]

    assert asked("a", "b") == asked("b", "c") == asked()
    assert asked("a", "b") != asked("a", "b", failure="TypeError")
    assert asked() != asked(failure=None)


def test_times_are_milliseconds_and_none_before_any_run() -> None:
    """The browser counts on from the answer's own time, not from its own clock."""
    last = NOW - timedelta(seconds=1.5)
    ran = [student("a", last_run_at=last), student("b", last_run_at=None)]
    data = map_data(a_class(*ran), [], "name")
    now = int(NOW.timestamp() * 1000)
    assert data["now_ms"] == now
    assert [each["last_ms"] for each in data["students"]] == [now - 1500, None]


def test_where_most_are_is_of_those_who_are_here() -> None:
    """Of two exercises with equally many students the earlier one."""
    at = {"exercise": "2.2"}
    gone = student("c", active=False, **at)
    assert where_most_are(a_class(student("a", **at), gone, student("b", exercise="2.1"))) == (
        "2.1",
        1,
    )
    assert where_most_are(a_class(student("a", **at), gone)) == ("2.2", 1)
    assert where_most_are(a_class(gone, student("a", exercise=None))) is None
    assert where_most_are(a_class().model_copy(update={"exercises": []})) is None


def test_solved_of_reached_counts_pairs() -> None:
    """One of two at the first exercise, none of two at the second."""
    assert solved_of_reached(CLASS_MAP) == pytest.approx(1 / 4)
    assert solved_of_reached(CLASS_MAP.model_copy(update={"exercises": []})) is None


def test_the_hardest_exercise_is_where_the_largest_share_of_students_failed() -> None:
    """Of those that three have begun; the earlier of two alike; none where nothing failed."""
    [example] = CLASS_MAP.exercises[:1]

    def exercises(**counts: tuple[int, int]) -> ClassMap:
        found = [
            example.model_copy(update={"exercise": name, "started": began, "failed": failed})
            for name, (began, failed) in counts.items()
        ]
        return a_class().model_copy(update={"exercises": found})

    found = hardest(exercises(easy=(9, 4), hard=(4, 3), alike=(8, 6), few=(2, 2)))
    assert found is not None
    assert found.exercise == "hard"
    assert hardest(exercises(well=(9, 0), few=(2, 2))) is None


def test_the_commonest_error_of_an_exercise_is_counted_in_students() -> None:
    """Over all messages that it had, each student once; None where no failure was there."""
    [example] = ERROR_CLUSTERS.clusters[:1]
    failures: list[tuple[str, dict[str, int], str]] = [
        *[("KeyError", {"2.1": 3}, "xyz")] * 3,  # the same three with three messages
        ("TypeError", {"1.1": 9, "2.1": 3}, "abcdefghijkl"),
        ("NameError", {"2.1": 2}, "ab"),
        ("NameError", {"2.1": 2}, "cd"),
    ]
    clusters = [
        example.model_copy(
            update={
                "error_name": name,
                "exercises": [
                    ClusterExercise(exercise=exercise, students=students)
                    for exercise, students in places.items()
                ],
                "who": [example.who[0].model_copy(update={"student_id": who}) for who in whose],
            }
        )
        for name, places, whose in failures
    ]
    found = ERROR_CLUSTERS.model_copy(update={"clusters": clusters})
    assert commonest_at(found, "2.1") == "NameError"
    assert commonest_at(found, "1.1") == "TypeError"
    assert commonest_at(found, "3.1") is None


def test_hands_are_counted_once_a_student() -> None:
    """Only those on the list count."""
    attention = ATTENTION.model_copy(
        update={"students": [listed("a", "hand_up"), listed("b"), listed("c", "hand_up")]}
    )
    assert hands_up(attention) == 2
