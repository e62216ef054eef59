"""One request to the ingest, with the student's token, and whatever is answered."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Optional

from cellpulse_hook.settings import TOKEN_PROBLEM, Settings, is_token

if TYPE_CHECKING:
    from cellpulse_hook.asking import Asker


class Reply(NamedTuple):
    """An HTTP answer, from the ingest or from what stands before it."""

    status: int
    body: bytes
    headers: Mapping[str, str]


class NoReplyError(Exception):
    """There is no answer; the message says why."""


class BadTokenError(NoReplyError):
    """The token can't be sent."""


class Ingest:
    """Where the settings say that the ingest is."""

    def __init__(self, settings: Settings, environ: Mapping[str, str]) -> None:
        """Ask the server in `settings`, with the token that `environ` has by then."""
        self._url = settings.url
        self._token = settings.token
        self._environ = environ
        self._asker: Optional[Asker] = None

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
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        return self._asking().ask(url, text.encode("utf-8", "replace"), headers, timeout_s)

    def _asking(self) -> Asker:
        if self._asker is None:
            from cellpulse_hook.asking import Asker  # noqa: PLC0415 - see there

            self._asker = Asker(self._url)
        return self._asker
