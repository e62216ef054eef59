"""Who changed what, at the end of each part of the Admin page."""

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from analytics.admin import examples as admin_examples
from analytics.admin.course_responses import AdminActionLine
from streamlit_app.admin.log import in_detail
from streamlit_app.language.text import speaking


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
        ("stored", "What is stored about python-1"),
        ("health", "all is well"),
    ):
        text = text_of(open_part(part))
        assert words in text, part
        assert "30 new, 0 changed" in text, part


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
