"""What a connection may cost: time and size limits for HTTP, each answered as a problem.

uvicorn waits without end for a request's head and body, and answers what it can't parse in plain
text. This is its protocol with deadlines, a limit of the head and of connections, and our answers.
"""

import asyncio
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from websockets.http11 import Request
from websockets.server import ServerProtocol

from ingest_api.problems import Problem
from ingest_api.settings import ClientLimits

#: Longest head of a request, in bytes: the line with its address, and all headers.
HEAD_LIMIT: Final = 64 * 1024
#: How exact a loop's clock is.
_CLOCK_SECONDS: Final = 0.002


class LimitedHttpProtocol(HttpToolsProtocol):
    """One connection. A request is in time when its head and its body each arrive in time."""

    def __init__(self, *arguments: Any, limits: ClientLimits, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._limits = limits
        #: By when the client has to have sent more, by the loop's clock; None while it may rest.
        self._deadline: float | None = None
        #: Rings at the deadline or earlier: it is not set anew for each request, which would cost
        #: more than to read one.
        self._timer: asyncio.TimerHandle | None = None
        self._in_body = False
        self._head_bytes = 0
        self._part_bytes = 0
        self._has_ended = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin; too many connections are sent away, so that the others are served."""
        super().connection_made(transport)
        if len(self.connections) > self._limits.connections:
            self._refuse(
                Problem(
                    HTTPStatus.SERVICE_UNAVAILABLE,
                    "too many connections are open; try again later",
                    {"Retry-After": "2"},
                )
            )
            return
        self._expect_within(self._limits.head_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._expect_nothing()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes of a request."""
        if self.transport.is_closing():
            return
        if self._deadline is None:
            self._expect_within(self._limits.head_seconds)
        self._part_bytes = len(data)
        if not self._in_body:
            self._head_bytes += len(data)
        super().data_received(data)
        if not self._in_body and self._head_bytes > HEAD_LIMIT:
            self._refuse_head()

    def eof_received(self) -> bool:  # type: ignore[override]
        """Let a client that says no more hear the answers that it waits for."""
        self._has_ended = True
        return self._is_answering_the_last()

    def on_response_complete(self) -> None:
        """Go on, or end where the client has nothing more to ask."""
        super().on_response_complete()
        if self._has_ended and not self._is_answering_the_last():
            self.transport.close()

    def on_headers_complete(self) -> None:
        """Begin to wait for the body."""
        # What has come is at least as long as the head, and seldom over its limit.
        if self._head_bytes + self._part_bytes > HEAD_LIMIT < self._length_of_head():
            self._refuse_head()
            return
        self._begin_request()
        self._in_body = True
        self._expect_within(self._limits.body_seconds)

    def _begin_request(self) -> None:
        """Answer the request whose head has come."""
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Wait for nothing until the next request begins."""
        super().on_message_complete()
        self._in_body = False
        self._head_bytes = 0
        self._expect_nothing()

    def handle_websocket_upgrade(self) -> None:
        """Hand over to the WebSocket, unless this is none."""
        self._expect_nothing()
        problem = _handshake_problem(self.scope["method"], self.url, self.scope["headers"])
        if problem is None:
            super().handle_websocket_upgrade()
        else:
            self._refuse(problem)

    def send_400_response(self, msg: str) -> None:
        """Answer what is not HTTP."""
        self._refuse(Problem(HTTPStatus.BAD_REQUEST, f"{msg.rstrip('.')}; correct and resend"))

    def _length_of_head(self) -> int:
        lines = (len(name) + len(value) + len(": \r\n") for name, value in self.headers)
        return len(self.url) + sum(lines)

    def _expect_within(self, seconds: float) -> None:
        self._deadline = self.loop.time() + seconds
        if self._timer is not None:
            if self._timer.when() <= self._deadline:
                return
            self._timer.cancel()
        self._timer = self.loop.call_later(seconds, self._look_at_the_clock)

    def _expect_nothing(self) -> None:
        self._deadline = None

    def _look_at_the_clock(self) -> None:
        self._timer = None
        if self._deadline is None:
            return
        left = self._deadline - self.loop.time()
        if left > _CLOCK_SECONDS:
            self._timer = self.loop.call_later(left, self._look_at_the_clock)
        else:
            self._be_too_late()

    def _be_too_late(self) -> None:
        if self.flow.read_paused or self._is_answering_the_last():  # the client waits for us
            self._expect_within(self._limits.body_seconds)
            return
        part = "body" if self._in_body else "head"
        seconds = self._limits.body_seconds if self._in_body else self._limits.head_seconds
        self._refuse(
            Problem(
                HTTPStatus.REQUEST_TIMEOUT,
                f"the request's {part} did not arrive within {seconds:g} s; send it again",
            )
        )

    def _refuse_head(self) -> None:
        self._refuse(
            Problem(
                HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
                f"the address and the headers are over {HEAD_LIMIT} bytes; send shorter ones",
            )
        )

    def _refuse(self, problem: Problem) -> None:
        """Answer, where that is still to be done, and close; nobody gets a second answer."""
        if self.transport.is_closing():
            return
        if self._may_answer():
            self.transport.write(_as_bytes(problem))
        if self.cycle is not None:
            self.cycle.disconnected = True
        self._expect_nothing()
        self.transport.close()

    def _may_answer(self) -> bool:
        """Tell whether the client still waits for an answer, and none has begun."""
        if self.cycle is None or (self.cycle.response_complete and not self._in_body):
            return True
        return not self.cycle.response_started

    def _is_answering_the_last(self) -> bool:
        """Tell whether the client has begun the next request before its last one was answered."""
        return not self._in_body and self.cycle is not None and not self.cycle.response_complete


def _as_bytes(problem: Problem) -> bytes:
    response = problem.to_response()
    head = [f"HTTP/1.1 {response.status_code} {problem.status.phrase}\r\n".encode()]
    head += [name + b": " + value + b"\r\n" for name, value in response.raw_headers]
    return b"".join((*head, b"connection: close\r\n\r\n", bytes(response.body)))


def _handshake_problem(
    method: str, address: bytes, headers: Iterable[tuple[bytes, bytes]]
) -> Problem | None:
    """Tell why a request can't become a WebSocket; uvicorn fails on it, or answers in text."""
    trial = ServerProtocol()
    lines = [method.encode() + b" " + address + b" HTTP/1.1"]
    lines += [name + b": " + value for name, value in headers]
    trial.receive_data(b"\r\n".join(lines) + b"\r\n\r\n")
    status = HTTPStatus.BAD_REQUEST
    named: dict[str, str] = {}
    for request in trial.events_received():
        if isinstance(request, Request):
            answer = trial.accept(request)
            status = HTTPStatus(answer.status_code)
            named = {name: answer.headers[name] for name in ("Upgrade",) if name in answer.headers}
    if status is HTTPStatus.SWITCHING_PROTOCOLS:
        return None
    return Problem(status, "this is no WebSocket handshake: make one as RFC 6455 says", named)
