"""Exercises by the questions and checks of otter-grader, and by the checks of okpy."""

from __future__ import annotations

import re
from typing import Any, NamedTuple, Optional

from cellpulse_hook.mark import Mark, read_points
from cellpulse_hook.notebook_cells import Cell

_OTTER = "otter"
_OKPY = "okpy"
#: The students' notebook has the first, the instructor's the second too.
_ANSWER_TAGS = frozenset(("otter_answer_cell", "otter_assign_solution_cell"))

_CALL = re.compile(
    r"^[ \t]*(?:[\w.]+[ \t]*(?:=|<-)[ \t]*)?(?:(?:display|print)\([ \t]*)?"
    r"(?P<object>\w+)(?:\.|::)(?P<call>check|grade)\([ \t]*(?:question[ \t]*=[ \t]*)?"
    r"(?P<quote>['\"])(?P<name>[^'\"\n]+)(?P=quote)",
    re.MULTILINE,
)
_OBJECT = re.compile(r"^[ \t]*(\w+)[ \t]*=[ \t]*(otter\.)?Notebook\(", re.MULTILINE)
_TEST_FILE = re.compile(r"(?:.*[/\\])?([^/\\]+)\.(?:py|ok|R|r)$")

_BEGIN = re.compile(r"^[ \t]*(?:<!--[ \t]*)?#?[ \t]*BEGIN QUESTION\b", re.IGNORECASE | re.MULTILINE)
_END = re.compile(r"^[ \t]*(?:<!--[ \t]*)?#?[ \t]*END QUESTION\b", re.IGNORECASE | re.MULTILINE)
_TESTS = re.compile(r"[ \t]*#[ \t]*(BEGIN|END) TESTS\b", re.IGNORECASE)
_TEST_CELL = re.compile(r"[ \t]*#+[ \t]*(?:hidden[ \t]+)?test[ \t]*#*", re.IGNORECASE)
_SETTING = re.compile(r"^([ \t]*)#?[ \t]?(\w+)[ \t]*:[ \t]*(.*)$")
_ITEM = re.compile(r"^[ \t]*#?[ \t]*-[ \t]*(.*)$")
_END_OF_SETTINGS = ("```", "~~~", "-->")


class Question(NamedTuple):
    """A question as a cell declares it."""

    place: int
    name: str
    points: Optional[float]


def mark_questions(cells: list[Cell], notebook: Any) -> dict[int, Mark]:
    """Return the marks by the cells' places.

    A declared question (`BEGIN QUESTION` with its `name`, in a raw cell, in a block of code or in
    a comment of a Markdown cell) has the code cells up to its `END QUESTION`, else up to its
    check, else up to the next text. A check that no declared question has (`grader.check("q1")`,
    `ok.grade("q1")`) has the code cells above it up to the last question's text, and no more than
    up to the check before.
    """
    checks = _checks(cells)
    marks: dict[int, Mark] = {}
    declared = read_declared(cells)
    points = _points_by_name(notebook)
    points.update({q.name: q.points for q in declared if q.points is not None})
    for question, following in zip(declared, [*declared[1:], None]):  # noqa: B905 - Python 3.9
        last = following.place if following is not None else len(cells)
        _mark_declared(cells[question.place + 1 : last], question.name, points, checks, marks)
    _mark_undeclared(cells, points, checks, marks)
    return marks


def _checks(cells: list[Cell]) -> dict[int, tuple[str, str]]:
    """Return the marker and the name of each cell that calls one check."""
    objects = {"grader": _OTTER, "ottr": _OTTER, "ok": _OKPY}
    for cell in cells:
        if cell.kind == "code":
            for name, otter in _OBJECT.findall(cell.source):
                objects.setdefault(name, _OTTER if otter else _OKPY)
    checks = {}
    for cell in cells:
        if cell.kind != "code":
            continue
        called = {
            (objects[found["object"]], check_name(found["name"]))
            for found in _CALL.finditer(cell.source)
            if found["call"] == ("check" if objects.get(found["object"]) == _OTTER else "grade")
            and found["object"] in objects
        }
        # A cell that runs several checks is the last one of a notebook, and nobody's.
        if len(called) == 1:
            checks[cell.place] = called.pop()
    return checks


def check_name(argument: str) -> str:
    """Return the name of the check that a call names, by itself or by the path of its file."""
    file = _TEST_FILE.match(argument)
    return (file.group(1) if file else argument).strip()


def read_declared(cells: list[Cell]) -> list[Question]:
    """Return the questions that raw and Markdown cells declare, in their order."""
    questions = []
    for cell in cells:
        if cell.kind in ("raw", "markdown"):
            for begin in _BEGIN.finditer(cell.source):
                settings = _settings(cell.source[begin.end() :])
                name = settings.get("name")
                if isinstance(name, str) and name:
                    question = Question(cell.place, name, read_points(settings.get("points")))
                    questions.append(question)
    return questions


def _settings(text: str) -> dict[str, Any]:
    """Return the settings of a question, which are a little YAML, up to the end of their block."""
    settings: dict[str, Any] = {}
    name = ""
    for line in text.splitlines()[1:]:
        if line.strip().startswith(_END_OF_SETTINGS):
            break
        setting, item = _SETTING.match(line), _ITEM.match(line)
        if item and isinstance(settings.get(name), list):
            settings[name].append(_scalar(item.group(1)))
        elif setting and not setting.group(1):
            name, value = setting.group(2), setting.group(3).strip()
            settings[name] = _value(value)
    return settings


def _value(text: str) -> Any:
    if not text:
        return []
    if text.startswith("[") and text.endswith("]"):
        return [_scalar(part) for part in text[1:-1].split(",") if part.strip()]
    return _scalar(text)


def _scalar(text: str) -> str:
    text = re.split(r"[ \t]+#", text, maxsplit=1)[0].strip()
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "'\""
    return text[1:-1] if quoted else text


def _points_by_name(notebook: Any) -> dict[str, Optional[float]]:
    """Return the points of the tests that otter keeps in the notebook's own metadata."""
    points: dict[str, Optional[float]] = {}
    found = notebook
    for name in ("metadata", "otter", "tests"):
        found = found.get(name) if isinstance(found, dict) else None
    for name, test in (found if isinstance(found, dict) else {}).items():
        if isinstance(test, dict):
            total = read_points(test.get("points"))
            points[str(name)] = total if total is not None else _points_of_cases(test)
    return points


def _points_of_cases(test: dict[str, Any]) -> Optional[float]:
    suites = test.get("suites")
    cases: list[Any] = []
    for suite in suites if isinstance(suites, list) else []:
        found = suite.get("cases") if isinstance(suite, dict) else None
        cases.extend(found if isinstance(found, list) else [])
    return read_points([case.get("points") if isinstance(case, dict) else None for case in cases])


def _mark_declared(
    below: list[Cell],
    name: str,
    points: dict[str, Optional[float]],
    checks: dict[int, tuple[str, str]],
    marks: dict[int, Mark],
) -> None:
    """Mark the cells of a declared question; `below` are those up to the next one."""
    ends = [at for at, cell in enumerate(below) if cell.kind != "code" and _END.search(cell.source)]
    own = [at for at, cell in enumerate(below) if checks.get(cell.place, ("", ""))[1] == name]
    if ends:
        inside = below[: ends[0]]
    elif own:
        inside = below[: own[0] + 1]
    else:
        inside = _up_to_the_next_text(below)
    tests = _tests(inside)
    has_check = False
    code = [cell for cell in inside if cell.kind == "code"]
    for cell in code:
        check = checks.get(cell.place)
        if check is None and own:
            marks[cell.place] = Mark(name, _OTTER, name)
        elif check is not None and check[1] == name:
            marks[cell.place] = Mark(name, check[0], name, name, points=points.get(name))
            has_check = True
        elif not has_check and (cell.place in tests or (not tests and cell is code[0])):
            # An instructor's own notebook has the tests where the students' has the check; an
            # answer without tests is graded by a person, and its points are the answer's.
            has_check = True
            tested = name if cell.place in tests else None
            marks[cell.place] = Mark(name, _OTTER, name, tested, points=points.get(name))
        elif check is None:
            marks[cell.place] = Mark(name, _OTTER, name)


def _up_to_the_next_text(below: list[Cell]) -> list[Cell]:
    """Return the cells up to the text after the first code; none of them after a title."""
    inside: list[Cell] = []
    for cell in below:
        has_code = bool(inside) and inside[-1].kind == "code"
        if cell.kind != "code" and (has_code or cell.title is not None):
            break
        inside.append(cell)
    return inside


def _tests(inside: list[Cell]) -> set[int]:
    found = set()
    within = False
    for cell in inside:
        edge = _TESTS.match(cell.source) if cell.kind == "raw" else None
        if edge:
            within = edge.group(1).upper() == "BEGIN"
        elif cell.kind == "code" and (within or _TEST_CELL.match(cell.source.partition("\n")[0])):
            found.add(cell.place)
    return found


def _mark_undeclared(
    cells: list[Cell],
    points: dict[str, Optional[float]],
    checks: dict[int, tuple[str, str]],
    marks: dict[int, Mark],
) -> None:
    """Mark each check that no declared question has, and the cells above that it is for."""
    has_answer_tags = any(_ANSWER_TAGS.intersection(cell.tags) for cell in cells)
    named = {mark.exercise for mark in marks.values()}
    begin = 0
    for cell in cells:
        if cell.place in marks:
            begin = cell.place + 1
        if cell.place in marks or cell.place not in checks:
            continue
        marker, name = checks[cell.place]
        # A check that is run again later is no second answer.
        answers = _answers(cells[begin : cell.place]) if name not in named else []
        for answer in answers:
            if not has_answer_tags or _ANSWER_TAGS.intersection(answer.tags):
                marks[answer.place] = Mark(name, marker, name)
        marks[cell.place] = Mark(name, marker, name, name, points=points.get(name))
        named.add(name)
        begin = cell.place + 1


def _answers(above: list[Cell]) -> list[Cell]:
    """Return the code cells below the last question, or else below the last text before them."""
    codes = [at for at, cell in enumerate(above) if cell.kind == "code"]
    if not codes:
        return []
    texts = [at for at, cell in enumerate(above) if cell.kind != "code" and at < codes[-1]]
    questions = [at for at in texts if above[at].title is not None]
    start = (questions or texts or [-1])[-1]
    return [cell for cell in above[start + 1 :] if cell.kind == "code"]
