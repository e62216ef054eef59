import json
import re
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

import streamlit_app.app
from analytics.sign_in.responses import OpenSection, Viewer
from analytics.student.examples import NOTES
from streamlit_app import session
from streamlit_app.api.errors import NumbersUnavailableError
from tests.streamlit_app.walked_views import COURSE, STUDENT, own_page

APP = Path(streamlit_app.app.__file__)


@pytest.fixture(autouse=True)
def _an_instructor(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, api_url: str) -> None:
    """The gate has let an instructor in."""
    monkeypatch.setenv("CELLPULSE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("CELLPULSE_API_URL", api_url)
    monkeypatch.setattr(session, "token", lambda: "read-token-of-the-instructor")


def _open(**query: str) -> AppTest:
    app = AppTest.from_file(APP, default_timeout=30)
    app.query_params.update(query)
    return _checked(app.run())


def _open_student(**query: str) -> AppTest:
    def page() -> None:
        from streamlit_app.student import page as student  # noqa: PLC0415 - the source is run by itself

        student.show()

    app = AppTest.from_function(page, default_timeout=30)
    app.query_params.update({"course": COURSE, **query})
    return _checked(app.run())


def _checked(app: AppTest) -> AppTest:
    assert not app.exception, app.exception
    return app


def _text(app: AppTest) -> str:
    return "".join(block.body for block in app.html)


def _button(app: AppTest, label: str) -> Any:
    """Return the one button with a label."""
    (found,) = (each for each in app.button if each.label == label)
    return found


def _component(app: AppTest, name: str) -> dict[str, Any]:
    """Return what a component of the page was given."""
    (component,) = (each for each in app.get("bidi_component") if name in each.key)
    found: dict[str, Any] = json.loads(component.proto.json)
    return found


def _feed(app: AppTest) -> dict[str, Any]:
    return _component(app, "live_feed")


def _runs_shown(app: AppTest) -> int:
    """Return how many runs of the last minutes the map shows."""
    return sum(sum(each["runs"]) for each in _component(app, "class_map")["students"])


def test_a_student_gets_the_own_page_also_where_nobody_could_tell_at_first(
    made_up: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The API says who came when it is asked a second time; no page of instructors is drawn."""
    own_page(made_up)
    asked = []

    def viewer() -> Viewer:
        asked.append("viewer")
        if len(asked) == 1:
            raise NumbersUnavailableError("The API does not answer.")
        return Viewer(student_id=STUDENT, courses=[COURSE])

    monkeypatch.setattr(session, "viewer", viewer)
    app = _open()
    assert ' data-testid="own-exercises"' in _text(app)
    assert app.get("bidi_component") == []
    assert len(asked) > 1


def test_before_the_first_class_the_page_says_how_to_begin(made_up: Any) -> None:
    """Without any course there are three steps, and no empty tables."""
    made_up.courses = []
    app = _open()
    assert 'data-testid="first-visit"' in _text(app)
    assert _text(app).count("<li>") == 3
    assert not app.selectbox


def test_the_live_page_shows_where_the_class_is(made_up: Any) -> None:
    """Numbers, class and exercises come from the API."""
    made_up.run("Vole", "error", error_name="NameError")
    made_up.run("Heron", exercise="1.2")
    app = _open()
    text = _text(app)
    assert "<dd>2 <small>of 2</small></dd>" in text
    link = f'<a href="exercise?course={COURSE}&amp;exercise=1.1" target="_self">1.1</a>'
    assert f"<dt>where most are</dt><dd>{link} <small>1 here</small></dd>" in text
    assert "<dt>solved of what was reached</dt><dd>50%</dd>" in text
    numbers, _, meanings = text.partition('data-testid="meanings"')
    assert (numbers.count("<dt>"), meanings.count("<dt>")) == (6, 6)
    shown = _component(app, "class_map")
    assert [each["id"] for each in shown["students"]] == ["Vole", "Heron"]
    assert [each["states"] for each in shown["students"]] == ["f.", ".r"]
    assert [each["solved"] for each in shown["exercises"]] == [0, 1]


def test_the_way_of_the_class_is_drawn_from_its_second_minute_on(made_up: Any) -> None:
    """In the first one a sentence says so, and the table has who is where."""
    made_up.run("Vole")
    assert "from the second minute" not in _text(_open())
    made_up.minutes_of_class = 1
    text = _text(_open())
    assert "It is drawn from the second minute of class on." in text
    assert 'data-testid="stream-table"' in text


def test_the_order_of_the_map_is_kept_in_the_address(made_up: Any) -> None:
    """By need unless the address says something that there is; a choice goes into the address."""
    made_up.run("Vole", "error")
    made_up.run("Heron")
    for query, expected in (({}, ["Vole", "Heron"]), ({"order": "seat"}, ["Vole", "Heron"])):
        assert _component(_open(**query), "class_map")["order"] == expected
    app = _open(order="name")
    assert _component(app, "class_map")["order"] == ["Heron", "Vole"]
    _checked(app.segmented_control(key="order").select("need").run())
    assert app.query_params["order"] == "need"
    assert _component(app, "class_map")["order"] == ["Vole", "Heron"]


def test_what_is_not_looked_at_is_not_asked_for(made_up: Any) -> None:
    """Runs a minute and the exercises' numbers come when they are opened."""
    made_up.run("Vole")
    app = _open()
    assert f"/api/v1/courses/{COURSE}/timeline" not in made_up.asked
    assert 'data-testid="exercise-table"' not in _text(app)
    app.session_state["minutes"] = app.session_state["exercises"] = True
    _checked(app.run())
    assert f"/api/v1/courses/{COURSE}/timeline" in made_up.asked
    assert 'data-testid="exercise-table"' in _text(app)


def test_lost_runs_are_shown_when_there_are_any(made_up: Any) -> None:
    """Whether anything was lost stands beside the state of the connection."""
    made_up.run("Vole")
    state = _component(_open(), "connection")
    assert (state["note"], state["is_alarm"]) == ("nothing lost", False)
    made_up.lost = 3
    state = _component(_open(), "connection")
    assert (state["note"], state["is_alarm"]) == ("3 events lost", True)


def test_the_list_begins_with_runs_from_the_api(made_up: Any, api_url: str) -> None:
    """The component gets the latest runs, the position to go on from, and where to connect."""
    runs = [made_up.run("Vole"), made_up.run("Heron")]
    feed = _feed(_open())
    assert [run["position"] for run in feed["runs"]] == [run["position"] for run in runs[::-1]]
    assert feed["after"] == runs[-1]["position"]
    assert feed["token"] == "read-token-of-the-instructor"
    assert (feed["ingest_url"], feed["ingest_port"]) == (None, 8000)
    assert api_url not in str(feed)


def test_an_assistant_s_section_is_chosen_by_itself(made_up: Any) -> None:
    """It stands in the address and the header; everything is asked, and linked, for it."""
    made_up.run("Vole", "error")
    made_up.sections = [OpenSection(course_id=COURSE, section="A 1")]
    for query in ({}, {"section": "B"}):
        made_up.sections_asked.clear()
        app = _open(**query)
        assert app.query_params["section"] == "A 1"
        assert '<span class="cp-viewer" data-testid="section">Section A 1</span>' in _text(app)
        assert made_up.sections_asked == {"A 1"}
        assert _feed(app)["section"] == "A 1"
        assert _component(app, "class_map")["kept"]["section"] == "A 1"
        assert not app.get("popover")
    assert "section=A+1" in _text(_open_student(section="A 1"))


def test_an_assistant_of_several_sections_chooses(made_up: Any) -> None:
    """The first is shown until another one is chosen, which then stands in the address."""
    made_up.run("Vole")
    made_up.sections = [OpenSection(course_id=COURSE, section=name) for name in ("A", "B")]
    app = _open()
    assert app.query_params["section"] == "A"
    assert app.selectbox(key="section").options == ["Section A", "Section B"]
    made_up.sections_asked.clear()
    _checked(app.selectbox(key="section").select("B").run())
    assert app.query_params["section"] == "B"
    assert made_up.sections_asked == {"B"}


def test_an_assistant_of_several_sections_may_project_one(made_up: Any) -> None:
    """The aliases are asked for of that section; who sees all of the course asks for all."""
    made_up.run("Vole")
    for sections, asked in ((["A", "B"], {"B"}), ([], {"B", None})):
        made_up.sections = [OpenSection(course_id=COURSE, section=name) for name in sections]
        made_up.sections_asked.clear()
        text = _text(_open(section="B", projector="1"))
        assert "Vole" not in text
        assert made_up.sections_asked == asked


def test_a_failure_in_the_address_has_no_name_while_it_is_projected(made_up: Any) -> None:
    """It is named as the page names it; with names again nobody knows whose alias it had."""
    made_up.run("Vole")
    app = _open(failure="NameError: ask Vole", rows="Vole", projector="1")
    assert app.query_params["failure"] == "NameError: ask Amber alpaca"
    assert "rows" not in app.query_params
    _checked(app.toggle(key="projector_switch").set_value(False).run())
    assert "failure" not in app.query_params
    app = _open(failure="NameError: name", projector="1")
    _checked(app.toggle(key="projector_switch").set_value(False).run())
    assert app.query_params["failure"] == "NameError: name"


def test_an_instructor_may_look_at_a_section(made_up: Any) -> None:
    """By an address that names it, as of a link from an assistant; the whole course is near."""
    made_up.run("Vole")
    text = _text(_open(section="A"))
    assert f'Section A <a href="?course={COURSE}" target="_self">Whole course</a>' in text
    assert made_up.sections_asked == {"A"}
    assert 'data-testid="section"' not in _text(_open())


def test_an_instructor_chooses_a_section_where_the_course_has_some(made_up: Any) -> None:
    """On every page; it stands in the address until the whole course is chosen again."""
    made_up.run("Vole")
    made_up.course_sections = ["A", "B"]
    app = _open()
    chooser = app.selectbox(key="section")
    assert chooser.options == ["Whole course", "Section A", "Section B"]
    assert chooser.value == ""
    made_up.sections_asked.clear()
    _checked(chooser.select("B").run())
    assert app.query_params["section"] == "B"
    assert made_up.sections_asked == {"B"}
    _checked(app.selectbox(key="section").select("").run())
    assert "section" not in app.query_params
    text = _text(_open(section="gone"))
    assert f'Section gone <a href="?course={COURSE}" target="_self">Whole course</a>' in text


def test_the_address_names_the_course(made_up: Any) -> None:
    """Without a course in the address the latest one is taken, and the address says so."""
    made_up.courses = ["another", COURSE]
    made_up.run("Vole")
    app = _open()
    assert app.query_params["course"] == COURSE
    app = _open(course="another")
    assert app.selectbox(key="course").value == "another"


def test_choosing_a_course_changes_the_address(made_up: Any) -> None:
    """The address follows the choice, and the numbers follow the address."""
    made_up.courses = [COURSE, "another"]
    made_up.run("Vole")
    app = _open()
    made_up.asked.clear()
    _checked(app.selectbox(key="course").select("another").run())
    assert app.query_params["course"] == "another"
    assert "/api/v1/courses/another/live" in made_up.asked


def test_of_two_courses_with_the_same_title_each_can_be_chosen(made_up: Any) -> None:
    """Where a title occurs twice the choice names the ids as well."""
    made_up.courses = [COURSE, "python-102", "another"]
    made_up.titles["python-102"] = made_up.titles[COURSE]
    app = _open(course=COURSE)
    assert app.selectbox(key="course").options == [
        "Introduction to Python (python-101)",
        "Introduction to Python (python-102)",
        "another",
    ]
    made_up.asked.clear()
    _checked(app.selectbox(key="course").select("python-102").run())
    assert app.query_params["course"] == "python-102"
    assert "/api/v1/courses/python-102/live" in made_up.asked


def test_a_course_that_the_link_does_not_open_is_named(made_up: Any) -> None:
    """A course that isn't there gives a sentence and the choice of those that are."""
    made_up.run("Vole")
    app = _open(course="secret <b>")
    assert "a course named “secret &lt;b&gt;”" in _text(app)
    assert "or ask whoever runs Cellpulse" in _text(app)
    assert app.selectbox(key="course").value is None
    assert app.selectbox(key="course").options == ["Introduction to Python"]


def test_while_the_api_is_away_the_last_numbers_stay(made_up: Any) -> None:
    """Old numbers stay on the page, marked as old, with their time, until there are new ones."""
    made_up.run("Vole")
    app = _open()
    made_up.api_is_away = True
    _checked(app.run())
    assert "can&#x27;t be had right now" in _text(app)
    assert "What you see is from " in _text(app)
    assert _component(app, "connection")["is_old"]
    assert _runs_shown(app) == 1
    assert len(_feed(app)["runs"]) == 1
    made_up.api_is_away = False
    made_up.run("Vole")
    _checked(app.run())
    assert 'data-testid="old"' not in _text(app)
    assert not _component(app, "connection")["is_old"]
    assert _runs_shown(app) == 2


def test_what_is_opened_while_the_api_is_away_says_so(made_up: Any) -> None:
    """Numbers that the page never had are a sentence in their place, and the rest stays."""
    made_up.run("Vole")
    app = _open()
    made_up.api_is_away = True
    app.session_state["minutes"] = True
    _checked(app.run())
    assert _runs_shown(app) == 1
    assert _text(app).count("can&#x27;t be had right now") > 1


def test_numbers_that_came_with_others_are_asked_for_when_they_are_old_and_stay_without_the_api(
    made_up: Any,
) -> None:
    """The class's way comes with the opening: it is not asked for at once, and outlasts the API."""

    def page() -> None:
        import streamlit as st  # noqa: PLC0415 - the source is run by itself

        from streamlit_app import session  # noqa: PLC0415

        session.keep("way", "kept")
        for every in (60, 0):
            told = session.latest("way", lambda: session.api().courses(), every=every)
            st.html(f"<p>{told.numbers}, {told.apology}</p>")

    made_up.api_is_away = True
    text = _text(_checked(AppTest.from_function(page, default_timeout=30).run()))
    assert text.startswith("<p>kept, None</p><p>kept, ")
    assert "can't be had right now" in text
    made_up.api_is_away = False
    made_up.run("Vole")
    made_up.asked.clear()
    _open()
    assert f"/api/v1/courses/{COURSE}/live" in made_up.asked
    assert f"/api/v1/courses/{COURSE}/class_stream" not in made_up.asked


def test_a_page_without_any_numbers_says_so(made_up: Any) -> None:
    """A page that was opened while the API is away says that there are no numbers now."""
    made_up.api_is_away = True
    assert "can&#x27;t be had right now" in _text(_open())


def test_a_students_page_shows_every_run(made_up: Any) -> None:
    """The student's numbers and history are those of this student alone."""
    made_up.run("Vole", "error", error_name="NameError", error_message="name 'x'")
    made_up.run("Heron", "error", error_name="TypeError")
    text = _text(_open_student(student="Vole"))
    assert "<dt>errors in a row</dt><dd>1</dd>" in text
    assert "<b>NameError</b> name &#x27;x&#x27;" in text
    assert "TypeError" not in text


def test_earlier_runs_are_a_click_away(made_up: Any) -> None:
    """The history is paged: each click shows more, until there is no more."""
    for number in range(60):
        made_up.run("Vole", exercise=f"no-{number}-")
    made_up.run("Heron")
    app = _open_student(student="Vole")
    assert "no-10-" in _text(app)
    assert "no-9-" not in _text(app)
    _checked(_button(app, "Show earlier").click().run())
    assert "no-0-" in _text(app)
    assert "Show earlier" not in [each.label for each in app.button]
    # It stands in the address, for this student alone.
    assert app.query_params["pages"] == "2"
    app = _open_student(student="Vole")
    app.query_params["student"] = "Heron"  # whom one chose before the click's turn came
    _checked(_button(app, "Show earlier").click().run())
    assert "pages" not in app.query_params
    assert "no-0-" in _text(_open_student(student="Vole", pages="2"))
    assert "no-9-" not in _text(_open_student(student="Vole", pages="-1"))
    assert "no-0-" in _text(_open_student(student="Vole", pages="9" * 5_000))
    app.selectbox(key="student").select("Heron").run()
    assert "pages" not in app.query_params


def test_a_note_is_kept_removed_and_brought_back(made_up: Any) -> None:
    """With who and when, and only as text."""
    made_up.run("Vole")
    app = _open_student(student="Vole")
    assert "No note yet." in _text(app)
    app.text_area(key="new_note/Vole").input(" Knows <b>loops</b>\n2nd ")
    _checked(_button(app, "Keep").click().run())
    assert "<p>Knows &lt;b&gt;loops&lt;/b&gt;\n2nd</p>" in _text(app)
    assert "</time> · grace</p>" in _text(app)
    _checked(_button(app, "Remove").click().run())
    assert "Removed: Knows &lt;b&gt;loops&lt;/b&gt;</p>" in _text(app)
    _checked(_button(app, "Undo").click().run())
    assert 'data-testid="note"' in _text(app)
    _checked(_button(app, "Keep").click().run())  # nothing was written
    assert _text(app).count('data-testid="note"') == 1
    made_up.api_is_away = True
    _checked(_button(app, "Remove").click().run())
    assert "can&#x27;t be had right now" in _text(app)
    assert "That could not be done: a part of Cellpulse does not answer." in _text(app)
    assert 'data-testid="note"' in _text(app)


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ("notes_are_full", "There are as many notes about this student as can be kept."),
        ("api_is_away", "The note was not kept, as a part of Cellpulse does not answer."),
    ],
)
def test_a_note_that_was_not_taken_is_still_there_to_be_kept(
    made_up: Any, fault: str, says: str
) -> None:
    """With a sentence of its own, in the field in which it was typed: no other student has it."""
    for student in ("Vole", "Heron"):
        made_up.run(student)
    app = _open_student(student="Vole")
    setattr(made_up, fault, True)
    app.text_area(key="new_note/Vole").input("Knows loops")
    _checked(_button(app, "Keep").click().run())
    assert says in _text(app)
    assert "An export" not in _text(app)
    assert app.text_area(key="new_note/Vole").value == "Knows loops"
    setattr(made_up, fault, False)
    app.selectbox(key="student").select("Heron").run()
    assert app.text_area(key="new_note/Heron").value == ""
    app = _open_student(student="Vole")
    setattr(made_up, fault, True)
    app.text_area(key="new_note/Vole").input("Knows loops")
    _checked(_button(app, "Keep").click().run())
    setattr(made_up, fault, False)
    _checked(_button(app, "Keep").click().run())
    assert "<p>Knows loops</p>" in _text(app)
    assert app.text_area(key="new_note/Vole").value == ""


def test_a_note_that_somebody_else_removed_is_said_to_be_gone(made_up: Any) -> None:
    """The sentence is about the note, not about the course."""
    made_up.run("Vole")
    made_up.notes = [NOTES.notes[0]]
    app = _open_student(student="Vole")
    made_up.notes = []
    _checked(_button(app, "Remove").click().run())
    assert "This note is not there any more" in _text(app)


def test_times_at_work_are_a_line_each(made_up: Any) -> None:
    """When, how long, and what was solved; a cell is one click away where Jupyter is known."""
    made_up.run("Vole", cell_id="a b")
    text = _text(_open_student(student="Vole"))
    assert "14 Sept 2026 08:40 to 09:30</time>" in text
    assert '<td class="cp-wide">01_values</td><td class="cp-number">39 min</td>' in text
    assert "<span>2: 2.1, 2.2</span>" in text
    assert "/lab/tree/" not in text


def test_the_cell_of_a_run_opens_where_jupyter_is_known(
    made_up: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the student's own notebook; not while names are hidden, nor are the notes shown."""
    monkeypatch.setenv("CELLPULSE_JUPYTER_URL", "https://hub.example/user/{student}/")
    made_up.run("Vole & co", cell_id="a b")
    made_up.notes = [NOTES.notes[0]]
    text = _text(_open_student(student="Vole & co"))
    link = "https://hub.example/user/Vole%20%26%20co/lab/tree/course/01_values.ipynb?#cell-id=a%20b"
    assert f'<a href="{link}" target="_blank"' in text
    assert "Knows loops" in text
    hidden = _text(_open_student(student="Amber alpaca", projector="1"))
    assert 'data-testid="history-table"' in hidden
    for secret in ("hub.example", "Vole", "Knows loops"):
        assert secret not in hidden


def test_without_a_student_everyone_is_offered(made_up: Any) -> None:
    """A page without a student lists the class; a choice goes into the address."""
    made_up.run("Vole")
    app = _open_student()
    assert 'data-testid="class-table"' in _text(app)
    _checked(app.selectbox(key="student").select("Vole").run())
    assert app.query_params["student"] == "Vole"
    assert 'data-testid="history-table"' in _text(app)


def test_a_student_who_is_not_there_is_named(made_up: Any) -> None:
    """An unknown student gives a sentence and the class to choose from."""
    made_up.run("Vole")
    text = _text(_open_student(student="Nobody"))
    assert "There is no student “Nobody”" in text
    assert 'data-testid="class-table"' in text


def test_who_has_signed_in_can_sign_out(made_up: Any) -> None:
    """The bar names the account and links to the way out; a link's bearer sees neither."""
    made_up.run("Vole")
    assert "/sign-out" not in _text(_open())
    made_up.account = "ada <b>"
    bar = _text(_open())
    assert 'ada &lt;b&gt;</span> <a href="/sign-out"' in bar


def test_the_pages_use_the_instructors_words(made_up: Any) -> None:
    """No page speaks of events, ingest or lag."""
    made_up.run("Vole", "error")
    made_up.lost = 1
    pages = [_open(), _open_student(), _open_student(student="Vole")]
    styles = re.compile("<style>.*?</style>", re.DOTALL)
    texts = "".join(styles.sub("", _text(page)).lower() for page in pages)
    for name in ("live_feed", "class_map", "connection"):
        texts += json.dumps(_component(pages[0], name)["texts"]).lower()
    texts += " ".join(button.label + (button.help or "") for button in pages[0].button).lower()
    for word in ("event", "ingest", "lag", "websocket", "api"):
        assert word not in texts
