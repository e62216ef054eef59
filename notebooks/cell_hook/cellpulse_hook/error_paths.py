"""Cuts from an error's text where on the student's machine a file lies."""

from __future__ import annotations

import os
import re

#: How an absolute path begins. Four backslashes are how `repr` writes a server's name on Windows.
_BEGIN = r"(?:~?/|[A-Za-z]:[\\/]+|\\{4})"
#: Patterns as texts: they are compiled with the first error, not while a kernel starts.
_QUOTED = rf"""(['"]){_BEGIN}[^'"\\/\n][^'"\n]*[\\/](?=[^'"\\/\n]*\1)"""
_BARE = rf"""(?:(?<![\w.:/\\~…-])|(?<=file://)){_BEGIN}(?:[^\s\\/'"()\[\]<>:,;]+[\\/]+)+"""
_CUT = "…/"


def without_folders(text: str) -> str:
    """Return `text` with only the last part of each absolute path in it, after `…/`.

    The student's home folder itself is told as `~`. A relative path stays: it is what the cell
    says.
    """
    if "/" not in text and "\\" not in text:
        return text
    home = os.path.expanduser("~")  # noqa: PTH111 - does not raise where there is none
    if len(home) > 1:
        # As it is, and as `repr` writes it on Windows.
        for form in (home, home.replace("\\", "\\\\")):
            text = re.sub(re.escape(form) + r"(?![\w.-])", "~", text)
    text = re.sub(_QUOTED, rf"\1{_CUT}", text)
    return re.sub(_BARE, _CUT, text)
