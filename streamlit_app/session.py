"""What a page has at hand: the settings, the instructor's token, the API, the last numbers."""

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, timedelta, timezone, tzinfo
from functools import cache, partial
from math import inf
from typing import Generic, TypeVar
from uuid import uuid4
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import httpx
import streamlit as st

from analytics.class_view.responses import Aliases
from analytics.sign_in.responses import Viewer
from ingest_api.request_ids import HEADER, new_request_id
from streamlit_app.addresses import PARAMETER, SECTION
from streamlit_app.api.admin_client import AdminClient
from streamlit_app.api.aliases import AliasBook
from streamlit_app.api.asking import Through
from streamlit_app.api.client import ApiClient
from streamlit_app.api.errors import AccessRefusedError, NotKnownError, NumbersUnavailableError
from streamlit_app.api.patience import PatientClient
from streamlit_app.api.shared import SharedAnswers
from streamlit_app.language.text import language
from streamlit_app.settings import DashboardSettings
from streamlit_app.sign_in.gate import COOKIE

logger = logging.getLogger(__name__)
Answers = TypeVar("Answers")
#: A session has one viewer from its beginning to its end.
VIEWER_SECONDS = 600
_LAST = "last_numbers"
_ASKED = "last_asked"
_BOOK = "alias_book"
_CAME_WITH = "came_with"
_COURSE_ZONE = "course_zone"
_PSEUDONYMOUS = "pseudonymous"


@dataclass(frozen=True)
class Latest(Generic[Answers]):
    """The numbers to show.

    Args:
        numbers: The answers, new or from before.
        apology: Why they are from before; None when they are new.
    """

    numbers: Answers
    apology: str | None = None


def new_drawing() -> str:
    """Return a name for this drawing of a page from its beginning; see leaving.js."""
    return uuid4().hex


def settings() -> DashboardSettings:
    """Return the settings that the process was started with."""
    return DashboardSettings.load()


def token() -> str:
    """Return the token with which the browser came in; the gate has judged it.

    A click may still be done when the browser has closed its connection, and its cookies are gone.
    """
    given = st.context.cookies.get(COOKIE)
    return st.session_state.get(_CAME_WITH, "") if given is None else given


def keep_token() -> None:
    """Keep the browser's token for as long as its page is open."""
    st.session_state[_CAME_WITH] = token()


def api(through: Through | None = None) -> ApiClient:
    """Return the aggregation API as this instructor may ask it, projected without names."""
    asking = client(token(), section(), through)
    return replace(asking, aliases_shown=alias_book()) if is_projected() else asking


def client(token: str, section: str | None, through: Through | None = None) -> ApiClient:
    """Return the aggregation API as whoever has a token may ask it."""
    return ApiClient(_http(settings().api_address), token, section, through=through)


@cache
def answers() -> SharedAnswers:
    """Return the answers that all open pages share."""
    return SharedAnswers()


def is_projected() -> bool:
    """Tell whether the page may be seen by the class, so that no name may be on it."""
    return st.query_params.get(PARAMETER) == "1"


def alias_book() -> AliasBook:
    """Return who is who while a page is projected."""
    name = f"{_BOOK}/{section() or ''}"
    book: AliasBook | None = st.session_state.get(name)
    if book is None:
        ask = partial(_aliases, token(), section())
        book = st.session_state[name] = AliasBook(ask, language())
    return book


def _aliases(token: str, section: str | None, course_id: str) -> Aliases:
    """Ask for those of all that the viewer may see: a section at most where it is one's own."""
    own = section if section in own_sections(course_id) else None
    return client(token, own).aliases(course_id)


def section() -> str | None:
    """Return the section that the address names; None for the whole course."""
    return st.query_params.get(SECTION) or None


def viewer() -> Viewer:
    """Return who looks at the page, and what they may see; one session has one viewer.

    Raises:
        NumbersUnavailableError: The API does not say.
    """
    return latest("viewer", api(answers().take).viewer, every=VIEWER_SECONDS).numbers


def own_sections(course_id: str) -> list[str]:
    """Return the sections of a course that alone the viewer may see; none for all of it."""
    return [each.section for each in viewer().sections if each.course_id == course_id]


def admin_api() -> AdminClient:
    """Return the API's addresses for admins as this viewer may ask them."""
    return AdminClient(_http(settings().api_address), token())


@cache
def _http(address: str) -> httpx.Client:
    return PatientClient(address, event_hooks={"request": [_name_request]})


def _name_request(request: httpx.Request) -> None:
    """Give a question to the API an id, by which it is found in the log of both."""
    named = new_request_id()
    request.headers[HEADER] = named
    logger.debug("a page asks the API", extra={"request_id": named})


def keep_course_zone(name: str | None) -> None:
    """Show every time from now on in the zone that is set for the course, None for none."""
    st.session_state[_COURSE_ZONE] = name


def keep_pseudonymous(*, is_so: bool) -> None:
    """Show the course from now on as one that has pseudonyms wherever the API is not asked."""
    st.session_state[_PSEUDONYMOUS] = is_so


def is_pseudonymous() -> bool:
    """Tell whether the ingest knows the course's students by pseudonyms alone."""
    return bool(st.session_state.get(_PSEUDONYMOUS))


def course_zone() -> str | None:
    """Return the name of the zone that is set for the course; None for that of the browser."""
    name: str | None = st.session_state.get(_COURSE_ZONE)
    if name is not None:
        with suppress(ZoneInfoNotFoundError, ValueError):
            return ZoneInfo(name).key
    return None


def local_zone() -> tzinfo:
    """Return the time zone of the course, else of the instructor's browser; UTC if not known."""
    of_course = course_zone()
    if of_course is not None:
        return ZoneInfo(of_course)
    name, minutes_behind = st.context.timezone, st.context.timezone_offset
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return timezone(timedelta(minutes=-minutes_behind)) if minutes_behind else UTC


def latest(name: str, ask: Callable[[], Answers], *, every: float = 0) -> Latest[Answers]:
    """Ask for numbers; while the API is away, return those that this page showed last.

    Args:
        name: What the numbers are remembered under; those of each section apart.
        ask: Asks the API.
        every: Numbers that are younger than this are not asked for again, in seconds.

    Raises:
        NumbersUnavailableError: There are neither new nor old numbers, or they are refused.
    """
    name = _of_this_view(name)
    remembered: dict[str, Answers] = st.session_state.setdefault(_LAST, {})
    asked: dict[str, float] = st.session_state.setdefault(_ASKED, {})
    if name in remembered and time.monotonic() < asked.get(name, -inf) + every:
        return Latest(remembered[name])
    try:
        remembered[name] = ask()
    except (AccessRefusedError, NotKnownError):
        remembered.pop(name, None)
        raise
    except NumbersUnavailableError as error:
        if name not in remembered:
            raise
        return Latest(remembered[name], str(error))
    asked[name] = time.monotonic()
    return Latest(remembered[name])


def keep(name: str, answers: object) -> None:
    """Remember numbers that came with other ones, as if `latest` had just asked for them."""
    name = _of_this_view(name)
    st.session_state.setdefault(_LAST, {})[name] = answers
    st.session_state.setdefault(_ASKED, {})[name] = time.monotonic()


def ask_anew() -> None:
    """Ask for all numbers anew, however young they are: the viewer has changed something."""
    st.session_state.pop(_ASKED, None)


def _of_this_view(name: str) -> str:
    """Return what numbers are remembered under: those of a section or without names are others."""
    of_section = f"{section()}/{name}"
    return f"projected/{of_section}" if is_projected() else of_section
