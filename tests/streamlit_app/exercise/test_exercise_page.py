"""The Exercise page: how far the class is with one exercise, and what holds it up."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from analytics.attention.examples import ATTENTION, ERROR_CLUSTERS
from analytics.attention.responses import ClusterMessage
from analytics.code_groups.examples import CODE_GROUPS
from analytics.measures.responses import MeasureRow
from analytics.responses import TimelineBucket
from streamlit_app.exercise.charts import curve_frame, funnel, solved_after
from streamlit_app.exercise.exercise_table import exercise_table
from streamlit_app.exercise.tables import (
    attempts_table,
    busy,
    quarters_table,
    shared_code,
    states_frame,
    states_table,
)
from streamlit_app.page_parts.palette import DARK, LIGHT, Palette

Open = Callable[..., AppTest]
PROGRESS = {"pairs": 5, "started": 4, "attempted": 3, "solved": 2, "solved_by": "check"}
CURVE = [
    {"seconds": 60.0, "unsolved": 0.5, "lower": 0.25, "upper": 0.75},
    {"seconds": 120, "unsolved": 0.0, "lower": None, "upper": None},
]


@pytest.fixture
def open_page(open_alone: Open) -> Open:
    """Return a function that opens the page with a query."""
    return lambda **query: open_alone("exercise", **query)


@pytest.fixture(autouse=True)
def _a_class(made_up: Any) -> None:
    """Vole fails once at 1.1, Heron passes its check, wren runs 1.2."""
    made_up.run("Vole", "error", exercise="1.1", error_name="NameError")
    made_up.run("Heron", exercise="1.1")
    made_up.run("Heron", None, type="check_result", passed=True, exercise="1.1")
    made_up.run("wren", exercise="1.2")
    made_up.further = {"progress": PROGRESS, "time_to_solve": {"curve": CURVE}}


def test_an_exercise_has_its_numbers_and_its_funnel(
    open_page: Open, text_of: Callable[..., str]
) -> None:
    """The strip, the states, the times, the runs and the measures are of this exercise."""
    text = text_of(open_page(exercise="1.1"))
    assert "<dt>started</dt><dd>2</dd>" in text
    assert "<dt>solved</dt><dd>1</dd>" in text
    states = text.partition('data-testid="states-table"')[2].partition("</table>")[0]
    assert 'not started</th><td class="cp-number">1</td><td class="cp-number">20%' in states
    assert 'data-testid="quarters-table"' in text
    assert 'data-testid="attempts-table"' in text
    assert "Nobody is stuck here" in text
    assert "as of " in text


def test_measures_have_their_meaning_and_lead_to_the_numbers_behind(
    open_page: Open, text_of: Callable[..., str]
) -> None:
    """Each has a “?” that the keyboard reaches, and a link to the Measures page."""
    facts = text_of(open_page(exercise="1.1")).partition('data-testid="facts"')[2]
    assert facts.count("<summary") == 5
    assert "How hard an exercise is: the share of those who attempted it" in facts
    link = "measures?course=python-101&amp;measure=difficulty&amp;by=student&amp;exercise=1.1"
    assert f'href="{link}"' in facts


def test_code_stands_beside_a_way_that_worked(
    made_up: Any, open_page: Open, text_of: Callable[..., str]
) -> None:
    """Only as text; the lines that differ have a sign; who wrote it is one link away."""
    assert "set <code>CELLPULSE_SEND_CODE=1</code>" in text_of(open_page(exercise="1.1"))
    [example] = CODE_GROUPS.groups
    stuck = example.model_copy(
        update={"code": "a = 1\nprint('<b>')", "solved_code": "a = 1\n\nprint(a)"}
    )
    solved = example.model_copy(
        update={"code": "x", "has_solved": True, "students": 2, "solved_code": None}
    )
    made_up.code_groups = [solved, stuck]
    text = text_of(open_page(exercise="1.1"))
    assert "3 students share theirs." in text
    assert text.count('data-testid="code-group"') == 2
    assert text.count('data-testid="code-group" open') == 1
    assert "<summary><b>2 students</b> <span>solved it</span>" in text
    assert "<summary><b>1 student</b> <span>not solved yet, NameError</span>" in text
    assert "<span>  a = 1\n</span><del>\N{MINUS SIGN} print(&#x27;&lt;b&gt;&#x27;)\n</del>" in text
    assert "<span>  a = 1\n</span><ins>+  \n</ins><ins>+ print(a)\n</ins>" in text
    assert '<a href="student?course=python-101&amp;student=ada">ada</a>' in text
    assert "not shown" not in text
    made_up.sharing = 5
    text = text_of(open_page(exercise="1.1"))
    assert "2 more students are in smaller groups, which are not shown." in text


def test_who_is_stuck_here_is_named(
    made_up: Any, open_page: Open, text_of: Callable[..., str]
) -> None:
    """Of those who need a person, those at this exercise are listed, with a link."""
    (listed, *_) = ATTENTION.students
    made_up.needy = [
        listed.model_copy(update={"student_id": "Vole", "exercise": "1.1"}),
        listed.model_copy(update={"student_id": "wren", "exercise": "1.2"}),
    ]
    made_up.names = {"Vole": "Vera <Olsen>"}
    text = text_of(open_page(exercise="1.1"))
    assert "<dt>stuck now</dt><dd>1</dd>" in text
    assert ">Vera &lt;Olsen&gt;</a>" in text
    assert 'href="student?course=python-101&amp;student=Vole"' in text
    assert "student=wren" not in text


def test_the_commonest_errors_come_with_how_others_got_past_them(
    made_up: Any, open_page: Open, text_of: Callable[..., str]
) -> None:
    """The failures of the exercise are listed as the API orders them; each opens, by key too."""
    [cluster] = ERROR_CLUSTERS.clusters
    [one] = cluster.who
    told = ClusterMessage(message="name '<x>' is not defined", students=1)
    made_up.clusters = [
        cluster.model_copy(
            update={"who": [one.model_copy(update={"student_id": "Vole"})], "messages": [told]}
        )
    ]
    made_up.run("Vole", exercise="1.1")
    made_up.names = {"Vole": "Vera <Olsen>"}
    text = text_of(open_page(exercise="1.1"))
    assert 'data-testid="cluster-table"' in text
    [opened] = re.findall('data-testid="told">(.*?)</details>', text)
    assert "<p>Vera &lt;Olsen&gt;</p>" in opened
    assert "<p>name &#x27;&lt;x&gt;&#x27; is not defined</p>" in opened
    made_up.clusters = []
    assert "No run of it has failed in the last ten weeks." in text_of(open_page(exercise="1.1"))


def test_without_an_exercise_all_are_offered(open_page: Open, text_of: Callable[..., str]) -> None:
    """The page begins with a choice; the choice goes into the address."""
    app = open_page()
    assert 'href="exercise?course=python-101&amp;exercise=1.2"' in text_of(app)
    app.selectbox(key="exercise").select("1.2").run()
    assert app.query_params["exercise"] == "1.2"
    assert 'data-testid="states-table"' in text_of(app)


def test_an_exercise_that_is_not_there_is_named(
    open_page: Open, text_of: Callable[..., str]
) -> None:
    """An unknown exercise gives a sentence and the ones to choose from."""
    text = text_of(open_page(exercise="<9>"))
    assert "There is no exercise “&lt;9&gt;” in this course." in text
    assert 'data-testid="exercise-table"' in text


def test_a_course_without_exercises_says_so(
    made_up: Any, open_page: Open, text_of: Callable[..., str]
) -> None:
    """Before the first run there is a sentence instead of an empty table."""
    made_up.events.clear()
    text = text_of(open_page())
    assert "Nobody has run anything in an exercise yet." in text
    assert "<table" not in text


def test_an_exercise_that_nobody_solved_says_so(
    made_up: Any, open_page: Open, text_of: Callable[..., str]
) -> None:
    """Without a curve or without counts there is a sentence, and no empty chart."""
    made_up.further = {}
    text = text_of(open_page(exercise="1.2"))
    assert "Nobody has solved it yet." in text
    assert '<p class="cp-muted">not enough data</p>' in text
    assert "<dt>ran only</dt><dd>1</dd>" in text


def test_old_numbers_are_kept_while_the_api_is_away(
    made_up: Any, open_page: Open, text_of: Callable[..., str]
) -> None:
    """The last numbers stay, with their time and an apology."""
    app = open_page(exercise="1.1")
    made_up.api_is_away = True
    app.run()
    assert 'data-testid="old"' in text_of(app)
    assert 'data-testid="states-table"' in text_of(app)


def test_weaker_evidence_is_named_in_the_funnel() -> None:
    """Where no check was reported, “solved” says that it only ran."""
    row = MeasureRow.model_validate({"value": 0.4, **PROGRESS, "solved_by": "run"})
    assert list(states_frame(row, 5)["state"])[-1] == "ran only (no check)"
    assert states_frame(MeasureRow(value=None), 5).empty


def test_who_has_run_nothing_at_all_has_not_started_either() -> None:
    """The measure has those who ran anything; the class is all who are in the course."""
    row = MeasureRow.model_validate({"value": 0.4, **PROGRESS})
    frame = states_frame(row, 8)
    assert list(frame["students"]) == [4, 4, 3, 2]
    assert "<td>50%</td>" in states_table(frame).replace(' class="cp-number"', "")
    assert list(states_frame(row, 0)["students"]) == [1, 4, 3, 2]


def test_a_class_of_nobody_has_no_shares() -> None:
    """Shares of nobody are no number."""
    row = MeasureRow.model_validate(dict.fromkeys(("pairs", "started", "attempted", "solved"), 0))
    frame = states_frame(row, 0)
    assert "0%" not in states_table(frame)
    assert funnel(frame, LIGHT).to_dict()["layer"]


@pytest.mark.parametrize("colours", [LIGHT, DARK])
def test_the_funnel_names_each_number(colours: Palette) -> None:
    """A bar a state, each with its number as text; solved has the success colour."""
    row = MeasureRow.model_validate({"value": 0.4, **PROGRESS})
    bars, numbers = funnel(states_frame(row, 5), colours).to_dict()["layer"]
    scale = bars["encoding"]["color"]["scale"]
    assert dict(zip(scale["domain"], scale["range"], strict=True))["solved"] == colours.success
    assert numbers["encoding"]["text"]["field"] == "students"


def test_the_curve_says_who_had_solved_it_after_how_long() -> None:
    """The curve begins at nothing; where an interval does not tell, the line itself stands."""
    frame = curve_frame(CURVE)
    assert frame.to_dict("records") == [
        {"minutes": 0.0, "solved": 0.0, "low": 0.0, "high": 0.0},
        {"minutes": 1.0, "solved": 0.5, "low": 0.25, "high": 0.75},
        {"minutes": 2.0, "solved": 1.0, "low": 1.0, "high": 1.0},
    ]
    band, line = solved_after(frame, LIGHT).to_dict()["layer"]
    assert line["mark"]["interpolate"] == band["mark"]["interpolate"] == "step-after"
    for nothing in (None, [], "curve"):
        assert curve_frame(nothing).empty


def test_a_time_that_is_not_reached_is_not_enough_data() -> None:
    """Where fewer than three quarters solved it, that time is no number."""
    table = quarters_table(MeasureRow.model_validate({"value": 90.0, "first_quarter": 30.0}))
    assert "1 min 30 s" in table
    assert table.count("not enough data") == 1


def test_runs_are_summed_by_the_quarter_of_an_hour() -> None:
    """Quarters of an hour with runs are rows; the timeline begins with the first of them."""
    nine = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
    buckets = [
        TimelineBucket(start=nine + timedelta(minutes=m), runs=runs, errors=runs // 2, events=runs)
        for m, runs in enumerate([0] * 10 + [4, 0, 0, 0, 0, 2] + [0] * 44)
    ]
    table = attempts_table(buckets)
    assert ("09:00</time>" in table, "09:15</time>" in table, "09:30" in table) == (
        True,
        True,
        False,
    )
    assert '<td class="cp-number">4</td><td class="cp-number">2</td>' in table
    assert busy(buckets) == 50
    assert busy([]) == 30


def test_shared_code_stands_side_by_side(made_up: Any) -> None:
    """What failed and what then worked are shown where code was shared, as text alone."""
    (cluster, *_) = ERROR_CLUSTERS.clusters
    html = shared_code([cluster.model_copy(update={"fixed_code": "print('<b>')"})])
    assert "print(&#x27;&lt;b&gt;&#x27;)" in html
    bare = cluster.model_copy(update={"fixed_code": None, "lines": []})
    assert shared_code([bare]) == ""
    assert "<a" not in exercise_table(made_up.exercises())
