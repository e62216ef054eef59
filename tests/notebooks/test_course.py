"""The sample course: valid notebooks, and exercises that fail until they are solved."""

import re
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode

COURSE = Path(__file__).parents[2] / "notebooks" / "course"
NOTEBOOKS = sorted(COURSE.glob("*.ipynb"))
SOLUTIONS = {
    "1.1": 'left = "tea"\nright = "coffee"\nspare = left\nleft = right\nright = spare',
    "1.2": (
        "cookies = 50\nchildren = 8\n"
        "each = cookies // children\nleft_over = cookies - each * children"
    ),
    "1.3": 'price = "15"\nshipping = 4\ntotal = int(price) + shipping',
    "1.4": "celsius = 21.5\nfahrenheit = celsius * 9 / 5 + 32",
    "2.1": 'name = "Amina"\ngreeting = f"Hello, {name}!"',
    "2.2": (
        'given_name = "Mei"\nfamily_name = "Tanaka"\n'
        'initials = given_name[0] + "." + family_name[0] + "."'
    ),
    "2.3": 'answer = "  Yes Please "\ntidy = answer.strip().lower()',
    "2.4": 'card = "4929123456789010"\nhidden = "*" * (len(card) - 4) + card[-4:]',
    "3.1": "distances = [12, 7, 15, 9]\ntotal = 0\nfor km in distances:\n    total = total + km",
    "3.2": (
        "temperatures = [18, 22, 20, 25, 19, 21, 16]\nwarm_days = 0\n"
        "for degrees in temperatures:\n    if degrees > 20:\n        warm_days = warm_days + 1"
    ),
    "3.3": "table = []\nfor number in range(1, 11):\n    table.append(7 * number)",
    "3.4": (
        'words = ["sun", "mountain", "river", "forest"]\nlongest = ""\n'
        "for word in words:\n    if len(word) > len(longest):\n        longest = word"
    ),
}
#: An exercise that is handed out broken on purpose, and what Python says to it.
BROKEN_ON_PURPOSE = {"1.3": "TypeError"}

Execute = Callable[[NotebookNode], NotebookNode]

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def read(path: Path) -> NotebookNode:
    """Read a notebook of the course."""
    return nbformat.read(path, as_version=nbformat.NO_CONVERT)


def exercise_of(cell: NotebookNode) -> str | None:
    """Return the exercise that a cell's tag names."""
    tags = cell.metadata.get("tags", [])
    return next((t.removeprefix("exercise:") for t in tags if t.startswith("exercise:")), None)


def check_of(cell: NotebookNode) -> str | None:
    """Return the check that a cell's tag names."""
    tags = cell.metadata.get("tags", [])
    return next((t.removeprefix("check:") for t in tags if t.startswith("check:")), None)


def error_of(cell: NotebookNode) -> tuple[str, str] | None:
    """Return the name and the message of the error that a cell ended in."""
    errors = [(o.ename, o.evalue) for o in cell.outputs if o.output_type == "error"]
    return errors[0] if errors else None


@pytest.fixture
def execute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Execute:
    """Return a function that runs a notebook in a real kernel, from top to bottom."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))

    def run(notebook: NotebookNode) -> NotebookNode:
        return NotebookClient(
            notebook, kernel_name="python3", timeout=60, allow_errors=True
        ).execute()

    return run


def test_course_has_three_notebooks() -> None:
    """The course is its three notebooks, in the order of their names."""
    assert [path.name for path in NOTEBOOKS] == [
        "01-values.ipynb",
        "02-strings.ipynb",
        "03-loops.ipynb",
    ]


@each_notebook
def test_notebook_is_valid_and_clean(path: Path) -> None:
    """A notebook is valid nbformat 4.5 for a Python 3 kernel and holds no result of a run."""
    notebook = read(path)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert notebook.metadata.kernelspec.name == "python3"
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert (cell.outputs, cell.execution_count) == ([], None)


def test_cell_ids_are_unique_in_the_course() -> None:
    """No two cells of the course share an id, and each id can be read."""
    ids = [cell.id for path in NOTEBOOKS for cell in read(path).cells]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z0-9-]{5,}", cell_id) for cell_id in ids)


def test_exercises_are_tagged_once_and_in_order() -> None:
    """Exercise N.M is the M-th of notebook N: a heading, one cell, and its check below."""
    numbers = []
    for path in NOTEBOOKS:
        cells = read(path).cells
        for above, cell, below in zip(cells, cells[1:], cells[2:], strict=False):
            exercise = exercise_of(cell)
            if exercise and not check_of(cell):
                numbers.append((path.name[:2], exercise))
                assert above.source.startswith(f"## {exercise} ")
                assert cell.metadata.tags == [f"exercise:{exercise}"]
                assert below.metadata.tags == [f"exercise:{exercise}", f"check:{exercise}"]
        assert len([cell for cell in cells if check_of(cell)]) == 4
    assert numbers == [(f"0{n}", f"{n}.{m}") for n in (1, 2, 3) for m in (1, 2, 3, 4)]


@each_notebook
def test_notebook_ends_with_room_for_experiments(path: Path) -> None:
    """The last two cells are the heading for own experiments and a cell without a tag."""
    heading, scratch = read(path).cells[-2:]
    assert heading.source.startswith("## Your own experiments\n")
    assert scratch.cell_type == "code"
    assert "tags" not in scratch.metadata


@each_notebook
def test_unsolved_notebook_fails_in_its_checks_only(path: Path, execute: Execute) -> None:
    """Handed out, every example runs, and every check fails with a hint until it is solved."""
    for cell in execute(read(path)).cells:
        if cell.cell_type != "code":
            continue
        exercise, check, error = exercise_of(cell), check_of(cell), error_of(cell)
        if check in BROKEN_ON_PURPOSE:
            assert error is not None
            assert error[0] == "NameError"
        elif check:
            assert error is not None
            assert error[0] == "AssertionError"
            assert len(error[1]) > 20
        else:
            assert (error and error[0]) == BROKEN_ON_PURPOSE.get(exercise or "")


@each_notebook
def test_solved_notebook_runs_without_an_error(path: Path, execute: Execute) -> None:
    """With a solution in each exercise, every check passes and shows nothing."""
    notebook = read(path)
    for cell in notebook.cells:
        exercise = exercise_of(cell)
        if exercise and not check_of(cell):
            cell.source = SOLUTIONS[exercise]
    for cell in execute(notebook).cells:
        if cell.cell_type == "code":
            assert error_of(cell) is None
        if check_of(cell):
            assert cell.outputs == []
