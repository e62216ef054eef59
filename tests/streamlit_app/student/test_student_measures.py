"""The measures of the Student page: explained, opened by a link, and never a rank."""

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from streamlit_app.student import measures as student_measures
from streamlit_app.student.measures import BARS, SHOWN, spread

Open = Callable[..., AppTest]


@pytest.fixture
def open_page(open_alone: Open) -> Open:
    """Return a function that opens the Student page with a query."""
    return lambda **query: open_alone("student", **query)


def test_each_measure_has_its_meaning_and_leads_to_the_measures_page(
    made_up: Any, open_page: Open, text_of: Callable[..., str]
) -> None:
    """A number, a “?” with meaning, unit and source, and a link with this student."""
    made_up.run("Vole", "error")
    made_up.run("Vole")
    text = text_of(open_page(student="Vole")).partition('data-testid="facts"')[2]
    assert text.count("<summary") == len(SHOWN)
    assert "Unit: 0 to 1." in text
    assert "doi:10.1145/2899415.2899463" in text
    link = "measure=error_quotient&amp;by=student_exercise&amp;student=Vole"
    assert f'href="measures?course=python-101&amp;{link}"' in text
    assert ">0.50</a>" in text
    assert 'data-testid="spread"' not in text  # nobody to be compared with


def test_the_class_is_a_distribution_in_which_the_student_is_marked(
    made_up: Any, open_page: Open, text_of: Callable[..., str]
) -> None:
    """With enough of a class there are bars; no other student is named, and no place is given."""
    for number in range(6):
        made_up.run(f"other-{number}")
    made_up.run("Vole", "error")
    text = text_of(open_page(student="Vole"))
    facts = text.partition('data-testid="facts"')[2].partition('data-testid="history-table"')[0]
    assert facts.count('data-testid="spread"') == len(SHOWN)
    assert "The class is from 0.00 to 1.00, half of it between 0.00 and 0.00. Vole: 1.00." in facts
    assert "other-" not in facts


def test_a_student_without_a_number_has_not_enough_data(
    made_up: Any, open_page: Open, text_of: Callable[..., str]
) -> None:
    """Null is neither 0 nor a mark in the distribution."""
    for number in range(6):
        made_up.run(f"other-{number}")
    made_up.run("Vole")
    made_up.too_little = {"Vole"}
    facts = text_of(open_page(student="Vole")).partition('data-testid="facts"')[2]
    assert facts.count(">not enough data</a>") == len(SHOWN)
    assert "data-own" not in facts


def test_the_measures_are_not_asked_for_at_each_redraw(
    made_up: Any, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They read the whole log, so that within a minute they are asked for once."""
    made_up.run("Vole")
    app = open_page(student="Vole")
    made_up.asked.clear()
    app.run()
    assert not any("/measures" in path for path in made_up.asked)
    monkeypatch.setattr(student_measures, "ASK_SECONDS", 0)
    app.run()
    assert sum("/measures/" in path for path in made_up.asked) == len(SHOWN)


def test_measures_that_fail_leave_the_rest_of_the_page(
    made_up: Any, open_page: Open, text_of: Callable[..., str]
) -> None:
    """Where measures can't be had, a sentence stands in their card, and the history below it."""
    made_up.run("Vole", "error", error_name="NameError")
    made_up.answer_with = {"/api/v1/measures": {"measures": "many"}}
    text = text_of(open_page(student="Vole"))
    assert "that this page can&#x27;t read" in text
    assert "<b>NameError</b>" in text


def test_bars_are_as_high_as_the_class_is_many() -> None:
    """A share has the same axis each time, other units go from the lowest to the highest."""
    html = spread([0.0] * 9 + [1.0], 0.0, "0 to 1", "Vole")
    assert html.count("<i") == BARS
    assert html.count('<i data-own style="height:100%">') == 1
    assert html.endswith(
        '<p class="cp-ends" aria-hidden="true"><span>0.00</span><span>class</span>'
        "<span>1.00</span></p>"
    )
    same = spread([60.0] * 5, 60.0, "seconds", "Vole")
    assert same.count("height:100%") == 1
    wide = spread([60.0, 60.0, 60.0, 90.0, 120.0], None, "seconds", "Vole")
    assert "<span>1 min</span><span>class</span><span>2 min</span>" in wide
    assert "data-own" not in wide
    assert spread([1.0] * 4, 1.0, "0 to 1", "Vole") == ""


def test_a_name_is_only_text_in_a_picture() -> None:
    """Markup in a name stays text."""
    assert "<b>" not in spread([0.0] * 5, 0.0, "0 to 1", '"><b>')
