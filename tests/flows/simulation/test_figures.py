"""The figures that docs/simulation.md sets beside published ones."""

from pathlib import Path

import pytest

from flows.course.sample import SAMPLE_COURSE
from flows.simulation.figures import SEED, STUDENTS, figures
from flows.simulation.truth import simulated_class

DOC = Path(__file__).parents[3] / "docs" / "simulation.md"
#: Broad bands: a class outside of them no longer looks like a first programming lesson.
BANDS = {
    "share of runs that failed": (0.2, 0.4),
    "share of errors: SyntaxError": (0.1, 0.4),
    "share of errors: IndentationError": (0.01, 0.15),
    "share of errors: NameError": (0.1, 0.4),
    "share of errors: TypeError": (0.1, 0.4),
    "share of errors: AssertionError (a check)": (0.05, 0.3),
    "median seconds between runs": (15, 60),
    "share of runs within 30 s of the one before": (0.3, 0.7),
    "mean error quotient of a student and exercise": (0.02, 0.4),
    "median runs of a student and exercise": (2, 6),
}


@pytest.mark.parametrize("seed", [5, 6])
def test_class_looks_like_a_lesson(course_dir: Path, seed: int) -> None:
    """A class of another seed than the documented one has every figure within its band."""
    events, _ = simulated_class(seed, course_dir=course_dir, students=60)
    values = figures(events)
    assert values.keys() == BANDS.keys()
    for name, (low, high) in BANDS.items():
        assert low <= values[name] <= high, name


def test_document_tells_what_the_model_gives() -> None:
    """The documented values are those of the documented class."""
    values = figures(simulated_class(SEED, course_dir=SAMPLE_COURSE, students=STUDENTS)[0])
    shares = [f"{value:.2f}" for name, value in values.items() if name.startswith("share")]
    rows = [line for line in DOC.read_text(encoding="utf-8").splitlines() if "|" in line]
    simulated = " ".join(row.rsplit("|", 2)[1] for row in rows)
    assert [share for share in shares if share not in simulated] == []
    assert f"{values['median seconds between runs']:.0f} s" in simulated
    assert f"{values['mean error quotient of a student and exercise']:.2f}" in simulated
