"""One request to the ingest."""

from __future__ import annotations

import json
import urllib.parse
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException
from ipaddress import ip_address
from typing import Any

from cellpulse_hook.answer import Answer, Meaning, read_answer
from cellpulse_hook.settings import TOKEN_PROBLEM, Settings, is_token

_MOST_ANSWER_BYTES = 2_000_000


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
        # Through the environment's proxies, except to this very machine, which they can't reach.
        direct = [urllib.request.ProxyHandler({})] if _is_this_machine(settings.url) else []
        self._opener = urllib.request.build_opener(_AnyAnswerIsAnAnswer, *direct)

    def __call__(self, events: list[dict[str, Any]], timeout_s: float) -> Answer:
        """Send `events` and wait for the answer for `timeout_s` seconds. Does not raise OSError."""
        # A new token may come while the kernel runs.
        token = self._environ.get("CELLPULSE_TOKEN", "").strip() or self._token
        if not is_token(token):
            return Answer(Meaning.DENIED, TOKEN_PROBLEM)
        try:
            with self._opener.open(self._request(events, token), timeout=timeout_s) as answer:
                status, headers = answer.status, answer.headers
                body = answer.read(_MOST_ANSWER_BYTES)
        except (OSError, HTTPException) as error:
            return Answer(Meaning.LATER, f"{self._url} can't be reached: {error}")
        except ValueError as error:
            # Its text may quote what was wrong: a header, and so the token.
            return Answer(Meaning.LATER, f"{self._url} can't be asked: {type(error).__name__}")
        return read_answer(status, body, headers)

    def _request(self, events: list[dict[str, Any]], token: str) -> urllib.request.Request:
        text = json.dumps(events, ensure_ascii=False, separators=(",", ":"))
        return urllib.request.Request(  # noqa: S310 - the settings allow http and https only
            self._url,
            text.encode("utf-8", "replace"),
            {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        )


def _is_this_machine(url: str) -> bool:
    try:
        host = urllib.parse.urlsplit(url).hostname or ""
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:  # a name, or no address at all
        return False
