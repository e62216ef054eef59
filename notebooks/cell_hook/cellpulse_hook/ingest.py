"""One request to the ingest, with the student's token, and whatever is answered."""

from __future__ import annotations

import json
import urllib.parse
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException
from ipaddress import ip_address
from typing import Any, NamedTuple

from cellpulse_hook.settings import TOKEN_PROBLEM, Settings, is_token

_MOST_ANSWER_BYTES = 2_000_000


class Reply(NamedTuple):
    """An HTTP answer, from the ingest or from what stands before it."""

    status: int
    body: bytes
    headers: Mapping[str, str]


class NoReplyError(Exception):
    """There is no answer; the message says why."""


class BadTokenError(NoReplyError):
    """The token can't be sent."""


class _AnyAnswerIsAnAnswer(urllib.request.HTTPErrorProcessor):
    """Neither raises for an error's status nor follows a redirect.

    A redirect would turn the POST into a GET, and could carry the token to another host.
    """

    def http_response(self, request: Any, response: Any) -> Any:  # noqa: ARG002 - urllib's signature
        return response

    https_response = http_response


class Ingest:
    """Where the settings say that the ingest is."""

    def __init__(self, settings: Settings, environ: Mapping[str, str]) -> None:
        """Ask the server in `settings`, with the token that `environ` has by then."""
        self._url = settings.url
        self._token = settings.token
        self._environ = environ
        # Through the environment's proxies, except to this very machine, which they can't reach.
        direct = [urllib.request.ProxyHandler({})] if _is_this_machine(settings.url) else []
        self._opener = urllib.request.build_opener(_AnyAnswerIsAnAnswer, *direct)

    def post(self, path: str, content: Any, timeout_s: float) -> Reply:
        """Send `content` as JSON and wait for the answer for `timeout_s` seconds.

        Raises:
            NoReplyError: Nothing was answered, or nothing could be asked.
        """
        # A new token may come while the kernel runs.
        token = self._environ.get("CELLPULSE_TOKEN", "").strip() or self._token
        if not is_token(token):
            raise BadTokenError(TOKEN_PROBLEM)
        url = self._url + path
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        try:
            request = urllib.request.Request(  # noqa: S310 - the settings allow http and https only
                url,
                text.encode("utf-8", "replace"),
                {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
            )
            with self._opener.open(request, timeout=timeout_s) as answer:
                return Reply(answer.status, answer.read(_MOST_ANSWER_BYTES), answer.headers)
        except (OSError, HTTPException) as error:
            raise NoReplyError(f"{url} can't be reached: {error}") from error
        except ValueError as error:
            # Its text may quote what was wrong: a header, and so the token.
            raise NoReplyError(f"{url} can't be asked: {type(error).__name__}") from None


def _is_this_machine(url: str) -> bool:
    try:
        host = urllib.parse.urlsplit(url).hostname or ""
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:  # a name, or no address at all
        return False
