"""What the environment tells the hook."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

_NEEDED = ("CELLPULSE_URL", "CELLPULSE_TOKEN", "CELLPULSE_COURSE", "CELLPULSE_STUDENT")
#: What the ingest refuses in an identifier; it would refuse each event.
_LONGEST_IDENTIFIER = 200
_FORBIDDEN_IN_IDENTIFIERS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\\]")
_DEFAULT_LIMIT_MB = 50.0
_BYTES_PER_MB = 1_000_000

#: What is wrong where `is_token` says no.
TOKEN_PROBLEM = "CELLPULSE_TOKEN must be one line of ASCII text"  # noqa: S105 - a sentence


@dataclass(frozen=True)
class Settings:
    """The hook's settings, read once when it is loaded.

    Attributes:
        url: Where the ingest is, without a path.
        token: The student's ingest token.
        course_id: The course.
        student_id: The student.
        send_code: Whether the code's text is sent.
        send_output: Whether the run's text output is sent.
        spool_folder: Where events wait on disk.
        spool_limit_bytes: Most that the spool may take on disk.
        problems: What keeps the hook from working, a sentence each; empty when it can work.
        warnings: What was wrong but could be replaced by a default, a sentence each.
    """

    url: str
    token: str = field(repr=False)
    course_id: str
    student_id: str
    send_code: bool
    send_output: bool
    spool_folder: Path
    spool_limit_bytes: int
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Return the settings in `environ`. Never raises: what is wrong stands in the result."""
    values = {name: environ.get(name, "").strip() for name in _NEEDED}
    values["CELLPULSE_STUDENT"] = (
        values["CELLPULSE_STUDENT"] or environ.get("JUPYTERHUB_USER", "").strip()
    )
    problems = [f"{name} is not set" for name, value in values.items() if not value]
    url = values["CELLPULSE_URL"].rstrip("/")
    if url and not _is_address(url):
        problems.append("CELLPULSE_URL must be an address that starts with http:// or https://")
    problems += [f"{name} must be valid UTF-8" for name, value in values.items() if _torn(value)]
    problems += [
        f"{name} must have at most {_LONGEST_IDENTIFIER} characters, and no backslash, control "
        "character or line break among them"
        for name in ("CELLPULSE_COURSE", "CELLPULSE_STUDENT")
        if len(values[name]) > _LONGEST_IDENTIFIER or _FORBIDDEN_IN_IDENTIFIERS.search(values[name])
    ]
    token = values["CELLPULSE_TOKEN"]
    if not is_token(token):
        problems.append(TOKEN_PROBLEM)
    if environ.get("NBGRADER_EXECUTION"):
        # It runs whole notebooks by itself, to grade or to validate them: that is no student's run.
        problems.append("nbgrader runs this notebook, not a student: nothing is recorded")
    limit_bytes, warnings = _spool_limit(environ.get("CELLPULSE_SPOOL_LIMIT_MB", ""))
    return Settings(
        url=url,
        token=token,
        course_id=values["CELLPULSE_COURSE"],
        student_id=values["CELLPULSE_STUDENT"],
        send_code=environ.get("CELLPULSE_SEND_CODE") == "1",
        send_output=environ.get("CELLPULSE_SEND_OUTPUT") == "1",
        spool_folder=_spool_folder(environ),
        spool_limit_bytes=limit_bytes,
        problems=tuple(problems),
        warnings=warnings,
    )


def is_token(text: str) -> bool:
    """Return whether `text` can be a token: others can't stand in a request's header."""
    return text.isascii() and text.isprintable()


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # of a port or an IPv6 address
        return False


def _torn(value: str) -> bool:
    """Whether the environment held bytes that are no text."""
    return value != value.encode("utf-8", "replace").decode()


def _spool_folder(environ: Mapping[str, str]) -> Path:
    state = environ.get("XDG_STATE_HOME") or "~/.local/state"
    chosen = Path(environ.get("CELLPULSE_SPOOL_DIR") or f"{state}/cellpulse")
    try:
        # Absolute, because a cell may change the working folder.
        return chosen.expanduser().absolute()
    except RuntimeError:
        # There is no home: nothing can be made below this, so events wait in memory only.
        return Path(os.devnull, "cellpulse")


def _spool_limit(text: str) -> tuple[int, tuple[str, ...]]:
    try:
        megabytes = float(text) if text.strip() else _DEFAULT_LIMIT_MB
    except ValueError:
        megabytes = 0.0
    if 0 < megabytes < float("inf"):
        return int(megabytes * _BYTES_PER_MB), ()
    warning = f"CELLPULSE_SPOOL_LIMIT_MB must be a number above 0: {_DEFAULT_LIMIT_MB:.0f} is used"
    return int(_DEFAULT_LIMIT_MB * _BYTES_PER_MB), (warning,)
