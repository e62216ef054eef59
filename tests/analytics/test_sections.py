"""`section=`: a section of a course is answered for as if it were the whole class."""

from typing import Any

import httpx
import pytest

from analytics.lake.connection import connect


async def test_the_students_of_a_section(api: httpx.AsyncClient) -> None:
    """They are those of the roster, eve, who has not started, included."""
    answer = (await api.get("/courses/py/students", params={"section": "A"})).json()
    assert [(each["student_id"], each["last_seen_at"] is None) for each in answer["students"]] == [
        ("ada", False),
        ("cy", False),
        ("eve", True),
    ]


async def test_the_progress_of_a_section(api: httpx.AsyncClient) -> None:
    """Its students, runs, errors, losses and solved exercises, by the whole course's evidence."""
    progress = (await api.get("/courses/py/progress", params={"section": "B"})).json()
    totals = ("students", "runs", "errors", "error_rate", "lost_events")
    assert [progress[name] for name in totals] == [1, 2, 1, 0.5, 2]
    assert [
        (each["exercise"], each["started"], each["passed"], each["passed_by"], each["runs"])
        for each in progress["exercises"]
    ] == [("1.2", 1, 0, "check", 1), ("1.10", 1, 1, "run", 1), ("0.5", 0, 0, "run", 0)]
    whole = (await api.get("/courses/py/progress")).json()
    assert [whole[name] for name in totals] == [5, 10, 4, 0.4, 2]


async def test_a_measure_of_a_section(api: httpx.AsyncClient, known_class: Any) -> None:
    """Rows are of its students only, and the class's number is theirs; in a notebook too."""
    rows: dict[str, Any] = {}
    for by in ("course", "student"):
        asked = {"section": "B", "by": by}
        answer = (await api.get("/courses/py/measures/error_rate", params=asked)).json()
        rows[by] = [(row.get("student_id"), row["value"]) for row in answer["rows"]]
    assert rows == {"course": [(None, 0.5)], "student": [("bob", 0.5)]}
    with connect(known_class.settings.postgres_url, known_class.settings.lake_path) as notebook:
        found = notebook.sql("SELECT value FROM error_rate('py', section := 'B')").fetchall()
    assert found == [(0.5,)]


async def test_sections_are_compared(api: httpx.AsyncClient) -> None:
    """One section against another of the same course, by exercise, with the students of both."""
    asked = {"section": "A", "against_section": "B", "by": "exercise", "min_students": "1"}
    answer = await api.get("/courses/py/measures/cohort_comparison", params=asked)
    rows = {row["exercise"]: row for row in answer.json()["rows"]}
    assert [rows["1.2"][name] for name in ("value", "students", "against_students")] == [1, 1, 1]
    assert rows["1.2"]["lower"] < 1 < rows["1.2"]["upper"] + 1e-9


@pytest.mark.parametrize(
    ("address", "asked"),
    [
        ("students", {"section": "C"}),
        ("progress", {"section": "a"}),
        ("measures/error_rate", {"section": "C"}),
        ("measures/cohort_comparison", {"against_section": "C"}),
    ],
)
async def test_a_section_that_is_not_there_is_not_found(
    api: httpx.AsyncClient, address: str, asked: dict[str, str]
) -> None:
    """The problem names the one that was meant, and no other: not everybody may know them."""
    answer = await api.get(f"/courses/py/{address}", params=asked)
    assert answer.status_code == 404
    assert "there is no such section in this course, or nobody is" in answer.json()["detail"]
    assert "A, B" not in answer.text
    assert answer.json()["section"] == next(iter(asked.values()))


async def test_a_section_of_another_course_is_looked_for_there(api: httpx.AsyncClient) -> None:
    """Where a measure compares with another course, the section is one of that."""
    asked = {"against": "sorted", "against_section": "A"}
    answer = await api.get("/courses/py/measures/cohort_comparison", params=asked)
    assert answer.status_code == 404
    assert "there is no such section in this course" in answer.json()["detail"]
