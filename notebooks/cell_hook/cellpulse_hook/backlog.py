"""All that waits, in the order in which it is sent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Optional

from cellpulse_hook.records import Record, Source
from cellpulse_hook.spool import Spool
from cellpulse_hook.spool_folder import Leftover


class Backlog:
    """This session's events first, because the class watches them live; then the leftovers."""

    def __init__(self, spool: Spool, leftovers: Iterator[Leftover]) -> None:
        """Read nothing yet: a leftover is taken over when its turn comes."""
        self._spool = spool
        self._leftovers = leftovers
        self._leftover: Optional[Leftover] = None

    def next_batch(self, own_only: bool) -> tuple[Source, list[Record]]:
        """Return where the next request's events wait, and these; none when nothing waits."""
        batch = self._spool.oldest()
        if batch or own_only:
            return self._spool, batch
        while True:
            if self._leftover is not None:
                batch = self._leftover.oldest()
                if batch:
                    return self._leftover, batch
                self._leftover.finish()
            self._leftover = next(self._leftovers, None)
            if self._leftover is None:
                return self._spool, []

    def close(self) -> None:
        """Leave what is not sent to the next kernel."""
        if self._leftover is not None:
            self._leftover.finish()

    def abandon(self) -> None:
        """Let go of the parent's leftover in a forked child."""
        if self._leftover is not None:
            self._leftover.abandon()
