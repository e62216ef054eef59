"""Texts of the pages: written in English, put into the viewer's language when they are drawn.

A process serves viewers of every language at once, so a text is translated neither at import nor
into anything that is kept: `str(text)`, `f"{text}"` and `text.format(…)` ask each time whose page
it is. A text is no `str`, so that mypy finds the place where one would be drawn as it is.
"""

import gettext
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import streamlit as st
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from streamlit.runtime.scriptrunner import get_script_run_ctx

from streamlit_app.language.choice import COOKIE, ENGLISH, LOCALES, chosen

_FOLDER: Final = Path(__file__).parent
_KEPT: Final = "language"
_SPOKEN: ContextVar[str | None] = ContextVar("spoken", default=None)


@dataclass(frozen=True)
class Text:
    """A text of a page, maybe with `{placeholders}`.

    Args:
        english: The text, which is also its key in the catalogue.
    """

    english: str

    def __str__(self) -> str:
        """Return the text in the viewer's language."""
        return _catalogue(language()).gettext(self.english) if self.english else ""

    def format(self, **values: object) -> str:
        """Return the text in the viewer's language, with its placeholders filled in."""
        return str(self).format(**values)


@dataclass(frozen=True)
class Plural:
    """A text that depends on a number, which it has as `{n}`.

    Args:
        one: The text for 1.
        other: The text for every other number.
    """

    one: str
    other: str

    def format(self, n: float, **values: object) -> str:
        """Return the text for a number in the viewer's language, filled in."""
        return self._for(n).format(n=decimal(n, locale()), **values)

    def forms(self) -> dict[str, str]:
        """Return both forms, for a script in the browser."""
        return {"one": self._for(1), "other": self._for(2)}

    def _for(self, n: float) -> str:
        return _catalogue(language()).ngettext(self.one, self.other, 1 if n == 1 else 2)


def language() -> str:
    """Return the language of whoever sees what is drawn now, one of `LOCALES`.

    It is that of the block in `speaking`, else that of the Streamlit session, else English.
    """
    spoken = _SPOKEN.get()
    if spoken is not None:
        return spoken
    if get_script_run_ctx(suppress_warning=True) is None:
        return ENGLISH
    if _KEPT not in st.session_state:
        headers = st.context.headers
        st.session_state[_KEPT] = chosen(
            st.context.cookies.get(COOKIE),
            headers.get("Accept-Language") or st.context.locale,
        )
    return str(st.session_state[_KEPT])


def locale() -> str:
    """Return the locale by which numbers and times are written for the viewer."""
    return LOCALES[language()]


@contextmanager
def speaking(spoken: str) -> Iterator[None]:
    """Draw in a language within this block, in this thread and task only."""
    token = _SPOKEN.set(spoken)
    try:
        yield
    finally:
        _SPOKEN.reset(token)


def for_browser(texts: Mapping[str, Any]) -> dict[str, Any]:
    """Return texts in the viewer's language as a script gets them: plurals as their forms."""
    return {name: _for_browser(text) for name, text in texts.items()}


def _for_browser(text: Any) -> Any:
    if isinstance(text, Text):
        return str(text)
    if isinstance(text, Plural):
        return text.forms()
    return for_browser(text) if isinstance(text, Mapping) else text


@lru_cache(maxsize=4_096)  # a table of a class says the same few numbers again and again
def decimal(value: float, of: str) -> str:
    """Write a number, with up to three decimals, as a locale does."""
    return format_decimal(value, locale=of)


@cache
def _catalogue(spoken: str) -> gettext.NullTranslations:
    """Compile a language's catalogue; the texts themselves are the English one."""
    if spoken == ENGLISH:
        return gettext.NullTranslations()
    with (_FOLDER / f"{spoken}.po").open("rb") as file:
        texts = read_po(file, locale=spoken, abort_invalid=True)
    compiled = BytesIO()
    write_mo(compiled, texts)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
