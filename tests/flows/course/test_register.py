"""`cellpulse course register`: what it keeps, on a real PostgreSQL and a real Redis."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from redis import Redis
from sqlalchemy import Engine

from flows.course.publish import publish_what_lacks

Run = Callable[..., Result]
Write = Callable[..., Path]
Cell = Callable[..., Any]


@pytest.fixture
def shown(cellpulse: Run) -> Callable[[], list[dict[str, Any]]]:
    """Return a function that returns the registered exercises, in their order."""

    def read() -> list[dict[str, Any]]:
        content = json.loads(cellpulse("course", "show", "--course", "py", "--json").stdout)
        return [
            exercise | {"notebook": notebook["notebook"]}
            for notebook in content["notebooks"]
            for exercise in notebook["exercises"]
        ]

    return read


@pytest.fixture
def register(cellpulse: Run, tmp_path: Path) -> Run:
    """Return a function that registers the course's folder."""

    def run(*options: str) -> Result:
        result = cellpulse("course", "register", tmp_path / "course", "--course", "py", *options)
        assert result.exit_code == 0, result.output
        return result

    return run


def _names(exercises: list[dict[str, Any]]) -> list[tuple[str, bool]]:
    return [(exercise["exercise"], exercise["retired"]) for exercise in exercises]


def test_what_is_registered(
    write: Write, cell: Cell, register: Run, shown: Any, cellpulse: Run
) -> None:
    """Titles, order, points, due dates, markers and checks are kept, 2 before 10."""
    graded = {"grade_id": "f", "solution": True}
    test = {"grade_id": "t", "grade": True, "points": 2.5}
    write("10.ipynb", cell("# Ten", kind="markdown"), cell("x", "a", tags=["exercise:ten"]))
    write(
        "2.ipynb",
        cell("# Two\n## Due on Friday", kind="markdown"),
        cell("## Part A", kind="markdown"),
        cell("f = 1", "b", nbgrader=graded, cellpulse={"due": "2026-03-02T10:00+01:00"}),
        cell("assert f", "c", nbgrader=test),
        cell("y", "d", tags=["exercise:late", "check:c"], cellpulse={"points": 2}),
        metadata={"cellpulse": {"due": "2026-03-01"}, "kernelspec": {"language": "julia"}},
    )
    result = register("--title", "A  course", "--due", "ten=2026-04-01T00:00Z")
    assert result.stdout == "py: 2 notebooks, 3 exercises (3 new), 2 checks\n"
    check = {"check_name": "t", "kind": "nbgrader", "points": 2.5}
    assert [
        (e["notebook"], e["exercise"], e["title"], e["marker"], e["points"], e["due_at"])
        for e in shown()
    ] == [
        ("2.ipynb", "f", "Part A", "nbgrader", 2.5, "2026-03-02T09:00:00+00:00"),
        ("2.ipynb", "late", "Part A", "tag", 2.0, "2026-03-01T23:59:59+00:00"),
        ("10.ipynb", "ten", "Ten", "tag", None, "2026-04-01T00:00:00+00:00"),
    ]
    assert shown()[0]["checks"] == [check]
    content = json.loads(cellpulse("course", "show", "--course", "py", "--json").stdout)
    assert content["title"] == "A course"
    assert [n["title"] for n in content["notebooks"]] == ["Two", "Ten"]
    assert [n["language"] for n in content["notebooks"]] == ["julia", ""]
    text = cellpulse("course", "show", "--course", "py").stdout
    assert "f  Part A  [nbgrader]  2.5 points  due 2026-03-02T09:00:00+00:00  checks: t" in text


def test_registering_again_changes_nothing(
    write: Write, cell: Cell, register: Run, shown: Any, redis: Redis
) -> None:
    """The same notebooks give the same content; a title and a due date of the command stay."""
    write("1.ipynb", cell("x", "a", tags=["exercise:e"]))
    register("--title", "T", "--due", "e=2026-04-01")
    before, version = shown(), redis.hgetall("progress-events:course-versions")
    assert "(0 new)" in register().stdout
    assert shown() == before
    assert before[0]["due_at"] is not None
    assert redis.hgetall("progress-events:course-versions") == version


def test_notebooks_without_cell_ids_are_one_line(write: Write, cell: Cell, register: Run) -> None:
    """However many they are, they do not hide what else is said."""
    heading = cell("# H", kind="markdown")
    for name in range(1, 6):
        write(f"{name}.ipynb", heading, cell(f"x = {name}"), cell("y", "i"), nbformat_minor=4)
    [line] = register().stdout.splitlines()[1:]
    assert "no cell ids in 1.ipynb, 2.ipynb, 3.ipynb and 2 more (older than format 4.5)" in line
    assert "5 exercises are found" in line


def test_what_is_gone_is_retired_and_comes_back(
    write: Write, cell: Cell, register: Run, shown: Any
) -> None:
    """An exercise that is not found any more stays, retired, and is the same when it is back."""
    first, second = (cell(name, name, tags=[f"exercise:{name}"]) for name in ("a", "b"))
    write("1.ipynb", first, second)
    register()
    write("1.ipynb", first)
    assert "not found any more, retired: 'b' of 1.ipynb" in register().stdout
    assert _names(shown()) == [("a", False), ("b", True)]
    assert "retired" not in register().stdout
    write("1.ipynb", second, first)
    assert "(0 new)" in register().stdout
    assert _names(shown()) == [("b", False), ("a", False)]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (("x", "id1", ["exercise:old"]), ("other", "id1", ["exercise:new"])),
        (("x = 1", None, ["exercise:old"]), ("x = 1", None, ["exercise:new"])),
    ],
)
def test_a_renamed_exercise_keeps_its_name(
    write: Write, cell: Cell, register: Run, shown: Any, redis: Redis, before: Any, after: Any
) -> None:
    """Known by its cell's id or source, an exercise stays itself: its events have one name."""
    write("1.ipynb", cell(before[0], before[1], tags=before[2]))
    register()
    write("1.ipynb", cell(after[0], after[1], tags=after[2]))
    assert "named 'new' in the notebooks now; its events stay under 'old'" in register().stdout
    assert _names(shown()) == [("old", False)]
    content = json.loads(redis.hget("progress-events:course-contents", "py") or b"")
    assert content["exercises"] == ["old"]
    assert content["notebooks"][0]["names"] == {"new": 0}


def test_folders_that_are_renamed_keep_their_notebooks(
    write: Write, cell: Cell, register: Run, shown: Any
) -> None:
    """Notebooks of one file name and one content are told apart by the folders that stayed."""
    question = [cell("# Q", kind="markdown"), cell("x = ..."), cell('grader.check("q1")')]
    old = [write(f"{name}/hw01/hw01.ipynb", *question) for name in ("work", "starter")]
    register()
    before = _names(shown())
    assert before == [("starter/hw01/hw01/q1", False), ("work/hw01/hw01/q1", False)]
    for path in old:
        write(f"2026/{path.parts[-3]}/hw01/hw01.ipynb", *question)
        path.unlink()
    assert "(0 new)" in register().stdout
    assert _names(shown()) == before
    assert [e["notebook"][:9] for e in shown()] == ["2026/star", "2026/work"]


def test_an_exercise_that_moved_is_the_same(
    write: Write, cell: Cell, register: Run, shown: Any
) -> None:
    """In another notebook, and with another notebook's name, an exercise stays itself."""
    path = write("1.ipynb", cell("# H", kind="markdown"), cell("x = 1"), nbformat_minor=4)
    register()
    path.rename(path.with_name("one.ipynb"))
    assert "(0 new)" in register().stdout
    assert [(e["exercise"], e["notebook"], e["retired"]) for e in shown()] == [
        ("H", "one.ipynb", False)
    ]


def test_names_of_one_notebook_may_repeat_in_another(
    write: Write, cell: Cell, register: Run, shown: Any
) -> None:
    """A grader's names and headings that repeat get their notebook's name before them."""
    check = [cell("x = ..."), cell("ok.grade('q1')"), cell("y = ..."), cell("ok.grade('q2')")]
    write("hw1.ipynb", *check)
    register()
    write("hw2.ipynb", *check)
    write("a/n.ipynb", cell("# Intro", kind="markdown"), cell("1"), cell("# A", kind="markdown"))
    write("b/n.ipynb", cell("# Intro", kind="markdown"), cell("2"))
    register()
    names = [name for name, _ in _names(shown())]
    assert names == ["a/n/Intro", "b/n/Intro", "q1", "q2", "hw2/q1", "hw2/q2"]


def test_a_lost_redis_is_healed(
    write: Write, cell: Cell, register: Run, redis: Redis, engine: Engine
) -> None:
    """What Redis lost, or has of an older registration, is published again as it was."""
    write("1.ipynb", cell("x", "a", tags=["exercise:e"]))
    register()
    keys = ("progress-events:course-contents", "progress-events:course-versions")
    before = [redis.hgetall(key) for key in keys]
    assert all(before)
    redis.flushall()
    publish_what_lacks(engine, redis)
    assert [redis.hgetall(key) for key in keys] == before


def test_two_exercises_of_one_name_change_nothing(
    write: Write, cell: Cell, register: Run, shown: Any, cellpulse: Run, tmp_path: Path
) -> None:
    """An error in one line names both places, and what was registered stays as it was."""
    write("1.ipynb", cell("x", "a", tags=["exercise:e"]))
    register("--title", "Before")
    before = shown()
    write("2.ipynb", cell("# T", kind="markdown"), cell("y", "b", tags=["exercise:e"]))
    folder = tmp_path / "course"
    result = cellpulse("course", "register", folder, "--course", "py", "--title", "After")
    assert result.exit_code == 1
    assert result.output == (
        f"cellpulse: {folder}/2.ipynb, cell 2: the exercise 'e' is in {folder}/1.ipynb, cell 1, "
        "too: give each its own name\n"
    )
    assert shown() == before
    shown_text = cellpulse("course", "show", "--course", "py").stdout
    assert shown_text.startswith("Before\n")


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (
            [
                {"nbgrader": {"grade_id": "q", "solution": True}},
                {"nbgrader": {"grade_id": "q", "solution": True}},
            ],
            "cell 2: nbgrader's grade id 'q' is cell 1's too",
        ),
        (
            [{"tags": ["exercise:a"]}, {"tags": ["exercise:b"]}, {"tags": ["exercise:a"]}],
            "cell 3: the exercise 'a' is cell 1's too",
        ),
        ([{"cellpulse": {"due": "soon"}}], "cell 1: cellpulse.due is 'soon'"),
        ([{}], "no exercise in these notebooks"),
    ],
)
def test_bad_notebooks(
    write: Write, cell: Cell, cellpulse: Run, tmp_path: Path, cells: list[Any], words: str
) -> None:
    """What is wrong within a notebook is one line with its place, and nothing is registered."""
    for metadata in cells:
        if "cellpulse" in metadata:
            metadata["tags"] = ["exercise:e"]
    write("1.ipynb", *(cell("x", **metadata) for metadata in cells))
    result = cellpulse("course", "register", tmp_path / "course", "--course", "py")
    assert result.exit_code == 1
    assert words in result.output
    assert result.output.count("\n") == 1
    assert "there is no course 'py'" in cellpulse("course", "show", "--course", "py").output


def test_two_questions_of_one_name(write: Write, cell: Cell, cellpulse: Run) -> None:
    """Two of otter's questions with answers of their own need names of their own."""
    begin = cell("# BEGIN QUESTION\nname: q1", kind="raw")
    path = write("1.ipynb", begin, cell("x"), begin, cell("y"))
    result = cellpulse("course", "register", path, "--course", "py")
    assert result.output == (
        f"cellpulse: {path}, cell 3: otter-grader's question 'q1' is cell 1's too: give each its "
        "own name\n"
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--course", " "), "--course ' ': must hold a character"),
        (("--course", "py", "--due", "e"), "--due 'e': write EXERCISE=TIME"),
        (("--course", "py", "--due", "no=2026-03-01"), "--due no: no exercise of these notebooks"),
    ],
)
def test_bad_options(
    write: Write, cell: Cell, cellpulse: Run, arguments: tuple[str, ...], words: str
) -> None:
    """A wrong option is one line that names it."""
    path = write("1.ipynb", cell("x", "a", tags=["exercise:e"]))
    result = cellpulse("course", "register", path, *arguments)
    assert result.exit_code == 1
    assert words in result.output
    assert result.output.count("\n") == 1
