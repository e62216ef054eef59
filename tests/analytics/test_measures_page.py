"""The page of the measures."""

from pathlib import Path

from analytics.measures.measure import load_measure, measure_names
from analytics.measures_page import measures_page

PAGE = Path(__file__).parents[2] / "docs" / "measures.md"


def test_the_page_is_current() -> None:
    """The committed page is the one that `make docs` makes of the headers."""
    assert PAGE.read_text(encoding="utf-8") == measures_page()


def test_the_page_has_every_measure() -> None:
    """Each measure has its section with its source."""
    page = measures_page()
    for measure in map(load_measure, measure_names()):
        assert f"## {measure.title}\n`{measure.name}`" in page
        assert measure.source in page
