"""The texts of the pages: all marked, all translated, each viewer's in their own language."""

import ast
import json
import re
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import ValidationError
from starlette.requests import HTTPConnection
from streamlit.testing.v1 import AppTest

import analytics.sign_in.routes
import analytics.sign_in.sign_in
import analytics.stores
import streamlit_app.app
from analytics.attention.responses import ReasonCode
from analytics.attention.rule import Ground
from analytics.attention.wording import in_words
from analytics.my_progress.answers import without_few_others
from analytics.sign_in.responses import PasswordRequest
from analytics.sign_in.sign_in import TooManyAttemptsError
from flows.accounts import password_code
from streamlit_app.attention.reasons import reason_text
from streamlit_app.language import catalogue, streamlit_words
from streamlit_app.language.choice import COOKIE, ENGLISH, LOCALES, NAMES, choose, chosen
from streamlit_app.language.formats import day_and_exact_clock, number
from streamlit_app.language.text import Plural, Text, language, speaking
from streamlit_app.page_parts import wording
from streamlit_app.sign_in import pages as sign_in
from tests.streamlit_app.language.unmarked import unmarked

OTHERS = sorted(LOCALES.keys() - {ENGLISH})
PAGES = Path(streamlit_app.app.__file__).parent
PLACEHOLDERS = re.compile(r"\{(\w+)\}")
#: What runs the pages and draws none; the bar is in the folder of the languages.
NO_PAGES = {
    "page_files.py",
    "page_parts/palette.py",
    "serve.py",
    "settings.py",
    "sign_in/access.py",
}
MOMENT = datetime(2026, 11, 5, 9, 3, 7, tzinfo=UTC)


def test_every_language_has_a_name_and_a_catalogue() -> None:
    """Whatever can be chosen can be shown."""
    assert NAMES.keys() == LOCALES.keys()
    assert {path.stem for path in catalogue.FOLDER.glob("*.po")} == set(OTHERS)


@pytest.mark.parametrize("spoken", OTHERS)
def test_no_text_lacks_a_translation(spoken: str) -> None:
    """No text is empty or guessed in a language."""
    assert catalogue.untranslated(catalogue.read(spoken)) == []


@pytest.mark.parametrize("spoken", OTHERS)
def test_the_catalogue_is_current(spoken: str) -> None:
    """It holds exactly the texts of the code; `make language` brings it up to date."""
    kept = (catalogue.FOLDER / f"{spoken}.po").read_bytes()
    now = catalogue.updated(spoken, catalogue.template())
    assert catalogue.written(spoken, now).decode() == kept.decode()


@pytest.mark.parametrize("spoken", OTHERS)
def test_a_translation_has_the_same_placeholders(spoken: str) -> None:
    """What is filled in is filled in, in every language."""
    for message in catalogue.read(spoken):
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        for string in strings:
            assert set(PLACEHOLDERS.findall(string)) == set(PLACEHOLDERS.findall(ids[-1])), ids


@pytest.mark.parametrize(
    "name",
    [
        name
        for name in sorted(str(path.relative_to(PAGES)) for path in PAGES.rglob("*.py"))
        if not name.startswith("language/") and name not in NO_PAGES
    ],
)
def test_every_text_of_a_page_is_marked(name: str) -> None:
    """What reads like words stands in Text(…) or Plural(…)."""
    assert unmarked(ast.parse((PAGES / name).read_text("utf-8"))) == []


def test_an_unmarked_text_is_found() -> None:
    """The search knows a constant, a part of one and a text in the midst of the code."""
    code = '''
"""A docstring is no text."""
TITLE: Final = "Live"
WORDS = {"a key is none": "here now", "name": Text("by name")}
COLUMNS = (Column("Student"),)
_COOKIE = "cellpulse_read"
def draw(wanted):
    """Nor is this one."""
    st.button("Show all", key="show_all")
    st.html(f'<p class="cp-muted">{TITLE}</p>')
    if wanted == "name":
        card_title("Errors")
    return f"{wanted} went away"
'''
    found = ["Live", "here now", "Student", "Show all", "Errors", " went away"]
    assert unmarked(ast.parse(code)) == found


def test_a_text_is_drawn_in_the_language_of_who_sees_it() -> None:
    """The same text is another one in another language, however it is drawn."""
    text, count = Text("Student"), Plural("{n} day", "{n} days")
    assert [str(text), f"{text}", count.format(1), count.format(1200)] == [
        "Student",
        "Student",
        "1 day",
        "1,200 days",
    ]
    with speaking("ja"):
        assert [str(text), f"{text}", count.format(1)] == ["受講者", "受講者", "1日"]
        assert count.forms() == {"one": "{n}日", "other": "{n}日"}
    assert str(text) == "Student"
    assert str(Text("")) == ""


def test_words_that_streamlit_writes_by_itself_are_put_into_the_language() -> None:
    """Each is found by a pattern, with what varies; only a page that is not in English does it."""
    with speaking("ja"):
        script = streamlit_words.script()
    (pairs,) = re.findall(r"const words = (\[\[.*\]\])\.map", script)
    patterns = dict(json.loads(pairs))
    assert len(patterns) == len(streamlit_words.WORDS)
    (help_for,) = (each for each in patterns if re.match(each, "Help for 3 (x)"))
    assert patterns[help_for] == "$1の説明"
    (size,) = (each for each in patterns if re.match(each, "200MB per file"))
    assert patterns[size] == "1ファイル$1まで"
    assert not any(re.match(each, "Uploads") for each in patterns)


def test_a_language_is_of_one_thread_only() -> None:
    """Who draws meanwhile for somebody else does so in their language."""
    seen: dict[str, str] = {}
    with speaking("ja"):
        other = threading.Thread(target=lambda: seen.update(other=language()))
        other.start()
        other.join()
        seen["own"] = language()
    assert seen == {"other": "en", "own": "ja"}


def test_numbers_and_times_are_written_as_the_language_does() -> None:
    """Each language has its own order of day and month, and its own words for a length."""
    assert [number(12345.5), day_and_exact_clock(MOMENT)] == ["12,345.5", "5 Nov 09:03:07"]
    assert [wording.percent(0.256), wording.duration(1234)] == ["26%", "1.2 s"]
    with speaking("ja"):
        assert [number(12345.5), day_and_exact_clock(MOMENT)] == ["12,345.5", "11月5日 9:03:07"]
        assert [wording.percent(0.256), wording.duration(1234)] == ["26%", "1.2秒"]


@pytest.mark.parametrize(
    ("cookie", "accepted", "expected"),
    [
        (None, None, "en"),
        (None, "ja", "ja"),
        (None, "ja-JP,ja;q=0.9,en;q=0.8", "ja"),
        (None, "fr-FR,en;q=0.7,ja;q=0.8", "ja"),
        (None, "en-US,ja;q=0.5", "en"),
        (None, "fr, de;q=0.5", "en"),
        (None, "ja;q=0, en;q=0.1", "en"),
        (None, "ja;q=many", "en"),
        ("en", "ja", "en"),
        ("ja", "en", "ja"),
        ("fr", "ja", "ja"),
    ],
)
def test_the_choice_goes_before_the_browsers_languages(
    cookie: str | None, accepted: str | None, expected: str
) -> None:
    """Without either, and for a language that there is not, it is English."""
    assert chosen(cookie, accepted) == expected


def _request(path: str, **headers: str) -> HTTPConnection:
    encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
    return HTTPConnection(
        {
            "type": "http",
            "scheme": "http",
            "path": path,
            "headers": encoded,
            "server": ("cellpulse.test", 80),
            "query_string": b"",
        }
    )


@pytest.mark.parametrize(
    ("referer", "back"),
    [
        ("http://cellpulse.test/student?course=a&student=b", "/student?course=a&student=b"),
        ("http://cellpulse.test//evil.test/x", "/evil.test/x"),
        ("http://evil.test/student?course=a", "/"),
        ("", "/"),
    ],
)
def test_choosing_a_language_leads_back_to_the_page(referer: str, back: str) -> None:
    """To the page of this very host where it was chosen; the choice is kept in a cookie."""
    answer = choose(_request("/language/ja", host="cellpulse.test", referer=referer))
    assert (answer.status_code, answer.headers["location"]) == (303, back)
    assert answer.headers["set-cookie"].startswith(f"{COOKIE}=ja; HttpOnly; Max-Age=31536000")


def test_a_language_that_there_is_not_can_not_be_chosen() -> None:
    """It is no page."""
    answer = choose(_request("/language/fr", host="cellpulse.test"))
    assert answer.status_code == 404
    assert "set-cookie" not in answer.headers


def _grounds() -> Iterator[Ground]:
    """Return reasons with few and many, with and without what may lack."""
    common: dict[str, Any] = {
        "check": "sum",
        "error": "NameError",
        "exercise": "1.2",
        "failed": 3,
        "median_solved": 4.0,
        "message": "name 'x' is not defined",
        "minutes": 4.96,
        "others": 20,
        "others_at_work": 15,
        "others_had": 3,
        "others_minutes": 0.4,
        "others_solved": 9,
        "others_started": 12,
        "solved": 2,
    }
    lacking = {"check": None, "error": None, "exercise": None, "minutes": 1.0, "others": 0}
    for code in get_args(ReasonCode):
        counted = {"times": 5} if code == "failed_checks" else {"runs": 6}
        for changed in ({}, lacking, {"minutes": 0.04, "median_solved": 2.5}):
            yield Ground(code, MOMENT, {**common, **counted, **changed}, ["1-1"])
    yield Ground("unsolved", MOMENT, {**common, "runs": 1}, ["1-1"])


@pytest.mark.parametrize("ground", list(_grounds()), ids=lambda ground: ground.code)
def test_a_reason_reads_in_english_as_the_api_words_it(ground: Ground) -> None:
    """From `code` and `values` alone the page makes the same sentence; in Japanese its own."""
    reason = in_words(ground)
    assert reason_text(reason) == reason.text
    with speaking("ja"):
        japanese = reason_text(reason)
    assert not re.search(r"\b(?!NameError\b|sum\b)[a-z]{2,}", japanese), japanese
    assert not re.search(r"[{}]", japanese)


@pytest.mark.parametrize(
    ("code", "japanese"),
    [
        ("unsolved", "1.2に5分取り組み(6回の実行)、まだ正解していません"),
        ("idle", "5分間実行がありません"),
        ("left_after_failure", "失敗のあと、5分前に退出しました"),
    ],
)
def test_a_reason_without_the_few_others_reads_in_the_viewers_language(
    code: ReasonCode, japanese: str
) -> None:
    """On a student's own page, in a class of fewer than five others: in English as of the API."""
    few = {"others": 4, "others_started": 3}
    told = next(
        without_few_others(in_words(Ground(code, MOMENT, {**ground.values, **few}, ["1-1"])))
        for ground in _grounds()
        if ground.code == code
    )
    assert not any(name.startswith(("others", "median")) for name in told.values)
    assert reason_text(told) == told.text
    with speaking("ja"):
        assert reason_text(told) == japanese


def test_a_reason_of_another_version_is_told_as_the_api_words_it() -> None:
    """Without the values that its sentence needs there is still the API's own."""
    reason = in_words(next(_grounds())).model_copy(update={"values": {}})
    with speaking("ja"):
        assert reason_text(reason) == reason.text


def test_why_the_api_gives_no_token_is_known_word_by_word() -> None:
    """What the API says when somebody can't sign in has its translation under the same words."""
    sources = "".join(
        Path(module.__file__ or "").read_text("utf-8")
        for module in (
            analytics.sign_in.sign_in,
            analytics.sign_in.routes,
            analytics.stores,
            password_code,
        )
    )
    for text in sign_in.OF_API[:1] + sign_in.OF_API[2:]:
        assert text.english.split(":")[0] in sources
        assert text.english.partition(":")[2] in sources
    with pytest.raises(ValidationError, match=sign_in.OF_API[1].english):
        PasswordRequest.model_validate({"code": "", "password": "short"})
    assert sign_in.TOO_MANY.format(n=15) == str(TooManyAttemptsError(900))


def test_two_viewers_read_the_same_page_each_in_their_language(
    open_alone: Callable[..., AppTest], made_up: Any, text_of: Callable[[AppTest], str]
) -> None:
    """A session's language is its own, also when its page is drawn again."""
    made_up.run("Heron", "error", error_name="NameError", error_message="name 'x'")
    english, japanese = open_alone("live"), AppTest.from_string(_LIVE, default_timeout=30)
    japanese.query_params["course"] = "python-101"
    japanese.session_state["language"] = "ja"
    for _ in range(2):
        japanese.run()
        english.run()
        assert "対応が必要な受講者" in text_of(japanese)
        assert "Who needs a person" in text_of(english)
        assert "Who needs a person" not in text_of(japanese)


_LIVE = "from streamlit_app.live import page\npage.show()"
