"""One request to the ingest, and what its answer means."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from enum import Enum
from http.client import HTTPException
from typing import Any, NamedTuple, Optional

from cellpulse_hook.settings import Settings

_MOST_ANSWER_BYTES = 2_000_000
_MOST_REASON_CHARS = 500
_LONGEST_WAIT_S = 3600.0


class Meaning(Enum):
    """What to do after an answer."""

    ACCEPTED = "the server has the events, save those that it names"
    REFUSED = "the request can never succeed as it is"
    LATER = "the server is away or busy"
    DENIED = "the settings are wrong: it may take long until this succeeds"


class Answer(NamedTuple):
    """What came of a request.

    Attributes:
        meaning: What to do now.
        reason: Why, in the server's words where it said so.
        rejected: The server's `rejected`: `index` within the request, and `errors`.
        retry_after_s: How long the server asks to wait, in seconds.
    """

    meaning: Meaning
    reason: str = ""
    rejected: tuple[dict[str, Any], ...] = ()
    retry_after_s: float = 0.0


class _AnyAnswerIsAnAnswer(urllib.request.HTTPErrorProcessor):
    """Neither raises for an error's status nor follows a redirect.

    A redirect would turn the POST into a GET, and could carry the token to another host.
    """

    def http_response(self, request: Any, response: Any) -> Any:  # noqa: ARG002 - urllib's signature
        return response

    https_response = http_response


class Post:
    """Sends events to `POST /student-progress`."""

    def __init__(self, settings: Settings, environ: Mapping[str, str]) -> None:
        """Send to the server in `settings`, with the token that `environ` has by then."""
        self._url = f"{settings.url}/student-progress"
        self._token = settings.token
        self._environ = environ
        # Through the environment's proxies.
        self._opener = urllib.request.build_opener(_AnyAnswerIsAnAnswer)

    def __call__(self, events: list[dict[str, Any]], timeout_s: float) -> Answer:
        """Send `events` and wait for the answer for `timeout_s` seconds. Does not raise OSError."""
        # A new token may come while the kernel runs.
        token = self._environ.get("CELLPULSE_TOKEN", "").strip() or self._token
        request = urllib.request.Request(  # noqa: S310 - the settings allow http and https only
            self._url,
            json.dumps(events, ensure_ascii=False, separators=(",", ":")).encode(
                "utf-8", "replace"
            ),
            {
                "Authorization": f"Bearer {token}",
                "Content-Type": "application/json",
            },
        )
        try:
            with self._opener.open(request, timeout=timeout_s) as answer:
                status, headers = answer.status, answer.headers
                body = answer.read(_MOST_ANSWER_BYTES)
        except (OSError, HTTPException, ValueError) as error:
            return Answer(Meaning.LATER, f"{self._url} can't be reached: {error}")
        return read_answer(status, body, headers.get("Retry-After"))


def read_answer(status: int, body: bytes, retry_after: Optional[str]) -> Answer:
    """Return what an HTTP answer means."""
    try:
        content = json.loads(body)
    except ValueError:
        content = None
    if not isinstance(content, dict):
        content = {}
    if status == 202 and "accepted" in content:  # noqa: PLR2004 - HTTP's number
        rejected = content.get("rejected") or ()
        return Answer(Meaning.ACCEPTED, "", tuple(r for r in rejected if isinstance(r, dict)))
    reason = f"{status} {content.get('detail', '')} {content.get('errors', '')}".strip()
    reason = reason[:_MOST_REASON_CHARS]
    if status in (400, 413, 422):
        return Answer(Meaning.REFUSED, reason)
    # An answer of success that is not the ingest's comes from something in between, such as a
    # network's login page; it passes.
    if status >= 500 or status in (408, 425, 429) or 200 <= status < 300:  # noqa: PLR2004
        return Answer(Meaning.LATER, reason, (), _seconds(retry_after))
    return Answer(Meaning.DENIED, reason, (), _seconds(retry_after))


def _seconds(retry_after: Optional[str]) -> float:
    """Return a Retry-After header, which is seconds or a date, in seconds; 0 for none."""
    if not retry_after:
        return 0.0
    try:
        wait = float(retry_after)
    except ValueError:
        try:
            wait = parsedate_to_datetime(retry_after).timestamp() - time.time()
        except (ValueError, TypeError, IndexError):
            return 0.0
    return min(max(0.0, wait), _LONGEST_WAIT_S)  # in this order, not-a-number becomes 0
