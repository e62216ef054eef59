"""Serves the figures of a process that has no address of its own."""

import logging
import threading
from typing import Final

from prometheus_client import CollectorRegistry, start_http_server

logger = logging.getLogger(__name__)
_AGAIN_SECONDS: Final = 2.0


def keep_served(registry: CollectorRegistry, host: str, port: int | None) -> None:
    """Serve `/metrics` as long as the process lives; without a port do nothing.

    A port that is taken is waited for: while a process is replaced, the old one still has it, and
    figures must not keep the new one from its work.
    """
    if port is None:
        return
    threading.Thread(target=_until_served, args=(registry, host, port), daemon=True).start()


def _until_served(registry: CollectorRegistry, host: str, port: int) -> None:
    complained, ever = False, threading.Event()
    while True:
        try:
            start_http_server(port, host, registry)
        except OSError as error:
            if not complained:
                logger.warning(
                    "no metrics for now: port %d on %s can't be had (%s)",
                    port,
                    host,
                    error.strerror,
                )
            complained = True
            ever.wait(_AGAIN_SECONDS)
        else:
            return
