"""`GET /courses/{course_id}/progress` and `/exercises`: how far the class is."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from analytics.queries.query import load_query
from flows.course.content import ExerciseContent, NotebookContent
from flows.course.register import register
from tests.analytics.measures.memory_lake import COURSE, MemoryLake

EXERCISES = [
    {
        "exercise": "1.2",
        "title": None,
        "notebook": "01-start.ipynb",
        "started": 2,
        "passed": 1,
        "passed_by": "check",
        "failed": 2,
        "runs": 4,
        "errors": 2,
        "error_rate": 0.5,
    },
    {
        "exercise": "1.10",
        "title": None,
        "notebook": "01-start.ipynb",
        "started": 2,
        "passed": 1,
        "passed_by": "run",
        "failed": 1,
        "runs": 4,
        "errors": 2,
        "error_rate": 0.5,
    },
    {
        "exercise": "0.5",
        "title": None,
        "notebook": "10-end.ipynb",
        "started": 1,
        "passed": 1,
        "passed_by": "run",
        "failed": 0,
        "runs": 1,
        "errors": 0,
        "error_rate": 0.0,
    },
]


async def test_the_class_is_counted_as_by_hand(api: httpx.AsyncClient) -> None:
    """Totals hold every student, run, error and lost event; nobody was active lately."""
    answer = (await api.get("/courses/py/progress")).json()
    answer.pop("as_of")
    assert answer == {
        "course_id": "py",
        "students": 5,
        "active_students": 0,
        "runs": 10,
        "errors": 4,
        "error_rate": 0.4,
        "lost_events": 2,
        "exercises": EXERCISES,
    }


async def test_exercises_stand_in_natural_order_and_without_runs_outside_of_them(
    api: httpx.AsyncClient,
) -> None:
    """1.2 is before 1.10, notebook 01 before 10, and cy's run outside exercises is no exercise."""
    answer = (await api.get("/courses/py/exercises")).json()
    assert answer["exercises"] == EXERCISES


async def test_a_course_without_events_has_students_and_no_rate(api: httpx.AsyncClient) -> None:
    """Enrolled students count before anything happened, and a rate of nothing is null."""
    answer = (await api.get("/courses/sorted/progress")).json()
    answer.pop("as_of")
    assert answer == {
        "course_id": "sorted",
        "students": 3,
        "active_students": 0,
        "runs": 0,
        "errors": 0,
        "error_rate": None,
        "lost_events": 0,
        "exercises": [],
    }


async def test_only_students_with_an_event_in_the_last_5_minutes_are_active(
    stores: Any, api_of: Callable[..., httpx.AsyncClient]
) -> None:
    """Who fell silent 6 minutes ago is not active, but stays in every other count."""
    now = datetime.now(UTC)
    stores.write(
        stores.log(now - timedelta(minutes=6), course_id="c", student_id="silent", status="error"),
        stores.log(now, course_id="c", student_id="busy", status="ok"),
    )
    async with api_of(stores.settings) as api:
        answer = (await api.get("/courses/c/progress")).json()
        states = (await api.get("/courses/c/students")).json()["students"]
    assert [answer[key] for key in ("students", "active_students", "runs", "errors")] == [
        2,
        1,
        2,
        1,
    ]
    assert [(s["student_id"], s["active"]) for s in states] == [("busy", True), ("silent", False)]


async def test_one_reported_check_makes_checks_the_evidence_for_everyone(
    stores: Any, api_of: Callable[..., httpx.AsyncClient]
) -> None:
    """Once anyone's check is reported, a run without error no longer counts as solved."""
    exercise: dict[str, Any] = {"course_id": "c", "exercise": "e"}
    start = datetime(2024, 3, 4, tzinfo=UTC)
    async with api_of(stores.settings) as api:
        stores.write(stores.log(start, student_id="runs", status="ok", **exercise))
        before = (await api.get("/courses/c/exercises")).json()["exercises"][0]
        stores.write(
            stores.log(
                start,
                student_id="checks",
                type="check_result",
                check_name="n",
                passed=False,
                **exercise,
            )
        )
        after = (await api.get("/courses/c/exercises")).json()["exercises"][0]
    assert (before["passed"], before["passed_by"]) == (1, "run")
    assert (after["passed"], after["passed_by"]) == (0, "check")
    assert (before["started"], after["started"]) == (1, 2)


async def test_numbers_grow_with_the_next_batch(
    stores: Any, api_of: Callable[..., httpx.AsyncClient]
) -> None:
    """A batch that is committed is in the next answer, also on a connection that was open."""
    start = datetime(2024, 3, 4, tzinfo=UTC)
    fields: dict[str, Any] = {"course_id": "c", "student_id": "s", "exercise": "e", "status": "ok"}
    async with api_of(stores.settings) as api:
        seen = []
        for _ in range(3):
            stores.write(stores.log(start, **fields), stores.log(start, **fields))
            answer = (await api.get("/courses/c/progress")).json()
            seen.append((answer["runs"], answer["exercises"][0]["runs"]))
    assert seen == [(2, 2), (4, 4), (6, 6)]


async def test_a_passed_check_without_a_run_is_a_start(
    stores: Any, api_of: Callable[..., httpx.AsyncClient]
) -> None:
    """Never more students solved an exercise than started it: a check's result is a start."""
    check: dict[str, Any] = {"type": "check_result", "check_name": "n", "exercise": "e"}
    start = datetime(2024, 3, 4, tzinfo=UTC)
    stores.write(
        stores.log(start, course_id="c", student_id="a", passed=True, **check),
        stores.log(start, course_id="c", student_id="b", passed=False, **check),
    )
    async with api_of(stores.settings) as api:
        (exercise,) = (await api.get("/courses/c/exercises")).json()["exercises"]
    assert [exercise[key] for key in ("started", "passed", "runs")] == [2, 1, 0]


async def test_the_order_of_exercises_stays_while_the_class_works(
    stores: Any, api_of: Callable[..., httpx.AsyncClient]
) -> None:
    """Folders don't count, and neither a copy of a notebook nor who ran last changes the order."""
    start = datetime(2024, 3, 4, tzinfo=UTC)
    runs = [
        ("ada", "1.1", "home/zoe/01-start.ipynb"),
        ("ada", "2.1", "course/02-end.ipynb"),
        ("bob", "2.1", "a/02-end.ipynb"),
        ("cy", "2.1", "00-copy.ipynb"),
        ("bob", "1.1", "z/01-start.ipynb"),
        ("cy", "1.1", "03-copy.ipynb"),
        ("cy", "0.1", None),
    ]
    orders = set()
    async with api_of(stores.settings) as api:
        for second, (student, exercise, notebook) in enumerate([*runs, *reversed(runs)]):
            stores.write(
                stores.log(
                    start + timedelta(seconds=second),
                    course_id="c",
                    student_id=student,
                    status="ok",
                    exercise=exercise,
                    notebook=notebook,
                )
            )
            if second >= len(runs) - 1:
                exercises = (await api.get("/courses/c/exercises")).json()["exercises"]
                orders.add(tuple(each["exercise"] for each in exercises))
    assert orders == {("1.1", "2.1", "0.1")}


async def test_a_registered_course_has_its_order_and_titles(
    stores: Any, api_of: Callable[..., httpx.AsyncClient]
) -> None:
    """Registered exercises come first, in their order, started or not; retired ones with others."""

    def exercise(name: str) -> ExerciseContent:
        return ExerciseContent(name, "tag", f"Title of {name}", None, None)

    notebook = NotebookContent("1.ipynb", "One", "python")
    for names in (("gone", "also gone"), ("z", "a")):
        notebook.exercises = [exercise(name) for name in names]
        register(stores.engine, "py", [notebook])
    at = datetime(2024, 3, 4, 9, 0, tzinfo=UTC)
    run: dict[str, Any] = {"course_id": "py", "student_id": "ada", "status": "ok"}
    stores.write(
        stores.log(at, exercise="other", **run),
        stores.log(at, exercise="gone", notebook="w/1.ipynb", **run),
        stores.log(at, exercise="a", **run),
    )
    async with api_of(stores.settings) as api:
        answer = (await api.get("/courses/py/exercises")).json()["exercises"]
    assert [(e["exercise"], e["title"], e["notebook"], e["started"]) for e in answer] == [
        ("z", "Title of z", "1.ipynb", 0),
        ("a", "Title of a", "1.ipynb", 1),
        ("gone", "Title of gone", "1.ipynb", 1),
        ("other", None, None, 1),
    ]
    assert (answer[0]["passed_by"], answer[0]["error_rate"]) == ("run", None)


@pytest.mark.parametrize(
    ("student", "expected"),
    [
        (None, ["01.ipynb", None]),
        ("ada", ["hw_Ada.ipynb", "hw_Ada.ipynb"]),
        ("bob", ["01.ipynb", None]),
    ],
)
def test_a_notebook_that_one_of_several_calls_so_is_told_to_that_student_alone(
    lake: MemoryLake, student: str | None, expected: list[str | None]
) -> None:
    """Its name may be the student's own; that of the registration, or of most, is everybody's."""
    own = {"notebook": "home/hw_Ada.ipynb", "exercise": "1.1"}
    others = {"notebook": "01.ipynb", "exercise": "1.1"}
    run = {"status": "ok", "occurred_at": datetime(2024, 3, 4, tzinfo=UTC)}
    alone = run | {"exercise": "1.2"}
    lake.write(
        [
            *(run | others | {"student_id": each} for each in ("bob", "cy")),
            run | own | {"student_id": "ada"},
            alone | {"student_id": "ada", "notebook": "home/hw_Ada.ipynb"},
            alone | {"student_id": "bob"},
        ]
    )
    rows = load_query("exercise_progress").rows(
        lake.connection, course_id=COURSE, section=None, student_id=student, as_of=None
    )
    assert [row["notebook"] for row in rows] == expected
