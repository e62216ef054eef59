"""`POST /student-progress` answered by the connection itself, for what nearly all clients send.

A class sends little else, and a task, a scope's messages and their layers for each request cost
more than the event in it. Whatever is unusual in a request's head, and whoever is to be refused by
it, goes the common way (`progress.DirectProgress`), which answers the same.
"""

import asyncio
import logging
import time
from functools import partial
from typing import Any, Final

from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from ingest_api import request_ids
from ingest_api.event_log import LogUnavailableError
from ingest_api.events import BODY_LIMIT
from ingest_api.http_protocol import LimitedHttpProtocol
from ingest_api.intake import Taken
from ingest_api.problems import UNFORESEEN, Problem
from ingest_api.progress import PATH, DirectProgress, concluded, not_kept
from ingest_api.security_headers import ONLY_TLS, headers_of
from ingest_api.tokens import Grant

logger = logging.getLogger(__name__)
_URL: Final = PATH.encode()
_JSON: Final = b"application/json"
#: Headers that ask for more than an answer.
_UNUSUAL: Final = frozenset({b"content-encoding", b"expect", b"transfer-encoding", b"upgrade"})
_SCHEMES: Final = {None: False, b"http": False, b"https": True}
_NOBODY_WAITS: Final = asyncio.Event()


def _as_lines(headers: Any) -> bytes:
    return b"".join(b"%b: %b\r\n" % header for header in headers)


_ACCEPTED: Final = b"content-type: application/json\r\n" + _as_lines(headers_of())


class _Exchange:
    """A request that the connection answers, in the place of uvicorn's own."""

    __slots__ = (
        *("began", "body", "disconnected", "grant", "is_tls", "keep_alive", "message_event"),
        *("more_body", "named", "response_complete", "response_started"),
    )

    def __init__(self, grant: Grant, named: str, *, keep_alive: bool, is_tls: bool) -> None:
        self.began = time.perf_counter()
        self.grant = grant
        self.named = named
        self.is_tls = is_tls
        self.body = bytearray()
        # What uvicorn's protocol looks at.
        self.keep_alive = keep_alive
        self.more_body = True
        self.message_event = _NOBODY_WAITS
        self.disconnected = False
        self.response_started = False
        self.response_complete = False


class ProgressProtocol(LimitedHttpProtocol):
    """One connection to the ingest."""

    def __init__(self, *arguments: Any, progress: DirectProgress, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._progress = progress

    def on_body(self, body: bytes) -> None:
        """Take a part of a request's body."""
        if isinstance(self.cycle, _Exchange):
            self.cycle.body += body
        else:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """Take the request's events."""
        super().on_message_complete()
        exchange: Any = self.cycle
        if isinstance(exchange, _Exchange) and not exchange.disconnected:
            self._take(exchange)

    def _begin_request(self) -> None:
        exchange: Any = self._exchange()
        if exchange is None:
            super()._begin_request()
        else:
            self.cycle = exchange

    def _exchange(self) -> _Exchange | None:
        """Return the request whose head has come, where it is an ordinary one that may be taken."""
        if self.url != _URL or self.parser.get_method() != b"POST" or self._is_busy():
            return None
        headers = dict(self.headers)
        if len(headers) != len(self.headers) or not _UNUSUAL.isdisjoint(headers):
            return None
        length = headers.get(b"content-length", b"")
        if not length.isdigit() or int(length) > BODY_LIMIT:
            return None
        is_tls = self._is_tls(headers.get(b"x-forwarded-proto"))
        if is_tls is None or headers.get(b"content-type", _JSON) != _JSON:
            return None
        grant = self._progress.known_grant(headers.get(b"authorization", b"").decode("latin-1"))
        if grant is None:
            return None
        return _Exchange(
            grant,
            request_ids.id_from(headers.get(request_ids.NAME, b"")),
            keep_alive=self.parser.should_keep_alive(),
            is_tls=is_tls,
        )

    def _is_busy(self) -> bool:
        """Tell whether the client does not wait for this answer alone, or is of another age."""
        waits = self.cycle is None or self.cycle.response_complete
        return not waits or self.flow.write_paused or self.parser.get_http_version() != "1.1"

    def _is_tls(self, told: bytes | None) -> bool | None:
        """Tell whether the client speaks TLS, to us or to a trusted proxy; None: unclear."""
        if told is None:
            return self.scheme == "https"
        proxied = self.config.loaded_app
        if not isinstance(proxied, ProxyHeadersMiddleware) or self.client is None:
            return None
        if self.client[0] not in proxied.trusted_hosts:
            return self.scheme == "https"
        return _SCHEMES.get(told)

    def _take(self, exchange: _Exchange) -> None:
        state = self._progress.state
        known = request_ids.request_id.set(exchange.named)
        try:
            taken = state.intake.take(bytes(exchange.body), exchange.grant)
            appended = state.group_commit.submit(taken.candidates, len(taken.rejected))
            appended.add_done_callback(partial(self._conclude, exchange, taken))
        except Exception as error:  # noqa: BLE001 - each is answered
            self._answer_fault(exchange, error)
        finally:
            request_ids.request_id.reset(known)

    def _conclude(
        self, exchange: _Exchange, taken: Taken, appended: "asyncio.Future[list[str | None]]"
    ) -> None:
        try:
            body = concluded(self._progress.state, taken, appended.result())
        except Exception as error:  # noqa: BLE001 - each is answered
            self._answer_fault(exchange, error)
        else:
            self._answer(exchange, 202, _ACCEPTED, body)

    def _answer_fault(self, exchange: _Exchange, fault: Exception) -> None:
        if isinstance(fault, LogUnavailableError):
            problem = not_kept(fault)
        elif isinstance(fault, Problem):
            problem = fault
        else:
            logger.error("a request for events failed in a way not foreseen", exc_info=fault)
            problem = UNFORESEEN
        response = problem.to_response()
        own = [header for header in response.raw_headers if header[0] != b"content-length"]
        headers = _as_lines((*own, *headers_of()))
        self._answer(exchange, response.status_code, headers, bytes(response.body))

    def _answer(self, exchange: _Exchange, status: int, headers: bytes, body: bytes) -> None:
        seconds = time.perf_counter() - exchange.began
        self._progress.durations.observe("POST", PATH, status, seconds)
        exchange.response_started = exchange.response_complete = True
        if exchange.disconnected or self.transport.is_closing():
            return
        answer = (
            STATUS_LINE[status],
            _as_lines(self.server_state.default_headers),
            headers,
            _as_lines((ONLY_TLS,)) if exchange.is_tls else b"",
            b"" if exchange.keep_alive else b"connection: close\r\n",
            b"content-length: %d\r\n%b: %b\r\n\r\n"
            % (len(body), request_ids.NAME, exchange.named.encode()),
            body,
        )
        self.transport.write(b"".join(answer))
        if not exchange.keep_alive:
            self.transport.close()
        self.on_response_complete()
