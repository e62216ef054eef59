"""A course that a real nbgrader made: what the hook says of its notebooks, and who runs them."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.nbgrader.run import EXAMPLE, run_nbgrader

#: A busy machine takes minutes for what it else does in ten seconds.
pytestmark = pytest.mark.timeout(1200)

STUDENT = "ps1 --course py --Exchange.root=exchange"
TEACHER = f"{STUDENT} --course-dir py"
SQUARES = """
def squares(n):
    if n < 1:
        raise ValueError
    return [i * i for i in range(1, n + 1)]
"""


@pytest.fixture(scope="module")
def fetched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder where a student has fetched the example's assignment from the exchange."""
    folder = tmp_path_factory.mktemp("nbgrader")
    (folder / "exchange").mkdir()
    shutil.copytree(EXAMPLE, folder / "py" / "source")
    handing_out = (
        f"{command} {TEACHER}" for command in ("generate_assignment", "release_assignment")
    )
    run_nbgrader(folder, *handing_out, f"fetch_assignment {STUDENT}")
    return folder


def cells_of(notebook: Path) -> dict[str, str]:
    """Return the code of nbgrader's cells by their grade ids."""
    cells = nbformat.read(notebook, as_version=4).cells
    return {cell.metadata.nbgrader.grade_id: cell.source for cell in cells if is_graded(cell)}


def is_graded(cell: Any) -> bool:
    return cell.cell_type == "code" and "nbgrader" in cell.metadata


def test_a_fetched_notebook_has_exercises_and_checks_by_its_grade_ids(
    fetched: Path, start_kernel: Callable[..., Any], ingest: Any
) -> None:
    """A solved cell counts for its own grade id, and the test below it is that exercise's check."""
    notebook = fetched / "ps1" / "problem1.ipynb"
    cells = cells_of(notebook)
    kernel = start_kernel(JPY_SESSION_NAME=str(notebook))
    metadata = {"nbgrader": {"grade_id": "squares", "solution": True}}
    kernel.outputs(kernel.start(SQUARES, "solved", metadata))
    assert ingest.wait_for(type="cell_run", cell_id="solved")["exercise"] == "squares"
    kernel.run(cells["correct_squares"])
    result = ingest.wait_for(type="check_result", check_name="correct_squares")
    assert (result["exercise"], result["passed"], result["points"]) == ("squares", True, 1.0)
    kernel.run(cells["correct_sum_of_squares"])
    result = ingest.wait_for(type="check_result", check_name="correct_sum_of_squares")
    assert (result["exercise"], result["passed"]) == ("sum_of_squares", False)


def test_what_nbgrader_runs_by_itself_is_no_students_run(
    fetched: Path,
    environment_for: Callable[..., dict[str, str]],
    start_kernel: Callable[..., Any],
    ingest: Any,
    tmp_path: Path,
) -> None:
    """Validating and grading run whole notebooks, where the hook is too: nothing is recorded."""
    environment = environment_for(tmp_path, ingest.url)
    student = (f"submit {STUDENT}", "validate ps1/problem1.ipynb")
    grading = (f"collect {TEACHER}", f"autograde {TEACHER}")
    run_nbgrader(fetched, *student, *grading, environment=environment)
    assert list(fetched.glob("py/autograded/*/ps1/problem1.ipynb"))
    kernel = start_kernel()
    kernel.run("1", "by-the-student")
    assert ingest.wait_for(cell_id="by-the-student")
    assert len({event["session_id"] for event in ingest.events.values()}) == 1


def test_it_says_why_nothing_is_recorded(start_kernel: Callable[..., Any]) -> None:
    """Whoever works in such a kernel can find out."""
    status = start_kernel(NBGRADER_EXECUTION="validate").run("%cellpulse status")
    assert "nbgrader runs this notebook, not a student" in status
