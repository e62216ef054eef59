"""Health on the Admin page: each level by its shape, and each part in a sentence."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from analytics.admin import examples as admin_examples
from analytics.admin.health_responses import HealthCode, HealthLine
from streamlit_app.admin.health import in_words
from streamlit_app.language.text import speaking


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
    assert "not all is well: see what" in text
    assert '<dd class="cp-alarm">7</dd>' in text
    assert "<dd>?</dd>" in text
    assert "<dd>1,000</dd>" in text


def test_health_says_that_the_api_does_not_answer(
    made_up: Any, open_part: Callable[..., AppTest], text_of: Callable[[AppTest], str]
) -> None:
    """When it hangs, the page says so in seconds, and keeps what it knew, grey and with its time.

    Its first answer is not cut: how every part is may take longer than an API may be silent.
    """
    page = open_part("health")
    assert "it does not answer" not in text_of(page)
    made_up.api_hangs = True
    page.run(timeout=25)  # the machine may be busy; an answer was once waited for 120 s
    made_up.api_hangs = False
    text = text_of(page)
    assert "What you see is from" in text
    assert "not all is well" in text
    [api] = re.findall("<tr>(?:(?!<tr>).)*aggregation API.*?</tr>", text)
    assert 'data-level="bad"' in api
    assert "it does not answer" in api
    assert 'data-level="well"' in text.split("health-stores")[1]  # as they were
    assert "it does not answer" not in text_of(page.run())


def test_health_of_an_api_that_never_answered_names_it_alone(
    made_up: Any, open_alone: Callable[..., AppTest], text_of: Callable[[AppTest], str]
) -> None:
    """Nothing is known of the other parts, and nothing is said of them."""
    made_up.api_is_away = True
    text = text_of(open_alone("admin", part="health"))
    assert text.count("it does not answer") == 1
    assert "aggregation API" in text


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
