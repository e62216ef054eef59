"""The Admin page's logic, over an API that answers what the test decides."""

import io
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from streamlit.testing.v1 import AppTest

from analytics.admin import examples as admin_examples
from analytics.admin.account_responses import AccountLink, NewAccount
from analytics.admin.course_responses import AdminActionLine, CourseSettings
from analytics.admin.health_responses import HealthCode, HealthLine
from analytics.admin.stored_responses import StoredRows
from flows.models import Base
from streamlit_app.admin.health import in_words
from streamlit_app.admin.log import in_detail
from streamlit_app.admin.registration import MIXED, packed, refused
from streamlit_app.admin.stored import TABLES, store_name
from streamlit_app.api.admin_client import AdminClient, ChangeRefusedError
from streamlit_app.api.errors import AccessRefusedError, NumbersUnavailableError
from streamlit_app.language.text import speaking
from streamlit_app.session import local_zone

ADMIN = "/api/v1/admin"


@dataclass(frozen=True)
class Sent:
    """A file as the browser sends it."""

    name: str
    content: bytes = b"{}"

    def getvalue(self) -> bytes:
        return self.content


@pytest.fixture
def open_part(made_up: Any, open_alone: Callable[..., AppTest]) -> Callable[..., AppTest]:
    """Return a function that opens a part of the page as an admin; answers can be replaced."""
    usual = {
        "courses": admin_examples.COURSES,
        "actions": admin_examples.ACTIONS,
        "accounts": admin_examples.ACCOUNTS,
        "tokens": admin_examples.TOKENS,
        "health": admin_examples.HEALTH,
        "courses/python-1/retention": admin_examples.RETENTION,
        "courses/python-1/stored": admin_examples.OF_COURSE,
        "students/s01/stored": admin_examples.ABOUT_STUDENT,
    }

    def open_part(part: str, query: dict[str, str] | None = None, **answers: Any) -> AppTest:
        for path, answer in (usual | answers).items():
            made_up.answer_with[f"{ADMIN}/{path}"] = answer.model_dump(mode="json")
        return open_alone("admin", course="python-1", part=part, **(query or {}))

    return open_part


def test_every_part_ends_with_who_changed_what(
    open_part: Callable[..., AppTest], text_of: Callable[[AppTest], str]
) -> None:
    """Whatever part the address names; a part that is none is that of the courses."""
    for part, words in (
        ("courses", "Programming 1"),
        ("nonsense", "Programming 1"),
        ("enrolment", "Enrol students in python-1"),
        ("registration", "Register the notebooks of python-1"),
        ("accounts", "instructor"),
        ("tokens", "those of python-1 and of every course"),
        ("stored", "What is stored of python-1"),
        ("health", "all is well"),
    ):
        text = text_of(open_part(part))
        assert words in text, part
        assert "30 new, 0 changed" in text, part


def test_health_says_each_level_by_shape_and_word(
    open_part: Callable[..., AppTest], text_of: Callable[[AppTest], str]
) -> None:
    """No level is told by its colour alone, and a loss is set off from the other numbers."""
    words = {"well": "well", "watch": "look at it", "bad": "mend it", "off": "not in use"}
    lines = [HealthLine(name=level, level=level, code="ok", values={}, words="") for level in words]
    events = {"accepted": 1_000, "duplicates": 0, "rejected": None, "lost": 7}
    health = admin_examples.HEALTH.model_copy(update={"stores": lines, "events": events})
    text = text_of(open_part("health", health=health))
    for level, word in words.items():
        assert f'data-level="{level}" aria-hidden="true"></span>' in text
        assert f'<span class="cp-word">{word}</span>' in text
    assert '<dd class="cp-alarm">7</dd>' in text
    assert "<dd>?</dd>" in text
    assert "<dd>1,000</dd>" in text


@pytest.mark.parametrize(
    ("code", "values", "english", "japanese"),
    [
        ("down", {}, "it does not answer", "応答がありません"),
        (
            "lag",
            {"events": 1, "seconds": 0.24, "missed": 0},
            "1 event behind, 0.2 s",
            "1件、0.2秒の遅れ",
        ),
        (
            "missed",
            {"events": 2_000, "seconds": 3, "missed": 5},
            "2,000 events behind, 3 s; it missed 5 events or more",
            "2,000件、3秒の遅れ。5件以上を取りこぼしました",
        ),
        ("used", {"used_bytes": 2.5e6}, "2.5 MB in use", "2.5 MBを使用中"),
        (
            "used_of",
            {"used_bytes": 12e9, "limit_bytes": 50e9},
            "12.0 GB of 50.0 GB in use",
            "50.0 GBのうち12.0 GBを使用中",
        ),
        (
            "never",
            {},
            "none was made yet: 'cellpulse backup' makes one",
            "まだ作成されていません。「cellpulse backup」で作成できます",
        ),
        (
            "made",
            {"age_seconds": 3_600},
            "the last one was made 1 hour ago",
            "前回の作成は1時間前です",
        ),
    ],
)
def test_what_health_says_is_the_pages_sentence(
    code: HealthCode, values: dict[str, float], english: str, japanese: str
) -> None:
    """Each code of the API has a sentence with its numbers in each language."""
    line = HealthLine(name="lake", level="well", code=code, values=values, words="")
    assert in_words(line) == english
    with speaking("ja"):
        assert in_words(line) == japanese


@pytest.mark.parametrize(
    ("what", "values", "english", "japanese"),
    [
        (
            "course made",
            {"title": "Programming 1", "time_zone": None},
            "Programming 1, the browser's time",
            "Programming 1、ブラウザーの時刻",
        ),
        (
            "course changed",
            {"title": None, "time_zone": "Asia/Tokyo", "retention_days": 1},
            "no title, Asia/Tokyo, students kept 1 day",
            "タイトルなし、Asia/Tokyo、受講者の保持は1日間",
        ),
        (
            "course changed",
            {"title": None, "time_zone": "Asia/Tokyo", "retention_days": None},
            "no title, Asia/Tokyo, students kept for ever",
            "タイトルなし、Asia/Tokyo、受講者の保持は無期限",
        ),
        (
            "students enrolled",
            {"new": 30, "changed": 0},
            "30 new, 0 changed",
            "新規30人、変更0人",
        ),
        (
            "course registered",
            {"notebooks": 1, "exercises": 2, "new": 2, "retired": 0},
            "1 notebook, 2 exercises, 2 new, 0 retired",
            "ノートブック1個、演習2個(新規2個、廃止0個)",  # noqa: RUF001 - Japanese is meant
        ),
        (
            "account made",
            {"account": "ben", "role": "assistant", "courses": ["py"], "sections": ["A", "B"]},
            "ben, assistant of py (section A, B)",
            "ben、TA、対象: py(セクションA, B)",
        ),
        (
            "account made",
            {"account": "ben", "role": "admin", "courses": [], "sections": []},
            "ben, admin",
            "ben、管理者",
        ),
        ("account removed", {"account": "ben"}, "ben", "ben"),
        (
            "token revoked",
            {"token": "3f2a", "scope": "read", "every_course": True, "of_one_student": False},
            "3f2a, read, every course",
            "3f2a, 閲覧, すべてのコース",
        ),
        ("token revoked", {"token": "3f2a", "scope": "new"}, "as the API says", "as the API says"),
        ("account made", {}, "as the API says", "as the API says"),
        ("something new", {}, "as the API says", "as the API says"),
    ],
)
def test_what_was_changed_is_the_pages_sentence(
    what: str, values: dict[str, Any], english: str, japanese: str
) -> None:
    """Each change has a sentence in each language; what an older version noted is the API's."""
    [example] = admin_examples.ACTIONS.actions
    given = {"what": what, "values": values, "details": "as the API says"}
    line = AdminActionLine.model_validate(example.model_dump() | given)
    assert in_detail(line) == english
    with speaking("ja"):
        assert in_detail(line) == japanese


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
    assert "With 365 days, 3 students would be erased now." in text_of(app)
    keys = {each.key for each in app.button}
    assert "admin_keep" in keys
    assert "admin_retention" not in keys
    days.set_value(30).run()
    assert "3 students of python-1 are erased within minutes" in text_of(app)
    app.button(key="admin_retention").click().run()
    assert "python-1 keeps students 30 days after their last event." in text_of(app)
    app.button(key="admin_keep").click().run()
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
    assert "admin_keep" not in {each.key for each in kept.button}


def test_a_token_that_holds_is_revoked_after_a_question(
    open_part: Callable[..., AppTest],
    text_of: Callable[[AppTest], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """All are listed by a short id; what is revoked already is not offered."""
    asked: list[str] = []
    monkeypatch.setattr(AdminClient, "revoke_token", lambda _, token_id: asked.append(token_id))
    app = open_part("tokens")
    text = text_of(app)
    holds, revoked = admin_examples.TOKENS.tokens
    assert holds.token_id[:8] in text
    assert "revoked 14 Sept 2026 09:30" in text
    choice = app.selectbox(key="admin_token")
    assert choice.options == ["3f2a9c0e, send events, python-1, ada"]
    assert revoked.token_id[:8] in text
    assert "admin_revoke" not in {each.key for each in app.button}
    choice.set_value(holds.token_id).run()
    assert "is shut out from now on" in text_of(app)
    app.button(key="admin_revoke").click().run()
    assert asked == [holds.token_id]
    assert "The token 3f2a9c0e was revoked." in text_of(app)


def test_tokens_of_all_pages_are_shown() -> None:
    """The client asks for page after page, however many there are."""
    first, second = admin_examples.TOKENS.tokens
    pages = {
        None: admin_examples.TOKENS.model_copy(update={"tokens": [first], "next_before": "1-a"}),
        "1-a": admin_examples.TOKENS.model_copy(update={"tokens": [second]}),
    }

    def answer(request: httpx.Request) -> httpx.Response:
        page = pages[request.url.params.get("before")]
        return httpx.Response(200, text=page.model_dump_json())

    with httpx.Client(transport=httpx.MockTransport(answer), base_url="http://api") as http:
        assert AdminClient(http, "t").tokens() == admin_examples.TOKENS


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


def test_a_link_is_shown_once(
    open_part: Callable[..., AppTest], text_of: Callable[[AppTest], str]
) -> None:
    """After the account was made, and not any more after anything else."""
    app = open_part("accounts")
    link = admin_examples.LINK
    app.session_state["admin_new_link"] = link
    app.run()
    assert [code.value.endswith(link.path) for code in app.code] == [True]
    app.run()
    assert not app.code
    assert "ada" in text_of(app)


def test_each_role_is_asked_for_what_it_takes(
    open_part: Callable[..., AppTest],
    text_of: Callable[[AppTest], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An instructor for courses, an assistant for sections of one, an admin for neither."""
    asked: list[NewAccount] = []

    def make(_: AdminClient, account: NewAccount) -> AccountLink:
        asked.append(account)
        return admin_examples.LINK

    monkeypatch.setattr(AdminClient, "add_account", make)
    app = open_part("accounts")
    assert "python-1 (section A)" in text_of(app)
    app.text_input(key="account_name/0").set_value("cy")
    app.selectbox(key="account_role/0").set_value("instructor").run()
    assert app.multiselect(key="account_courses/0").options == ["python-1"]
    app.selectbox(key="account_role/0").set_value("admin").run()
    assert not app.multiselect
    app.selectbox(key="account_role/0").set_value("assistant").run()
    app.selectbox(key="account_course/0").set_value("python-1").run()
    sections = app.multiselect(key="account_sections/0/python-1")
    assert sections.options == ["A", "B"]
    sections.set_value(["B"])
    app.button(key="admin_make_account").click().run()
    assert [each.model_dump() for each in asked] == [
        {"account": "cy", "role": "assistant", "courses": ["python-1"], "sections": ["B"]}
    ]
    assert "The account cy was made" in text_of(app)
    assert app.text_input(key="account_name/1").value == ""


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


def test_notebooks_are_sent_as_one_zip_file() -> None:
    """Several become one; a zip file stays as it is; what can't go together is refused."""
    with zipfile.ZipFile(io.BytesIO(packed([Sent("1.ipynb", b"a"), Sent("2.ipynb")]))) as archive:
        assert archive.namelist() == ["1.ipynb", "2.ipynb"]
        assert archive.read("1.ipynb") == b"a"
    assert packed([Sent("all.zip", b"PK")]) == b"PK"
    assert refused([Sent("1.ipynb"), Sent("2.ipynb")]) is None
    assert refused([Sent("all.zip")]) is None
    assert refused([Sent("all.zip"), Sent("1.ipynb")]) == str(MIXED)
    assert "called 1.ipynb" in (refused([Sent("1.ipynb"), Sent("1.ipynb")]) or "")


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
