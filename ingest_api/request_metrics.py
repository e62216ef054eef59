"""How long requests take and how they end, of every process that is asked by HTTP."""

import logging
import time
from collections.abc import Callable
from typing import Any, Final

from prometheus_client import CollectorRegistry, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

logger = logging.getLogger(__name__)
#: An event is taken within milliseconds; an export or a report may take seconds.
_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_UNKNOWN: Final = "other"

RouteOf = Callable[[Scope], str]


def route_of(scope: Scope) -> str:
    """Return the pattern of the address that was found, which names no course and no student."""
    return str(getattr(scope.get("route"), "path_format", _UNKNOWN))


def request_durations(registry: CollectorRegistry) -> Histogram:
    """Return the histogram that a process's requests are counted in."""
    return Histogram(
        "cellpulse_http_request_duration_seconds",
        "How long requests took, by method, address and status.",
        ["method", "route", "status"],
        buckets=_BUCKETS,
        registry=registry,
    )


class RequestDurations:
    """Counts requests, with how long each took and how it ended."""

    def __init__(self, durations: Histogram) -> None:
        self._durations = durations
        self._known: dict[tuple[str, str, int], Any] = {}

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request that has been answered or has failed."""
        key = (method if method in _METHODS else _UNKNOWN, route, status)
        # Looking a label's values up costs more than counting.
        if (of_labels := self._known.get(key)) is None:
            of_labels = self._known[key] = self._durations.labels(*key)
        of_labels.observe(seconds)
        logger.debug("%s %s: %d in %.0f ms", *key, seconds * 1000)


class MeasuredRequests:
    """ASGI middleware that counts each request with its duration; it reads no body.

    Every label has few values, whatever clients send.
    """

    def __init__(self, app: ASGIApp, durations: Histogram, route: RouteOf = route_of) -> None:
        self._app = app
        self._durations = RequestDurations(durations)
        self._route = route

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and count it when it has been answered or has failed."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 500

        async def note_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        began = time.perf_counter()
        try:
            await self._app(scope, receive, note_status)
        finally:
            seconds = time.perf_counter() - began
            self._durations.observe(scope["method"], self._route(scope), status, seconds)
