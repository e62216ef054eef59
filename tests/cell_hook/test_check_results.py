"""Notebooks of each kind of check, run in real kernels."""

import hashlib
import json
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from ingest_api.events import ProgressEvent

#: The calls of otter-grader and of okpy that notebooks make, otter's with its use of the caller's
#: variables. Neither package is among what the tests install: each brings a hundred others, or
#: versions that contradict ours.
OTTER = """
    import inspect

    class Result:
        def __init__(self, question, passed):
            self.question, self.passed_all = question, passed
            self.score, self.possible = 2 * passed, 2

        def __repr__(self):
            return f"{self.question} results: {self.passed_all}"

    def logs(method):
        return lambda *args, **named: method(*args, **named)

    class Notebook:
        @logs
        def check(self, question, global_env=None):
            if global_env is None:
                global_env = inspect.currentframe().f_back.f_back.f_globals
            return Result(question, global_env[question] == 42)

        @logs
        def check_all(self):
            global_env = inspect.currentframe().f_back.f_back.f_globals
            return [self.check(question, global_env) for question in ("q1", "q2")]
"""
OKPY_ASSIGNMENT = """
    class Assignment:
        def grade(self, question):
            import __main__
            passed = __main__.__dict__.get(question) == 42
            return {"passed": int(passed), "failed": int(not passed), "locked": 0}
"""
OKPY_NOTEBOOK = """
    from client.api.assignment import Assignment

    class Notebook:
        def __init__(self, _file):
            self.assignment = Assignment()

        def grade(self, *questions):
            return self.assignment.grade(*questions)

        def grade_all(self):
            for question in ("q1", "q2"):
                self.assignment.grade(question)
"""


def _code(cell_id: str | None, source: str, **metadata: Any) -> dict[str, Any]:
    identity = {"id": cell_id} if cell_id else {}
    return {**identity, "cell_type": "code", "metadata": metadata, "source": source}


def _test(cell_id: str | None, source: str, points: float = 2) -> dict[str, Any]:
    nbgrader = {
        "schema_version": 3,
        "grade": True,
        "solution": False,
        "locked": True,
        "grade_id": f"test-{cell_id}",
        "points": points,
        "cell_type": "code",
    }
    return _code(cell_id, source, nbgrader=nbgrader)


def _solution(grade_id: str) -> dict[str, Any]:
    nbgrader = {
        "schema_version": 3,
        "grade": False,
        "solution": True,
        "locked": False,
        "grade_id": grade_id,
    }
    return _code("solution", "x = 1", nbgrader=nbgrader)


@pytest.fixture(name="classroom_of")
def _classroom_of(start_kernel: Any, tmp_path: Path) -> Any:
    """Return a starter of a kernel for a notebook of these cells, which runs them by their id."""

    def start(*cells: dict[str, Any], **environment: str) -> Any:
        notebook = tmp_path / "n.ipynb"
        notebook.write_text(json.dumps({"cells": cells, "nbformat": 4, "nbformat_minor": 5}))
        kernel = start_kernel(JPY_SESSION_NAME=str(notebook), **environment)
        source = {cell.get("id"): cell["source"] for cell in cells}

        def run(cell_id: str) -> str:
            shown: str = kernel.run(source[cell_id], cell_id)
            return shown

        return kernel, run

    return start


def _results(ingest: Any, last: str) -> list[tuple[Any, ...]]:
    """Return name, passed, points, points possible, exercise and cell of each result in order."""
    ingest.wait_for(type="cell_run", cell_id=last)
    results = ingest.find(type="check_result")
    for result in results:
        assert ProgressEvent.model_validate(result).extra in (
            None,
            {"exercise_by": result.get("exercise_by")},
        )
    names = ("check_name", "passed", "points", "points_possible", "exercise", "cell_id")
    return [tuple(result.get(name) for name in names) for result in results]


def test_an_nbgrader_notebook(classroom_of: Any, ingest: Any) -> None:
    """Each run of a locked test gives its points by nbgrader's rule; nothing else shows a result.

    The text on stderr is not sent.
    """
    cells = {
        "all": "assert x == 1",
        "error": "assert x == 2",
        "part": "0.5",
        "warns": "import warnings\nwarnings.warn('a secret')\n2",
        "caught": "%run missing_file.py",
        "syntax": "x = = 1",
        "text": "'not a number'",
        "quiet": "0.5;",
        "elsewhere": "import contextlib, io, sys\nwith contextlib.redirect_stderr(io.StringIO()):\n"
        "    print('x', file=sys.stderr)",
    }
    kernel, run = classroom_of(
        _solution("sum"), *(_test(cell_id, source) for cell_id, source in cells.items())
    )
    run("solution")
    for cell_id in cells:
        run(cell_id)
    kernel.run("pass", "last")
    points = {"part": 0.5, **dict.fromkeys(("error", "warns", "caught", "syntax"), 0)}
    expected = [
        (f"test-{cell_id}", points.get(cell_id, 2) == 2, points.get(cell_id, 2), 2, "sum", cell_id)
        for cell_id in cells
    ]
    assert _results(ingest, "last") == expected
    assert "secret" not in json.dumps(ingest.requests)
    for name in ("sys.stderr.write", "get_ipython()._showtraceback"):
        assert "hearing" not in kernel.run(name, store_history=False)


def test_a_locked_test_is_known_without_an_id(
    start_kernel: Any, ingest: Any, tmp_path: Path
) -> None:
    """In a notebook before format 4.5 a test is known by its code, and so is its exercise."""
    cells = [_solution("sum"), _test(None, "assert x == 1\n")]
    del cells[0]["id"]
    notebook = tmp_path / "n.ipynb"
    notebook.write_text(json.dumps({"cells": cells, "nbformat": 4, "nbformat_minor": 2}))
    kernel = start_kernel(JPY_SESSION_NAME=str(notebook))
    kernel.run("x = 1", "made-up-1")
    kernel.run("assert x == 1\n", "made-up-2")
    kernel.run("assert x == 1", "made-up-3")
    assert _results(ingest, "made-up-3") == [("test-None", True, 2, 2, "sum", "made-up-2")]
    assert ingest.find(cell_id="made-up-1")[0]["exercise"] == "sum"
    code_sha256 = hashlib.sha256(b"assert x == 1\n").hexdigest()
    assert {e["code_sha256"] for e in ingest.find(cell_id="made-up-2")} == {code_sha256}


def test_an_otter_notebook(classroom_of: Any, ingest: Any, tmp_path: Path) -> None:
    """Each check's result is sent as otter returned it, for its question, also of all at once."""
    (tmp_path / "otter.py").write_text(dedent(OTTER))
    _, run = classroom_of(
        _code("start", "import otter\ngrader = otter.Notebook()"),
        _code("a1", "q1 = 42"),
        _code("c1", "grader.check('q1')"),
        _code("a2", "q2 = 41"),
        _code("c2", "grader.check('q2')"),
        _code("all", "grader.check_all()"),
        _code("missing", "grader.check('q3')"),
    )
    for cell_id in ("start", "a1"):
        run(cell_id)
    assert run("c1") == "q1 results: True"
    for cell_id in ("a2", "c2", "all"):
        run(cell_id)
    shown = run("missing")
    assert "KeyError" in shown
    assert "cellpulse" not in shown
    passed, failed = ("q1", True, 2, 2, "q1"), ("q2", False, 0, 2, "q2")
    assert _results(ingest, "missing") == [
        (*passed, "c1"),
        (*failed, "c2"),
        (*passed, "all"),
        (*failed, "all"),
    ]


def test_an_okpy_notebook(classroom_of: Any, ingest: Any, tmp_path: Path) -> None:
    """Each grading's result is sent as okpy counted it, for its question, also of all at once."""
    api = tmp_path / "client" / "api"
    api.mkdir(parents=True)
    (api / "assignment.py").write_text(dedent(OKPY_ASSIGNMENT))
    (api / "notebook.py").write_text(dedent(OKPY_NOTEBOOK))
    _, run = classroom_of(
        _code("start", "from client.api.notebook import Notebook\nok = Notebook('lab.ok')"),
        _code("a1", "q1 = 42"),
        _code("c1", "_ = ok.grade('q1')"),
        _code("a2", "q2 = 41"),
        _code("c2", "ok.grade('q2')"),
        _code("all", "ok.grade_all()"),
    )
    for cell_id in ("start", "a1", "c1", "a2"):
        run(cell_id)
    assert run("c2") == "{'passed': 0, 'failed': 1, 'locked': 0}"
    run("all")
    passed, failed = ("q1", True, None, None, "q1"), ("q2", False, None, None, "q2")
    assert _results(ingest, "all") == [
        (*passed, "c1"),
        (*failed, "c2"),
        (*passed, "all"),
        (*failed, "all"),
    ]


def test_a_notebook_that_checks_by_itself(classroom_of: Any, ingest: Any) -> None:
    """`cellpulse_hook.check` reports for the exercise of its cell, and breaks no notebook."""
    kernel, run = classroom_of(
        _code("import", "from cellpulse_hook import check"),
        _code(
            "c", "check('sum', 3 == 3, 1, 2)\ncheck('odd', [], object(), -1)", tags=["exercise:1"]
        ),
        _code("outside", "check(' product ', True)"),
        _code("wrong", "check('', True)"),
        _code("wronger", "check(3, True)"),
        _code("last", "pass"),
    )
    assert [run(cell_id) for cell_id in ("import", "c", "outside")] == ["", "", ""]
    assert "ValueError" in run("wrong")
    assert "TypeError" in run("wronger")
    kernel.run("%cellpulse pause")
    run("outside")
    kernel.run("%cellpulse resume")
    kernel.run("%unload_ext cellpulse_hook")
    run("outside")
    kernel.run("%load_ext cellpulse_hook")
    kernel.run("check('between', False)", store_history=False)
    run("last")
    assert _results(ingest, "last") == [
        ("sum", True, 1, 2, "1", "c"),
        ("odd", False, None, None, "1", "c"),
        ("product", True, None, None, None, "outside"),
        ("between", False, None, None, None, None),
    ]


def test_without_the_hook_a_check_does_nothing(start_kernel: Any, ingest: Any) -> None:
    """Where the hook does not run, `cellpulse_hook.check` returns nothing and shows nothing."""
    kernel = start_kernel(CELLPULSE_URL="")
    assert kernel.run("import cellpulse_hook\ncellpulse_hook.check('sum', True)") == ""
    assert "ValueError" in kernel.run("cellpulse_hook.check(' ', True)")
    kernel.close()
    assert ingest.requests == []


def test_output_that_is_sent_is_scored_too(classroom_of: Any, ingest: Any) -> None:
    """With the output agreed to, a test's stderr is sent and gives no points."""
    kernel, run = classroom_of(
        _test("warns", "import sys\nprint('out')\nprint('err', file=sys.stderr)\n2"),
        CELLPULSE_SEND_OUTPUT="1",
    )
    run("warns")
    kernel.run("pass", "last")
    assert [result[1:4] for result in _results(ingest, "last")] == [(False, 0, 2)]
    assert ingest.find(type="cell_run", cell_id="warns")[0]["output"] == "out\nerr\n2"
