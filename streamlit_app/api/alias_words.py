"""The two neutral words that stand for a student while a page is shown to the class.

The words are in alias_words.json and in no catalogue: each language has its own, as many as the
others, and what stands at the same place need not mean the same.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from analytics.class_view.responses import ALIASES

_WORDS: Final[Mapping[str, Mapping[str, str]]] = json.loads(
    Path(__file__).with_suffix(".json").read_text("utf-8")
)
_COLOURS: Final = {language: words["colours"].split() for language, words in _WORDS.items()}
_ANIMALS: Final = {language: words["animals"].split() for language, words in _WORDS.items()}
_NUMBERED: Final = "{words} {number}"
LANGUAGES: Final = tuple(_WORDS)


def someone(language: str) -> str:
    """Return what stands for a student who has no alias yet."""
    return _WORDS[language]["someone"]


def alias(number: int, language: str) -> str:
    """Return an alias in a language: two words, and a number from the second round on."""
    turn, place = divmod(number, ALIASES)
    animal, colour = divmod(place, len(_COLOURS[language]))
    words = _WORDS[language]["form"].format(
        colour=_COLOURS[language][colour], animal=_ANIMALS[language][animal]
    )
    return _NUMBERED.format(words=words, number=turn + 1) if turn else words
