"""The Admin page: who may see it, what it shows of whom, and what it asks before a change."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from streamlit.testing.v1 import AppTest

from analytics.admin import examples as admin_examples
from analytics.admin.course_responses import AdminCourses, CourseSettings, NewCourse
from analytics.admin.stored_responses import StoredRows
from analytics.responses import Answer
from flows.models import Base
from streamlit_app.admin.stored import TABLES, store_name
from streamlit_app.api.admin_client import AdminClient, ChangeRefusedError
from streamlit_app.api.errors import AccessRefusedError, NumbersUnavailableError
from streamlit_app.language.text import speaking
from streamlit_app.session import local_zone
from tests.streamlit_app.admin.conftest import ADMIN


def test_each_store_and_table_has_a_name() -> None:
    """Of every table with rows of a course; one that another version has keeps its own name."""
    of_courses = {each.name for each in Base.metadata.sorted_tables if "course_id" in each.columns}
    assert set(TABLES) == of_courses
    for store, part, english, japanese in (
        ("lake", "events", "lake: events", "レイク: イベント"),
        ("redis", "events", "Redis: the newest events", "Redis: 最新のイベント"),
        ("postgres", "sessions", "PostgreSQL: sessions", "PostgreSQL: セッション"),
        ("postgres", "seats_taken", "PostgreSQL: seats taken", "PostgreSQL: seats taken"),
    ):
        rows = StoredRows.model_validate({"store": store, "part": part, "rows": None})
        assert store_name(rows) == english
        with speaking("ja"):
            assert store_name(rows) == japanese


def test_a_pseudonymous_course_says_so(
    open_part: Callable[..., AppTest], text_of: Callable[[AppTest], str]
) -> None:
    """With what it means; an ordinary course says nothing of it."""
    assert "This course is pseudonymous: its stores" in text_of(open_part("courses"))
    [course] = admin_examples.COURSES.courses
    plain = course.model_copy(update={"pseudonymous": False})
    courses = admin_examples.COURSES.model_copy(update={"courses": [plain]})
    assert "pseudonymous" not in text_of(open_part("courses", courses=courses))


def test_a_course_that_is_refused_can_be_mended(
    open_part: Callable[..., AppTest],
    text_of: Callable[[AppTest], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What was typed stays; the fields are empty once a course was made."""
    asked: list[NewCourse] = []
    monkeypatch.setattr(AdminClient, "make_course", lambda _, course: asked.append(course))
    app = open_part("courses")

    def make() -> None:
        [button] = [each for each in app.button if each.label == "Make the course"]
        button.click().run()
        assert not app.exception, app.exception

    app.text_input(key="new_title/0").input("Physics")
    make()
    assert "Write a course id of 1 to 200 characters." in text_of(app)
    assert app.text_input(key="new_title/0").value == "Physics"
    app.text_input(key="new_id/0").input("physics")
    make()
    assert "The course physics was made." in text_of(app)
    assert [(each.course_id, each.title) for each in asked] == [("physics", "Physics")]
    assert (app.text_input(key="new_id/1").value, app.text_input(key="new_title/1").value) == (
        "",
        "",
    )


def test_how_long_students_are_kept_is_confirmed_with_whom_it_erases(
    open_part: Callable[..., AppTest],
    text_of: Callable[[AppTest], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Other days say how many would go and ask again; no end asks nothing; the names stay."""
    asked: list[CourseSettings] = []
    monkeypatch.setattr(AdminClient, "set_course", lambda _, __, settings: asked.append(settings))
    app = open_part("courses")
    days = app.number_input(key="retention/python-1/365")
    assert (days.value, days.min, days.max) == (365, 1, 36_500)
    assert "python-1 keeps students 365 days after their last event." in text_of(app)
    keys = {each.key for each in app.button}
    assert "admin_keep/python-1" in keys
    assert not any(key and key.startswith("admin_retention") for key in keys)
    days.set_value(30).run()
    assert "Kept for 30 days, 3 students would be erased now." in text_of(app)
    assert "Within minutes 3 students of python-1 will be erased" in text_of(app)
    app.button(key="admin_retention/python-1/30").click().run()
    assert "python-1 keeps students 30 days after their last event." in text_of(app)
    app.button(key="admin_keep/python-1").click().run()
    assert "python-1 keeps its students for ever." in text_of(app)
    # Names are not sent along: a colleague may have changed them meanwhile.
    assert [each.model_dump(exclude_unset=True) for each in asked] == [
        {"retention_days": 30},
        {"retention_days": None},
    ]
    course = admin_examples.COURSES.courses[0].model_copy(update={"retention_days": None})
    kept = open_part(
        "courses", courses=admin_examples.COURSES.model_copy(update={"courses": [course]})
    )
    assert "Students are kept for ever." in text_of(kept)
    assert "admin_keep/python-1" not in {each.key for each in kept.button}


def two_courses() -> AdminCourses:
    """Return the course of the examples, and another one that is like it."""
    [first] = admin_examples.COURSES.courses
    other = first.model_copy(update={"course_id": "python-2"})
    return admin_examples.COURSES.model_copy(update={"courses": [first, other]})


def test_a_click_is_done_to_no_other_course(
    open_part: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where another one is chosen before the click's turn comes."""
    asked: list[str] = []
    monkeypatch.setattr(AdminClient, "set_course", lambda _, course_id, __: asked.append(course_id))
    app = open_part("courses", courses=two_courses())
    app.button(key="admin_keep/python-1").click()
    app.query_params["course"] = "python-2"
    app.run()
    assert not app.exception, app.exception
    assert asked == []
    app.button(key="admin_keep/python-2").click().run()
    assert asked == ["python-2"]


def test_what_a_colleague_saved_meanwhile_is_not_called_ones_own(
    open_part: Callable[..., AppTest],
    made_up: Any,
    text_of: Callable[[AppTest], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Save says so and changes nothing; typed again it is saved, also twice in a row."""
    asked: list[str | None] = []

    def title_is(title: str) -> None:
        [course] = admin_examples.COURSES.courses
        courses = AdminCourses(courses=[course.model_copy(update={"title": title})])
        made_up.answer_with[f"{ADMIN}/courses"] = courses.model_dump(mode="json")

    def set_course(_: AdminClient, __: str, settings: CourseSettings) -> None:
        asked.append(settings.title)
        title_is(settings.title or "")

    monkeypatch.setattr(AdminClient, "set_course", set_course)
    app = open_part("courses")

    def save(title: str) -> str:
        [field] = [each for each in app.text_input if (each.key or "").startswith("title/")]
        field.input(title)
        [button] = [each for each in app.button if each.label == "Save"]
        button.click().run()
        return text_of(app)

    title_is("Of a colleague")
    text = save("Mine")
    assert asked == []
    assert "somebody else has changed python-1 meanwhile" in text
    assert "python-1 was changed." not in text
    for title in ("Mine", "Mine again"):
        assert "python-1 was changed." in save(title)
    assert asked == ["Mine", "Mine again"]


@dataclass(frozen=True)
class Sent:
    """A file that a part of the page takes: where to it goes, and the button under its preview."""

    part: str
    name: str
    path: str
    button: str
    preview: Answer


FILES = [
    Sent("registration", "1.ipynb", "registration", "register", admin_examples.REGISTRATION),
    Sent(
        "enrolment",
        "roster.csv",
        "roster",
        "enroll",
        admin_examples.ENROLMENT.model_copy(update={"faults": [], "fault_count": 0}),
    ),
]


@pytest.mark.parametrize("sent", FILES, ids=lambda sent: sent.part)
def test_a_file_is_for_the_course_it_was_given_for(
    open_part: Callable[..., AppTest], made_up: Any, sent: Sent
) -> None:
    """Once another course is chosen nothing of it is read or done there, nor by a waiting click."""
    answers = {
        f"courses/{course}/{sent.path}{end}": sent.preview
        for course in ("python-1", "python-2")
        for end in ("", "/preview")
    }
    app = open_part(sent.part, courses=two_courses(), **answers)
    app.file_uploader[0].upload(sent.name, b"x").run()
    assert not app.exception, app.exception
    [button] = app.button
    assert (button.key or "").startswith(f"{sent.button}/python-1/")
    button.click()
    app.query_params["course"] = "python-2"
    app.run()
    assert not app.exception, app.exception
    assert not app.button
    assert not [each for each in made_up.asked if each.startswith(f"{ADMIN}/courses/python-2/")]
    assert f"{ADMIN}/courses/python-1/{sent.path}" not in made_up.asked


@pytest.mark.parametrize("sent", FILES, ids=lambda sent: sent.part)
def test_a_click_is_for_the_preview_it_stood_under(
    open_part: Callable[..., AppTest], made_up: Any, sent: Sent
) -> None:
    """Where a colleague was faster the new preview is shown, and its own button does it."""
    does_it = f"courses/python-1/{sent.path}"
    app = open_part(sent.part, **{does_it: sent.preview, f"{does_it}/preview": sent.preview})
    app.file_uploader[0].upload(sent.name, b"x").run()
    app.button[0].click()
    changed = sent.preview.model_copy(update={"new": 3})
    made_up.answer_with[f"{ADMIN}/{does_it}/preview"] = changed.model_dump(mode="json")
    app.run()
    assert not app.exception, app.exception
    assert f"{ADMIN}/{does_it}" not in made_up.asked
    assert (app.button[0].key or "").startswith(f"{sent.button}/python-1/")
    app.button[0].click().run()
    assert f"{ADMIN}/{does_it}" in made_up.asked
    assert not app.button


def test_a_students_id_leads_to_what_is_stored(
    open_part: Callable[..., AppTest], text_of: Callable[[AppTest], str]
) -> None:
    """Each course has its events, its stores, and the name and section of the roster."""
    app = open_part("stored")
    app.text_input(key="admin_student").set_value("s01").run()
    text = text_of(app)
    assert "python-1: 412 events" in text
    assert "Ada Lovelace, section A, since" in text
    assert "18.2 kB" in text


def test_a_courses_id_is_no_markup(
    open_part: Callable[..., AppTest], text_of: Callable[[AppTest], str]
) -> None:
    """An id may have any character that can be seen, also in the name of a table."""
    about = admin_examples.ABOUT_STUDENT
    odd = about.courses[0].model_copy(update={"course_id": '<b>"Python"'})
    given = {"students/s01/stored": about.model_copy(update={"courses": [odd]})}
    text = text_of(open_part("stored", {"about": "s01"}, **given))
    assert 'aria-label="&lt;b&gt;&quot;Python&quot;: ' in text
    assert "<b>" not in text


def test_the_student_who_is_asked_for_stands_in_the_address(
    open_part: Callable[..., AppTest], text_of: Callable[[AppTest], str]
) -> None:
    """Until another one is asked for, or another part is opened."""
    app = open_part("stored")
    app.text_input(key="admin_student").set_value(" s01 ").run()
    assert app.query_params["about"] == "s01"
    assert app.text_input(key="admin_student").value == "s01"
    app = open_part("stored", {"about": "s01"})
    assert app.text_input(key="admin_student").value == "s01"
    assert "python-1: 412 events" in text_of(app)
    app.text_input(key="admin_student").set_value("").run()
    assert "about" not in app.query_params
    app = open_part("stored", {"about": "s01"})
    app.segmented_control(key="part").set_value("health").run()
    assert "about" not in app.query_params


def test_times_are_in_the_courses_zone(
    open_part: Callable[..., AppTest],
    text_of: Callable[[AppTest], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A course in Tokyo shows Tokyo's time, wherever one looks from; an unknown zone none."""
    assert "14 Sept 2026 09:30" in text_of(open_part("courses"))
    for zone, shown in (("Asia/Tokyo", "18:30"), ("Nowhere/At_All", "09:30")):
        monkeypatch.setattr("streamlit_app.session.st.session_state", {"course_zone": zone})
        time = admin_examples.COURSES.courses[0].last_event_at
        assert time is not None
        assert f"{time.astimezone(local_zone()):%H:%M}" == shown


def test_who_is_no_admin_is_told_whom_to_ask(
    open_alone: Callable[..., AppTest],
    text_of: Callable[[AppTest], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The sentence is the API's own, and nothing else is on the page."""

    def refuse(_: AdminClient) -> None:
        raise AccessRefusedError("This is for admins: ask one of them.")

    monkeypatch.setattr(AdminClient, "courses", refuse)
    text = text_of(open_alone("admin"))
    assert "This is for admins: ask one of them." in text
    assert 'class="cp-table' not in text


@pytest.mark.parametrize(
    ("part", "asks", "not_asked"),
    [
        ("courses", "courses", "actions"),
        ("enrolment", "courses", "actions"),
        ("registration", "courses", "actions"),
        ("accounts", "courses", "accounts"),
        ("tokens", "courses", "tokens"),
        ("stored", "courses/python-1/stored", "actions"),
        ("health", "health", "actions"),
    ],
)
def test_projected_it_shows_nobody(
    part: str,
    asks: str,
    not_asked: str,
    open_part: Callable[..., AppTest],
    text_of: Callable[[AppTest], str],
    made_up: Any,
) -> None:
    """No account, no roster, no student and no log: it says so, with the way to the names."""
    made_up.asked.clear()
    app = open_part(part, {"projector": "1"})
    app.session_state["admin_new_link"] = admin_examples.LINK
    app.run()
    text = text_of(app)
    for name in ("ada", "ben", "Ada"):
        assert re.search(rf"\b{name}\b", text) is None, name
    assert not app.code
    assert not [each for each in app.text_input if each.key == "admin_student"]
    assert not app.get("file_uploader") or part == "registration"
    assert "Names are hidden now" in text
    assert f'<a href="?course=python-1&amp;part={part}" target="_self">Leave projector' in text
    assert f"{ADMIN}/{asks}" in made_up.asked
    assert f"{ADMIN}/{not_asked}" not in made_up.asked


@pytest.mark.parametrize(
    ("status", "body", "raised", "words"),
    [
        (
            403,
            {"detail": "this is for admins: ask"},
            AccessRefusedError,
            "This is for admins: ask.",
        ),
        (409, {"detail": "there is one already"}, ChangeRefusedError, "There is one already."),
        (
            422,
            {"detail": "x", "errors": [{"field": "title", "message": "is too long"}]},
            ChangeRefusedError,
            "Is too long.",
        ),
        (422, ["no problem"], ChangeRefusedError, "different versions"),
        (503, {"detail": "away"}, NumbersUnavailableError, "can't be had right now"),
        (200, {"courses": 5}, NumbersUnavailableError, "different versions"),
    ],
)
def test_what_the_api_refuses_is_said_in_its_words(
    status: int, body: Any, raised: type[Exception], words: str
) -> None:
    """Each refusal is one sentence for the admin, who can act on it."""
    transport = httpx.MockTransport(lambda _: httpx.Response(status, json=body))
    client = AdminClient(httpx.Client(transport=transport, base_url="http://api"), "token")
    with pytest.raises(raised, match=re.escape(words)):
        client.courses()
