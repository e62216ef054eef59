"""What the API says in its own words is known to the pages, and said in the viewer's language."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from analytics.admin import account_routes, course_responses, token_routes
from analytics.export import job
from analytics.sign_in import (
    hub_provider,
    identity_provider,
    oauth,
    roles,
    routes,
    single_sign_on,
)
from flows.bundle import groups
from flows.course import notebook_files, notebook_zip, read_course, register
from flows.enrollment import roster
from flows.export import source
from flows.progsnap2 import csv_file
from flows.stores import accounts, courses
from ingest_api import events
from streamlit_app.api import admin_words
from streamlit_app.api.admin_words import fault_in_words, refusal_in_words
from streamlit_app.export import made
from streamlit_app.language.of_api import in_words
from streamlit_app.language.text import Text, speaking
from streamlit_app.sign_in import provider

SIGN_IN = (hub_provider, identity_provider, oauth, roles, routes, single_sign_on)
SETTINGS = (account_routes, accounts, course_responses, courses, events, token_routes)
EXPORTS = (groups, job, source)
NOTEBOOKS = (notebook_files, notebook_zip, read_course, register)


@pytest.mark.parametrize(
    ("texts", "modules"),
    [
        (provider.OF_API, SIGN_IN),
        (admin_words.OF_SETTINGS, SETTINGS),
        (admin_words.OF_ROSTER, (roster, csv_file)),
        (admin_words.OF_NOTEBOOKS, NOTEBOOKS),
        (made.OF_API, EXPORTS),
    ],
    ids=["sign-in", "settings", "roster", "notebooks", "exports"],
)
def test_the_words_of_the_api_are_known(
    texts: tuple[Text, ...], modules: tuple[ModuleType, ...]
) -> None:
    """Each text is a sentence of a module that says it, or begins one that a constant ends."""
    said = {words for module in modules for words in _said_in(Path(module.__file__ or ""))}
    for text in texts:
        words = re.sub(r"\{\w+\}", "{}", text.english)
        ends = [(words[: at.end()], words[at.end() :]) for at in re.finditer(": ", words)]
        in_two = any(f"{first}{{}}" in said and then in said for first, then in ends)
        by_another = any({first[:-2], f"{{}}: {then}"} <= said for first, then in ends)
        assert words in said or in_two or by_another, words


def _said_in(source: Path) -> Iterator[str]:
    """Yield each text of a module, with `{}` in the place of what is put in."""
    for node in ast.walk(ast.parse(source.read_text("utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            yield "".join(
                str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values
            )


@pytest.mark.parametrize(
    ("detail", "japanese"),
    [
        (
            "this took too long: sign in again",
            "時間がかかりすぎました。もう一度サインインしてください",
        ),
        (
            "nothing is open here to a {b}: c: ask whoever runs Cellpulse at your school",
            "「a {b}: c」が開けるものはここにはありません。学校のCellpulseの管理者に問い合わせてください",  # noqa: E501
        ),
        ("something new: try it", "something new: try it"),
    ],
)
def test_why_a_provider_lets_nobody_in_is_said_in_the_viewers_language(
    detail: str, japanese: str
) -> None:
    """With what the API put into it; what is not known stays as the API says it."""
    assert in_words(detail, provider.OF_API) == detail
    with speaking("ja"):
        assert in_words(detail, provider.OF_API) == japanese


@pytest.mark.parametrize(
    ("said", "japanese"),
    [
        (
            ["there is no course 'x': make it first"],
            "コース'x'はありません。先に作成してください。",
        ),
        (
            ["a/1.ipynb: not UTF-8 (byte 7): save it with that encoding"],
            "a/1.ipynb: UTF-8ではありません(7バイト目)。UTF-8で保存し直してください。",
        ),
        (
            ["new words", "must hold a character that can be seen"],
            "New words; 目に見える文字を含めてください。",
        ),
    ],
)
def test_why_an_admins_wish_is_refused_is_said_in_the_viewers_language(
    said: list[str], japanese: str
) -> None:
    """As a sentence; of several faults each."""
    english = refusal_in_words(said)
    assert english.lower() == f"{'; '.join(said)}.".lower()
    assert english[0].isupper() == ("/" not in english)
    with speaking("ja"):
        assert refusal_in_words(said) == japanese


@pytest.mark.parametrize(
    ("said", "japanese"),
    [
        (
            "the student 's1' is in line 2 too: keep one",
            "受講者's1'は2行目にもあります。どちらかを残してください",
        ),
        (
            "student_id 's\\\\1': must not contain control characters, line breaks or a backslash",
            "student_id 's\\\\1': 制御文字、改行、バックスラッシュは使えません",
        ),
        ("name 'x': String should have at most 200 characters",) * 2,
    ],
)
def test_a_fault_of_a_roster_is_said_in_the_viewers_language(said: str, japanese: str) -> None:
    """Also what is wrong with what stands in a column."""
    assert fault_in_words(said) == said
    with speaking("ja"):
        assert fault_in_words(said) == japanese


def test_what_a_program_says_stays_as_it_is() -> None:
    """A placeholder takes whatever stands there, also what looks like one."""
    said: Any = "there is a course '{course}' already: choose it to change it"
    assert in_words(said, admin_words.OF_SETTINGS) == said
