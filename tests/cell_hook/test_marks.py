"""What marks an exercise or a check, in notebooks of every style."""

import json
from typing import Any

import pytest
from cellpulse_hook.marks import MarkedCell, mark_cells
from hypothesis import given
from hypothesis import strategies as st

_STYLES = ("nbgrader", "otter", "okpy", "tag", "heading", None)


def _text(*lines: str, kind: str = "markdown", **metadata: Any) -> dict[str, Any]:
    return {"cell_type": kind, "metadata": metadata, "source": "\n".join(lines)}


def _code(*lines: str, **metadata: Any) -> dict[str, Any]:
    return _text(*lines, kind="code", **metadata)


def _nbgrader(grade_id: str, *kinds: str, **more: Any) -> dict[str, Any]:
    return {"grade_id": grade_id, **dict.fromkeys(kinds, True), **more}


def _marks(*cells: Any) -> list[MarkedCell]:
    return mark_cells({"cells": list(cells), "nbformat": 4, "nbformat_minor": 4, "metadata": {}})


def _named(*cells: Any) -> list[tuple[str | None, str | None]]:
    return [(mark.exercise, mark.check) for mark in _marks(*cells)]


@pytest.mark.parametrize("schema", [{}, {"schema_version": 1}, {"schema_version": 3}])
def test_nbgrader_solution_cells_begin_exercises(schema: dict[str, int]) -> None:
    """Tests belong to the solution above; what a person grades, and a task, stands for itself."""
    marks = _marks(
        _text("# Sheet", nbgrader=_nbgrader("intro", "locked", **schema)),
        _code("import math", nbgrader=_nbgrader("setup", "locked", **schema)),
        _text("## Part A"),
        _code("def f(): ...", nbgrader=_nbgrader("f", "solution", **schema)),
        _code("f()  # try it"),
        _code("assert f()", nbgrader=_nbgrader("f-1", "grade", "locked", points=1.5, **schema)),
        _code("assert f()", nbgrader=_nbgrader("f-2", "grade", points="2", **schema)),
        _text("because", nbgrader=_nbgrader("why", "grade", "solution", points=3, **schema)),
        _text("Do something.", nbgrader=_nbgrader("own", "task", "locked", points=4, **schema)),
    )
    assert [mark.exercise for mark in marks] == [
        *(None, None, None, "f", None, "f", "f", "why", "own")
    ]
    assert [mark.key for mark in marks[5:]] == ["f-1", "f-2", "why", "own"]
    assert [mark.check for mark in marks[3:]] == [None, None, "f-1", "f-2", None, None]
    assert {mark.check_kind for mark in marks if mark.check} == {"nbgrader"}
    assert [mark.points for mark in marks[5:]] == [1.5, 2.0, 3.0, 4.0]
    assert marks[3].title == "Part A"


def test_nbgrader_solutions_in_a_row_are_one_exercise() -> None:
    """Solution cells before the same tests are one exercise, unless a heading parts them."""
    solution = {"solution": True}
    cells = [_code("", nbgrader={"grade_id": name, **solution}) for name in ("a", "b", "c")]
    test = _code("", nbgrader=_nbgrader("t", "grade"))
    assert [name for name, _ in _named(*cells[:2], test, cells[2])] == ["a", "a", "a", "c"]
    parted = _named(cells[0], _text("**Question 2.** And now?"), cells[1], test)
    assert [name for name, _ in parted] == ["a", None, "b", "b"]


def test_nbgrader_tests_alone_are_exercises() -> None:
    """A test with no solution cell above it, for imported code, is an exercise of its own."""
    tests = [_code("", nbgrader=_nbgrader(name, "grade")) for name in ("t", "u")]
    assert _named(*tests) == [("t", "t"), ("u", "u")]


@pytest.mark.parametrize("points", [-1, "many", True, None, 1e308, "inf", "nan", 10**400, [1, "x"]])
def test_points_that_the_server_would_refuse_are_none(points: object) -> None:
    """What is no number of points is not taken for one."""
    [mark] = _marks(_code("assert x", nbgrader=_nbgrader("t", "grade", points=points)))
    assert (mark.check, mark.points) == ("t", None)


def test_what_a_conversion_left_of_nbgrader_counts_for_nothing() -> None:
    """Beside a grader's questions, nbgrader's metadata counts only where it has tests."""
    answer = _code("x = ...", nbgrader=_nbgrader("q1_code", "solution"))
    check = _code('grader.check("q1")')
    assert _named(_text("## Question 1"), answer, check) == [
        *((None, None), ("q1", None), ("q1", "q1"))
    ]
    test = _code("assert x", nbgrader=_nbgrader("t", "grade"))
    assert _named(answer, test) == [("q1_code", None), ("q1_code", "t")]
    plot = _code("plot(x)", nbgrader=_nbgrader("plot", "grade", "solution", points=2))
    marks = _marks(_text("## Question 1"), answer, check, _text("## Question 2"), plot)
    assert [(mark.exercise, mark.marker, mark.points) for mark in marks[1:]] == [
        ("q1", "otter", None),
        ("q1", "otter", None),
        (None, None, None),
        ("plot", "nbgrader", 2.0),
    ]
    of_one_name = _code("x", nbgrader=_nbgrader("q1", "grade", "solution"))
    assert _named(_text("## 1"), answer, check, _text("## 2"), of_one_name)[-1] == (None, None)


def test_a_check_below_an_nbgrader_answer_is_that_exercises() -> None:
    """Where nbgrader's tests count, another grader's check joins the answer that it checks."""
    tested = [
        _code("y", nbgrader=_nbgrader("a", "solution")),
        _code("assert y", nbgrader=_nbgrader("t", "grade")),
    ]
    question = [
        _text("## Question 2"),
        _code("x = ...", nbgrader=_nbgrader("load", "solution")),
        _code("x"),
        _code('ok.grade("q2");'),
    ]
    assert _named(*tested, *question)[2:] == [
        *((None, None), ("load", None), ("load", None), ("load", "q2"))
    ]


@pytest.mark.parametrize(
    "begin",
    [
        _text("# BEGIN QUESTION", "name: q1", "points: 2", kind="raw"),
        _text("```otter", "# BEGIN QUESTION", "name: 'q1'", "points:", "  - 0", "  - 2", "```"),
        _text(
            "**Question 1.** Add.", "```", "BEGIN QUESTION", "name: q1  # it", "points: 2", "```"
        ),
        _text(
            "Add.", "<!--", "BEGIN QUESTION", "name: q1", "points: [0.5, 1.5]", "-->", "name: no"
        ),
    ],
)
def test_otters_raw_questions(begin: dict[str, Any]) -> None:
    """A question has the cells up to its end, its first test is its check, with its points."""
    raw = {"kind": "raw"}
    marks = _marks(
        _text("# ASSIGNMENT CONFIG", "name: hw01", **raw),
        begin,
        _text("# BEGIN SOLUTION", **raw),
        _code("x = 2 # SOLUTION"),
        _text("# END SOLUTION", **raw),
        _text("# BEGIN TESTS", **raw),
        _code("isinstance(x, int)"),
        _code("x == 2"),
        _text("# END TESTS", **raw),
        _text("# END QUESTION", **raw),
        _code("scratch = 1"),
    )
    assert [(m.index, m.check, m.points) for m in marks if m.exercise == "q1"] == [
        *((3, None, None), (6, "q1", 2.0), (7, None, None))
    ]
    assert {(m.marker, m.key) for m in marks if m.exercise} == {("otter", "q1")}
    assert marks[10].exercise is None


def test_otters_older_questions_end_at_the_next_text() -> None:
    """Without an end, a question has its answer and its tests, up to the next text."""
    question = _text("**Question 1.**", "```", "BEGIN QUESTION", "name: q1", "manual: true", "```")
    cells = [_code("x = 2"), _code("## Hidden Test ##", "x"), _text("Next."), _code("other")]
    assert _named(question, *cells) == [
        *((None, None), ("q1", None), ("q1", "q1"), (None, None), (None, None))
    ]


def test_otters_assigned_questions() -> None:
    """A check takes the cells above it, up to its question, or those that otter tagged."""
    first = [
        _code("import otter", 'grader = otter.Notebook("hw.ipynb")'),
        _code("print('an example')"),
        _text("**Question 1.** Set x."),
        _code("x = ..."),
        _text("Now check it."),
        _code("# grader.check('q0')", 'grader.check("q1")'),
        _code("print('a scratch cell')"),
    ]
    assert _named(*first) == [
        *([(None, None)] * 3),
        *(("q1", None), (None, None), ("q1", "q1"), (None, None)),
    ]
    tests = {"q2": {"points": None, "suites": [{"cases": [{"points": 1}, {"points": 2.5}]}]}}
    for tag in ("otter_answer_cell", "otter_assign_solution_cell"):
        answer = _code("y = ...", tags=[tag])
        cells = [*first[3:6], _code("print('an example')"), answer, _code('grader.check("q2")')]
        marks = mark_cells({"cells": cells, "metadata": {"otter": {"tests": tests}}})
        assert [mark.exercise for mark in marks] == [None, None, "q1", None, "q2", "q2"]
        assert (marks[-1].check_kind, marks[-1].points) == ("otter", 3.5)


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        ("ok.grade('q11')", "okpy"),
        ('_ = ok.grade("q11") # Warning', "okpy"),
        ("ok.grade('tests/q11.py');", "okpy"),
        ("grader.check(question='q11')", "otter"),
        ('. = ottr::check("tests/q11.R")', "otter"),
    ],
)
def test_a_check_names_its_question(call: str, kind: str) -> None:
    """The call of a check marks its cell and the answer above, in Python and in R."""
    marks = _marks(_text("# 1 Names"), _code("x = ..."), _code(call))
    assert [(m.exercise, m.marker, m.check, m.check_kind) for m in marks[1:]] == [
        *(("q11", kind, None, None), ("q11", kind, "q11", kind))
    ]
    assert marks[1].title == "1 Names"


@pytest.mark.parametrize(
    "source",
    [
        "# ok.grade('q1')",
        "other.grade('q1')",
        "ok.grade('q1'); ok.check('q2')\nok.grade('q2')",
        "_ = [ok.grade(q[:-3]) for q in tests]",
        "ok.submit()",
    ],
)
def test_what_is_no_check(source: str) -> None:
    """A call in a comment, of something else, or of all checks at once is nobody's check."""
    assert _named(_code("x = 1"), _code(source)) == [(None, None)] * 2


def test_a_check_that_is_run_again_takes_no_cells() -> None:
    """A repeated call belongs to its question, and the cells above it do not."""
    check = _code("ok.grade('q1')")
    cells = [_code("x = 1"), check, _text("# The end"), _code("print('done')"), check]
    assert [name for name, _ in _named(*cells)] == ["q1", "q1", None, None, "q1"]


def test_tags_beside_a_graders_marks() -> None:
    """A tagged practice cell is an exercise also in a graded notebook; its headings are none."""
    solution = _code("", nbgrader=_nbgrader("f", "solution"))
    tagged = _code("", tags=["exercise:warm up", "check:warm"])
    marks = _marks(_text("# Sheet"), tagged, solution, _code("scratch"))
    assert [(m.exercise, m.marker, m.key) for m in marks[1:]] == [
        *(("warm up", "tag", "check:warm"), ("f", "nbgrader", "f"), (None, None, None))
    ]
    assert (marks[1].check, marks[1].check_kind) == ("warm", "assert")


@pytest.mark.parametrize("minor", [2, 3])
def test_old_formats_have_their_cells_in_worksheets(minor: int) -> None:
    """Notebooks of the formats 2 and 3 are read too, with their heading cells."""
    sheets = [
        {"cells": [{"cell_type": "heading", "level": 1, "source": ["One"]}]},
        {"cells": [{"cell_type": "code", "input": ["print 1"], "metadata": {}}]},
    ]
    marks = mark_cells({"nbformat": minor, "worksheets": sheets})
    assert [(m.index, m.exercise, m.marker) for m in marks] == [
        *((0, "One", "heading"), (1, "One", "heading"))
    ]


def test_a_comment_holds_no_heading() -> None:
    """What a Markdown comment hides does not name an exercise."""
    assert _named(_text("# One", "<!--", "# Two", "-->"), _code(""))[1] == ("One", None)


def test_nbgraders_own_marks_are_no_headings() -> None:
    """`### BEGIN SOLUTION` and what is hidden with it names no exercise, closed or not."""
    for hidden in (["### BEGIN SOLUTION", "# No", "### END SOLUTION"], ["### BEGIN MARK SCHEME"]):
        marks = _marks(_text("# One"), _text("Why?", *hidden), _code(""))
        assert [(mark.exercise, mark.title) for mark in marks] == [("One", "One")] * 3


_KEYS = """\
cells worksheets cell_type source input metadata nbgrader tags id grade_id solution grade
otter tests suites cases points
"""
_SOURCE = """\
# One
**Question 2.**
```
<!--
-->
# BEGIN QUESTION
name: q1
points:
 - 1
# END QUESTION
# BEGIN TESTS
# END TESTS
## Test ##
ok.grade('q2')
grader.check("q1")
grader.check('q3')
x = 1

"""
_JUNK = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(_KEYS.split()), inner, max_size=5)
    ),
    max_leaves=20,
)
_LINES = st.sampled_from(_SOURCE.splitlines())
_GRADED = st.fixed_dictionaries(
    {"grade_id": st.sampled_from(["a", "b", "", " "]) | _JUNK},
    optional={name: st.booleans() for name in ("grade", "solution", "task", "locked")},
)
_TAGS = st.lists(st.sampled_from(["exercise:e", "check:c", "scratch", "exercise: "]))
_METADATA = st.fixed_dictionaries(
    {},
    optional={
        "nbgrader": _GRADED | _JUNK,
        "tags": _TAGS | _JUNK,
    },
)
_CELLS = st.fixed_dictionaries(
    {
        "cell_type": st.sampled_from(["code", "markdown", "raw", "heading"]) | _JUNK,
        "source": st.lists(_LINES, max_size=6).map("\n".join) | _JUNK,
    },
    optional={"metadata": _METADATA | _JUNK, "id": st.text(max_size=3) | _JUNK},
)


@given(st.lists(_CELLS | _JUNK, max_size=12), _JUNK)
def test_any_notebook_gets_one_mark_a_cell(cells: list[Any], metadata: Any) -> None:
    """Whatever a notebook holds, each cell gets one mark in its place, and it makes sense."""
    notebook = {"cells": cells, "metadata": metadata}
    marks = mark_cells(notebook)
    assert [mark.index for mark in marks] == list(range(len(cells)))
    for mark in marks:
        assert mark.marker in _STYLES
        assert (mark.exercise is None) == (mark.marker is None)
        assert (mark.check is None) == (mark.check_kind is None)
        assert (mark.key is None) == (mark.marker in (None, "heading") and mark.check is None)
        assert mark.exercise != ""
        assert mark.points is None or 0 <= mark.points < float("inf")
    assert len({mark.marker == "heading" for mark in marks if mark.exercise}) <= 1
    assert mark_cells(json.loads(json.dumps(notebook))) == marks


@given(_JUNK)
def test_what_is_no_notebook_has_no_cells(content: Any) -> None:
    """Any JSON at all is taken, and nothing is raised."""
    assert all(isinstance(mark, MarkedCell) for mark in mark_cells(content))
