"""The charts and the words of measures."""

from typing import Any

import pytest

from analytics.measures.answers import definition
from analytics.measures.measure import load_measure, measure_names
from analytics.measures.responses import MeasureRow
from streamlit_app.measures.charts import by_exercise, spread, spread_by_exercise, values_frame
from streamlit_app.measures.wording import (
    NOT_ENOUGH,
    axis_unit,
    ends,
    measured,
    told,
    why,
    with_links,
)
from streamlit_app.page_parts.palette import DARK, LIGHT, Palette

ROWS = [
    MeasureRow(student_id="Vole", exercise="1.2", value=90.0),
    MeasureRow(student_id="Heron", exercise="1.1", value=None),
    MeasureRow.model_validate({"exercise": None, "value": 30.0, "lower": 15.0, "upper": 60.0}),
]


def _spec(chart: Any) -> dict[str, Any]:
    spec: dict[str, Any] = chart.to_dict()
    return spec


def test_a_number_that_lacks_is_not_drawn() -> None:
    """Null rows are left out; times are in minutes, as the axis says."""
    frame = values_frame(ROWS, "seconds", {})
    assert list(frame["value"]) == [1.5, 0.5]
    assert list(frame["exercise"]) == ["1.2", "outside exercises"]
    assert list(frame["said"]) == ["1 min 30 s", "30 s"]
    assert list(frame["lower"].fillna(-1)) == [-1, 0.25]
    assert values_frame([ROWS[1]], "runs", {}).empty


def test_exercises_have_bars_in_the_rows_order_and_intervals() -> None:
    """An interval is drawn where there is one, and the axis names its unit."""
    bars, intervals = _spec(by_exercise(values_frame(ROWS, "seconds", {}), "seconds", LIGHT))[
        "layer"
    ]
    assert bars["encoding"]["y"]["sort"] is None
    assert bars["encoding"]["x"]["title"] == "minutes"
    assert (intervals["mark"]["color"], intervals["encoding"]["x"]["field"]) == (LIGHT.ink, "lower")
    assert bars["data"] != intervals["data"]


@pytest.mark.parametrize(
    ("unit", "bins"),
    [
        ("0 to 1", {"extent": [0, 1], "step": 0.05}),
        ("difference of shares, -1 to 1", {"extent": [-1, 1], "step": 0.1}),
        ("runs", {"maxbins": 20}),
    ],
)
def test_a_distribution_has_the_same_bars_each_time(unit: str, bins: dict[str, Any]) -> None:
    """Where a unit has ends the bars and the axis stand still, whatever the values are."""
    spec = _spec(spread(values_frame(ROWS, unit, {}), unit, LIGHT))
    assert spec["encoding"]["x"]["bin"] == bins
    assert spec["encoding"]["y"]["aggregate"] == "count"
    domain = spec["encoding"]["x"].get("scale", {}).get("domain")
    assert domain == (list(ends(unit) or ()) or None)


@pytest.mark.parametrize("colours", [LIGHT, DARK])
def test_each_student_has_a_mark_in_each_exercises_row(colours: Palette) -> None:
    """Exercises stand in the order of the course, others below; half of them is a diamond."""
    frame = values_frame(ROWS, "seconds", {})
    marks, middle = _spec(spread_by_exercise(frame, ["1.1", "1.2"], "seconds", colours))["layer"]
    assert marks["encoding"]["y"]["sort"] == ["1.2", "outside exercises"]
    assert marks["mark"]["color"] == colours.usual
    assert (middle["mark"]["shape"], middle["mark"]["color"]) == ("diamond", colours.ink)


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (None, "0 to 1", str(NOT_ENOUGH)),
        (0.0, "0 to 1", "0.00"),
        (-0.25, "difference of shares, -1 to 1", "\N{MINUS SIGN}0.25"),
        (1.0, "0 (last) to 1 (first)", "1.00"),
        (12.0, "cell runs", "12"),
        (12.5, "cell runs", "12.5"),
        (12_345.0, "runs", "12,345"),
        (0.0, "seconds", "0 s"),
        (-30.0, "seconds", "\N{MINUS SIGN}30 s"),
        (-0.2, "seconds", "0 s"),
        (59.4, "seconds", "59 s"),
        (59.6, "seconds", "1 min"),
        (90.0, "seconds of work from now", "1 min 30 s"),
        (1_500.0, "seconds", "25 min"),
        (3_599.0, "seconds", "60 min"),
        (4_500.0, "seconds", "1 h 15 min"),
        (180_000.0, "seconds", "2 d 2 h"),
    ],
)
def test_numbers_are_said_in_their_unit(value: float | None, unit: str, said: str) -> None:
    """Shares have two places, counts as many as they need, times are words."""
    assert measured(value, unit) == said


@pytest.mark.parametrize(
    ("name", "value", "unit", "said"),
    [
        ("pairs", 1200, "seconds", "1,200"),
        ("half_cap", 60.0, "seconds", "1 min"),
        ("resolve_seconds", 90, "0 to 1", "1 min 30 s"),
        ("rate", 0.5, "0 to 1", "0.50"),
        ("solved_by", "check", "0 to 1", "a check"),
        ("solved_by", "of a later version", "0 to 1", "of a later version"),
        ("points", 2.0, "0 to 1", "2"),
        ("points_possible", 2.5, "0 to 1", "2.5"),
        ("met_at", "2026-11-24T09:00:00Z", "seconds", "24 Nov 09:00:00"),
        ("met_at", "some day", "seconds", "some day"),
        ("curve", [1], "seconds", ""),
        ("lower", None, "seconds", ""),
    ],
)
def test_further_columns_are_said_by_what_they_are(
    name: str, value: Any, unit: str, said: str
) -> None:
    """Counts, times, shares and words; what is no single value is left out."""
    assert told(name, value, unit) == said


def test_a_doi_is_a_link_whatever_stands_in_it() -> None:
    """Brackets and signs in a DOI belong to it, the sentence's own signs don't."""
    html = with_links(load_measure("cohort_comparison").source)
    assert 'href="https://doi.org/10.1002/(SICI)1097-0258(19980430)17:8%3C873::AID-SIM779' in html
    assert with_links("A & B, doi:10.1/x; C, doi:10.2/y.").count("<a ") == 2
    assert ">doi:10.1/x</a>; C" in with_links("A & B, doi:10.1/x; C")


@pytest.mark.parametrize("name", measure_names())
def test_every_measure_can_be_shown_and_explained(name: str) -> None:
    """Each unit has an axis and words, each “?” its meaning, unit and source."""
    measure = definition(load_measure(name))
    assert axis_unit(measure.unit)[0]
    assert measured(0.5, measure.unit)
    html = why(measure)
    assert f"What is “{measure.title}”?" in html
    assert "Unit: " in html
    assert "Source: " in html
