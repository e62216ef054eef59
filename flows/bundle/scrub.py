"""Takes out of texts what could lead back to a person. docs/bundle.md says what that can't find."""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Final
from unicodedata import normalize
from urllib.parse import unquote

from flows.bundle.names import REPLACEMENT, KnownNames

#: Texts that are remembered: the same messages and paths come again and again.
_REMEMBERED: Final = 20_000
#: Characters that nobody sees, and that would hide a name.
_UNSEEN: Final = dict.fromkeys(map(ord, "\u00ad\u200b\u2060\ufeff"))
_ENDS: Final = r"""\\/\s'"<>|:*?,;()"""
#: A folder of people's folders, then the person's. A name with blanks ends at the next slash.
_HOME: Final = re.compile(
    rf"""((?:^|[\s\\/'"(=:])(?:home|homes|users?|documents\ and\ settings)[\\/]+)"""
    rf"([^{_ENDS}]+(?:\ [^{_ENDS}]+){{0,2}}(?=[\\/])|[^{_ENDS}]+)",
    re.IGNORECASE,
)
_EMAIL: Final = re.compile(
    r"(?<![\w.%+'\u2019-])([\w.%+'\u2019-]+)@[\w-]+(?:\.[\w-]+)*\.[^\W\d_]{2,}"
)
#: Whose home it is says nothing about a person.
_NOBODY: Final = frozenset(
    (
        *("admin", "all", "app", "codespace", "coder", "default", "guest", "jovyan", "local"),
        *("name", "nobody", "public", "root", "runner", "shared", "student", "students", "test"),
        *("ubuntu", "user", "username", "users", "vscode", "you"),
    )
)
_SHORTEST_LEARNT: Final = 3

_PATTERNS: Final = (
    ("[token]", re.compile(r"-----BEGIN [A-Z ]+-----.*?(?:-----END [A-Z ]+-----|\Z)", re.DOTALL)),
    (
        "[url]",
        re.compile(
            r"""(?<![\w+.-])[a-z][a-z0-9+.-]*://[^\s'"<>`]+|\bwww\.[^\s'"<>`]+|"""
            r"""(?<![\w.-])[\w.-]+@[\w.-]+:[\w./~-]+|"""
            r"""(?<![\w.-])(?:[a-z0-9-]+\.)+(?:com|org|net|edu|gov|io|dev|info|[a-z]{2})/[^\s'"<>`]+""",
            re.IGNORECASE,
        ),
    ),
    ("[email]", _EMAIL),
    (
        r"\1[name]",
        re.compile(
            r"""(__author__\s*=\s*|\b(?=[acfmsw])(?:author|written\ by|made\ by|created\ by|"""
            r"""submitted\ by|student\ name|full\ name|my\ name\ is)\b\s*[:=]?\s*)(?!\[)[^\n,;]+""",
            re.IGNORECASE,
        ),
    ),
    (
        r"\1[token]",
        re.compile(
            r"""((?<!\w)(?=\w*?(?:password|passwd|passphrase|secret|token|api_?key))\w+['"]?\s*[:=]\s*)"""
            r"""(?!\[)(?:'[^'\n]*'|"[^"\n]*"|[^\s'",;)]+)""",
            re.IGNORECASE,
        ),
    ),
    ("[token]", re.compile(r"\b(?:gh[opsu]_|glpat-|sk-|xox[abp]-|hf_|AKIA|eyJ)[\w.-]{12,}")),
    (
        "[token]",
        re.compile(
            r"(?<![\w+=~-])(?=[\w+=~-]{20})(?=\d*[A-Za-z])(?=(?:[A-Za-z_+=~-]*\d){3})[\w+=~-]+",
            re.ASCII,
        ),
    ),
    ("[number]", re.compile(r"\b(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}\b")),
    ("[number]", re.compile(r"(?<!\d)(?:\+|\()?\d(?:[ .\-/()]{0,2}\d){6,}")),
    ("[number]", re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b")),
)


class Scrubber:
    """Replaces names, user names in paths, e-mail and web addresses, long numbers and tokens."""

    def __init__(self, names: KnownNames) -> None:
        """Look for these names."""
        self._names = names
        self.text: Callable[[str], str] = lru_cache(_REMEMBERED)(self._scrub)

    def path(self, path: str) -> str:
        """Return a path without what could lead back to a person."""
        return self.text(unquote(path, errors="replace") if "%" in path else path)

    def _scrub(self, text: str) -> str:
        plain = normalize("NFC", text).translate(_UNSEEN)
        clean = _HOME.sub(r"\1[user]", plain)
        for replacement, pattern in _PATTERNS:
            clean = pattern.sub(replacement, clean)
        clean = self._names.replace(clean)
        return text if clean == plain else clean


def names_in_addresses(texts: Iterable[str]) -> set[str]:
    """Return the names that texts tell by themselves: of home folders, and before the @."""
    names: set[str] = set()
    for text in texts:
        names.update(found[2] for found in _HOME.finditer(text))
        names.update(found[1] for found in _EMAIL.finditer(text) if re.search(r"[._-]", found[1]))
    return {name for name in names if _is_of_a_person(name)}


def _is_of_a_person(name: str) -> bool:
    return len(name) >= _SHORTEST_LEARNT and name.casefold() not in _NOBODY and name != REPLACEMENT
