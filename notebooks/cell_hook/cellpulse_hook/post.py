"""One request to the ingest."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException
from typing import Any

from cellpulse_hook.answer import Answer, Meaning, read_answer
from cellpulse_hook.settings import Settings

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
        return read_answer(status, body, headers)
