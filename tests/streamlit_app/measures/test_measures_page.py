"""The Measures page: its choices in the address, numbers with their meaning, the runs behind."""

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from analytics.measures.answers import measures as all_measures
from analytics.measures.measure import measure_names
from streamlit_app.measures import page as measures
from streamlit_app.measures.choice import GROUPS, OTHERS, grouped
from streamlit_app.measures.page import ordered

Open = Callable[..., AppTest]


@pytest.fixture
def open_page(open_alone: Open) -> Open:
    """Return a function that opens the page with a query."""
    return lambda **query: open_alone("measures", **query)


@pytest.fixture(autouse=True)
def _a_class(made_up: Any) -> None:
    """Vole fails once in two runs of 1.1 and Heron never; wren runs 1.2."""
    made_up.run("wren", exercise="1.2")
    made_up.run("Vole", "error", exercise="1.1", error_name="NameError")
    made_up.run("Vole", exercise="1.1")
    made_up.run("Heron", exercise="1.1")


def test_the_number_of_the_class_has_its_unit_and_its_meaning(
    open_page: Open, text_of: Callable[..., str]
) -> None:
    """The class's value is in the strip; the header's texts stand beside, the DOI as a link."""
    text = text_of(open_page(measure="error_quotient", by="exercise"))
    assert "<dt>class · 0 to 1</dt><dd>0.25</dd>" in text
    assert "How much a student&#x27;s errors follow one another" in text
    assert '<a href="https://doi.org/10.1145/1151588.1151600" target="_blank">' in text
    for label in ("Meaning", "Formula", "Unit", "Source", "Adapted to notebooks", "Limits"):
        assert f"<dt>{label}</dt>" in text
    assert "as of " in text


def test_students_stand_in_the_order_of_the_api_not_of_their_values(
    open_page: Open, text_of: Callable[..., str]
) -> None:
    """By student, nobody is ranked; a name opens the runs behind that student's number."""
    text = text_of(open_page(measure="error_rate", by="student"))
    assert text.index(">wren</a>") < text.index(">Vole</a>") < text.index(">Heron</a>")
    link = 'href="measures?course=python-101&amp;measure=error_rate&amp;by=run&amp;student=Vole"'
    assert link in text
    assert "Error rate, 0 to 1</th>" in text


def test_too_little_data_is_never_a_zero(
    made_up: Any, open_page: Open, text_of: Callable[..., str]
) -> None:
    """Null reads as what it is; a student without a number is listed all the same."""
    made_up.too_little = {"Vole"}
    text = text_of(open_page(measure="error_rate", by="student"))
    (row,) = (part for part in text.split("<tr>") if ">Vole</a>" in part)
    assert "not enough data" in row
    assert "<b>0" not in row
    made_up.too_little = {"Vole", "Heron", "wren"}
    text = text_of(open_page(measure="error_rate", by="student"))
    assert "Not enough data for a chart." in text


def test_students_are_called_as_the_roster_calls_them(
    made_up: Any, open_page: Open, text_of: Callable[..., str]
) -> None:
    """In the rows, beside the number, in the choice and in the runs; links have the id."""
    made_up.names = {"Vole": "Vera <Olsen>"}
    text = text_of(open_page(measure="error_rate", by="student"))
    assert 'student=Vole">Vera &lt;Olsen&gt;</a>' in text
    app = open_page(measure="error_rate", by="run", student="Vole")
    assert "<dt>Vera &lt;Olsen&gt; · 0 to 1</dt>" in text_of(app)
    assert "All that Vera &lt;Olsen&gt; did" in text_of(app)
    assert "Vera <Olsen>" in app.selectbox(key="measures_student").options


def test_the_runs_behind_a_number_are_listed(open_page: Open, text_of: Callable[..., str]) -> None:
    """By run there are time, student, exercise, outcome, error and what each adds."""
    text = text_of(open_page(measure="error_rate", by="run", student="Vole"))
    table = text.partition('data-testid="runs-table"')[2]
    assert table.count("<tr>") == 3
    assert table.index('data-kind="ok"') < table.index("NameError")  # newest first
    assert 'href="student?course=python-101&amp;student=Vole"' in table
    assert "Heron" not in table
    assert "<dt>Vole · 0 to 1</dt><dd>0.50</dd>" in text
    assert "2 of 2 runs and check results" in text


def test_only_the_newest_runs_are_listed(
    made_up: Any, open_page: Open, text_of: Callable[..., str]
) -> None:
    """Of very many runs the newest 200 are listed, and how many there are is said."""
    for number in range(700):
        made_up.run("Vole", error_name=f"no-{number}-", exercise="1.3")
        made_up.run("Vole", None, type="heartbeat", exercise="1.3")
    text = text_of(open_page(measure="error_rate", by="run", exercise="1.3"))
    assert "200 of 700 runs" in text
    assert ("no-500-" in text, "no-499-" in text) == (True, False)


def test_a_very_long_table_ends(
    made_up: Any, open_page: Open, text_of: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of very many rows the first are listed, and how many there are is said."""
    monkeypatch.setattr(measures, "ROWS_SHOWN", 2)
    made_up.run("Ibis")
    text = text_of(open_page(measure="error_rate", by="student"))
    assert "The first 2 of 4 rows." in text
    assert (">Vole</a>" in text, ">Heron</a>" in text) == (True, False)


def test_all_runs_of_the_class_are_not_asked_for(
    made_up: Any, open_page: Open, text_of: Callable[..., str]
) -> None:
    """By run, a student or an exercise must be chosen first."""
    text = text_of(open_page(measure="error_rate", by="run"))
    assert "Choose a student or an exercise above" in text
    assert not any(path.endswith("/measures/error_rate") for path in made_up.asked)


def test_choices_go_into_the_address(open_page: Open, text_of: Callable[..., str]) -> None:
    """Each choice changes the address, and the numbers follow it."""
    app = open_page(measure="error_rate", by="student")
    app.selectbox(key="measures_exercise").select("1.1").run()
    assert app.query_params["exercise"] == "1.1"
    assert ">wren</a>" not in text_of(app)
    app.selectbox(key="measures_student").select("Vole").run()
    assert app.query_params["student"] == "Vole"
    assert "<dt>Vole, 1.1 · 0 to 1</dt><dd>0.50</dd>" in text_of(app)
    app.selectbox(key="measures_measure").select("time_on_task").run()
    assert app.query_params["measure"] == "time_on_task"
    assert app.query_params["student"] == "Vole"


def test_a_measures_own_parameters_are_asked_with_their_defaults(
    made_up: Any, open_page: Open
) -> None:
    """Each has an input of its type; only what differs from the default is in the address."""
    app = open_page(measure="guessing", by="course")
    within = app.number_input(key="measures_within_seconds")
    assert (within.label, within.value) == ("within seconds", 10)
    assert "rapid" in within.help
    assert made_up.own[-1] == {}
    within.set_value(20.0).run()
    assert app.query_params["within_seconds"] == "20"
    assert made_up.own[-1] == {"within_seconds": "20.0"}
    app.number_input(key="measures_within_seconds").set_value(10.0).run()
    assert "within_seconds" not in app.query_params
    app.number_input(key="measures_most_chars").set_value(5.0).run()
    app.selectbox(key="measures_measure").select("progress").run()
    assert "most_chars" not in app.query_params


def test_a_course_to_compare_with_is_one_of_those_that_may_be_read(
    made_up: Any, open_page: Open
) -> None:
    """A parameter that is a course offers the other courses."""
    made_up.courses = ["python-101", "last-year"]
    app = open_page(measure="cohort_comparison", by="course")
    assert app.selectbox(key="measures_against").options == ["last-year"]
    app.selectbox(key="measures_against").select("last-year").run()
    assert app.query_params["against"] == "last-year"
    assert made_up.own[-1] == {"against": "last-year"}


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"measure": "<b>"}, "There is no measure “&lt;b&gt;”."),
        ({"by": "section"}, "There are no rows for “section”."),
        ({"exercise": "9.9"}, "There is no exercise “9.9” in this course."),
        ({"student": "Nobody"}, "There is no student “Nobody” in this course."),
        ({"measure": "guessing", "most_chars": "many"}, "“many” is no number from 0 up"),
        ({"measure": "guessing", "most_chars": "-1"}, "“-1” is no number from 0 up"),
        ({"measure": "guessing", "most_chars": "nan"}, "“nan” is no number from 0 up"),
        ({"measure": "cohort_comparison", "against": "x"}, "does not open a course “x”"),
    ],
)
def test_what_is_not_there_is_named(
    query: dict[str, str], said: str, open_page: Open, text_of: Callable[..., str]
) -> None:
    """A wrong part of the address gives one clear sentence, the choices, and no numbers."""
    app = open_page(**query)
    text = text_of(app)
    assert text.count('data-testid="notice"') == 1
    assert said in text
    assert 'data-testid="about"' not in text
    assert app.selectbox(key="measures_measure").options


def test_a_section_that_is_not_there_is_named(
    made_up: Any, open_page: Open, text_of: Callable[..., str]
) -> None:
    """It was typed: the sentence says what it may be; the right one has numbers."""
    made_up.course_sections = ["A", "B"]
    app = open_page(measure="cohort_comparison", by="course", against_section="b")
    assert "There is no section “b” in that course; capital and small letters" in text_of(app)
    assert "no such course or student" not in text_of(app)
    app.text_input(key="measures_against_section").set_value("B").run()
    assert 'data-testid="notice"' not in text_of(app)
    assert made_up.own[-1] == {"against_section": "B"}


def test_old_numbers_are_kept_while_the_api_is_away(
    made_up: Any, open_page: Open, text_of: Callable[..., str]
) -> None:
    """The last numbers stay, with their time and an apology."""
    app = open_page(measure="error_rate", by="student")
    made_up.api_is_away = True
    app.run()
    text = text_of(app)
    assert 'data-testid="old"' in text
    assert "<dd>0.25</dd>" in text


def test_a_class_that_has_done_nothing_has_a_page(
    made_up: Any, open_page: Open, text_of: Callable[..., str]
) -> None:
    """Without any run there is no number and no table, and a sentence says why."""
    made_up.events.clear()
    made_up.students.clear()
    text = text_of(open_page(measure="error_rate", by="student"))
    assert "<dd>not enough data</dd>" in text
    assert "Nobody has run anything here yet." in text


def test_further_columns_stand_beside_the_value(
    made_up: Any, open_page: Open, text_of: Callable[..., str]
) -> None:
    """Of the class each column has its meaning; of the others they are columns; lists are not."""
    made_up.further["time_to_solve"] = {"lower": 60.0, "upper": 90.0, "pairs": 1200, "curve": [1]}
    text = text_of(open_page(measure="time_to_solve", by="course"))
    assert "<td>Lower end of the 95 % interval of the median" in text
    assert "<small>1 min to 1 min 30 s</small>" in text
    assert ">1,200</td>" in text
    assert "curve</th>" not in text
    text = text_of(open_page(measure="time_to_solve", by="exercise"))
    assert 'class="cp-number cp-wide">lower</th>' in text


@pytest.mark.parametrize("by", ["course", "exercise", "student", "student_exercise", "run"])
def test_every_way_to_ask_has_a_page(by: str, open_page: Open, made_up: Any) -> None:
    """Each grain draws, with a student and an exercise chosen or not, also outside exercises."""
    made_up.run("Vole", exercise=None)
    for chosen in ({"student": "Vole"}, {"exercise": ""}, {}):
        open_page(measure="time_on_task", by=by, **chosen)


def test_every_measure_is_offered_in_a_group() -> None:
    """No measure is left out, and none needs the group of the others today."""
    labels = grouped(all_measures().measures)
    assert set(labels) == set(measure_names()) == {n for names in GROUPS.values() for n in names}
    assert not any(label.startswith(str(OTHERS)) for label in labels.values())


def test_a_measure_of_no_group_is_offered_last() -> None:
    """A new measure's file is all that it takes to be offered."""
    measures = all_measures().measures
    new = measures[0].model_copy(update={"name": "new", "title": "New one"})
    assert list(grouped([new, *measures]).items())[-1] == ("new", "Others · New one")


def test_exercises_stand_in_the_order_of_the_course(made_up: Any) -> None:
    """Rows keep the students' order; a student's exercises follow the course, others come last."""
    rows = made_up.measure_rows("student_exercise", None, None, {})
    assert [(r.student_id, r.exercise) for r in ordered(rows, ["1.2"])] == [
        ("wren", "1.2"),
        ("Vole", "1.1"),
        ("Heron", "1.1"),
    ]
