"""Requests by HTTP, and urllib, which takes long to load: imported with the first request only."""

from __future__ import annotations

import urllib.request
from http.client import HTTPException
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from cellpulse_hook.ingest import NoReplyError, Reply

_MOST_ANSWER_BYTES = 2_000_000


class _AnyAnswerIsAnAnswer(urllib.request.HTTPErrorProcessor):
    """Neither raises for an error's status nor follows a redirect.

    A redirect would turn the POST into a GET, and could carry the token to another host.
    """

    def http_response(self, request: Any, response: Any) -> Any:  # noqa: ARG002 - urllib's signature
        return response

    https_response = http_response


class Asker:
    """Asks one server."""

    def __init__(self, url: str) -> None:
        """Ask the server at `url`."""
        # Through the environment's proxies, except to this very machine, which they can't reach.
        direct = [urllib.request.ProxyHandler({})] if _is_this_machine(url) else []
        self._opener = urllib.request.build_opener(_AnyAnswerIsAnAnswer, *direct)

    def ask(self, url: str, body: bytes, headers: dict[str, str], timeout_s: float) -> Reply:
        """Post `body` and wait for the answer for `timeout_s` seconds.

        Raises:
            NoReplyError: Nothing was answered, or nothing could be asked.
        """
        try:
            request = urllib.request.Request(url, body, headers)  # noqa: S310 - as `settings` allow
            with self._opener.open(request, timeout=timeout_s) as answer:
                return Reply(answer.status, answer.read(_MOST_ANSWER_BYTES), answer.headers)
        except (OSError, HTTPException) as error:
            raise NoReplyError(f"{url} can't be reached: {error}") from error
        except ValueError as error:
            # Its text may quote what was wrong: a header, and so the token.
            raise NoReplyError(f"{url} can't be asked: {type(error).__name__}") from None


def read_local(url: str, token: str, timeout_s: float) -> bytes:
    """Return what the Jupyter server of this machine answers. Raises OSError or ValueError."""
    request = urllib.request.Request(url, headers={"Authorization": f"token {token}"})  # noqa: S310
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=timeout_s) as answer:
        content: bytes = answer.read()
    return content


def _is_this_machine(url: str) -> bool:
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:  # a name, or no address at all
        return False
