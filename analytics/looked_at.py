"""Notes who asks about which student, without a request waiting for it."""

import asyncio
import logging
import threading
from datetime import UTC, datetime
from typing import Final

from analytics.settings import ApiSettings
from flows.stores.postgres import engine_for
from flows.stores.store import StoreUnavailableError
from flows.stores.student_views import Look, Looks, add
from flows.version_of_data import UnknownDataVersionError
from ingest_api.tokens import Grant

_WRITE_SECONDS: Final = 5.0
#: A class of 200 that is looked at by 50 people within an hour. What is over it is not noted.
_MOST: Final = 10_000

logger = logging.getLogger(__name__)


class LookedAt:
    """Counts in memory, and writes what was counted every few seconds.

    What was counted and not written when the process is killed is lost.
    """

    def __init__(self, settings: ApiSettings) -> None:
        self._engine = engine_for(settings.postgres_url)
        self._counting = threading.Lock()
        self._counted: dict[Look, Looks] = {}

    def note(self, grant: Grant, course_id: str, student_id: str) -> None:
        """Note that somebody asks about a student; who asks about themselves is not noted."""
        if grant.student_id is not None:
            return
        now = datetime.now(UTC)
        who = grant.signed_in.account if grant.signed_in else f"token {grant.token.token_id}"
        look = Look(course_id, student_id, who, now.replace(minute=0, second=0, microsecond=0))
        with self._counting:
            self._count(look, Looks(1, now))

    async def write(self) -> None:
        """Write what was counted, again and again, until cancelled."""
        while True:
            await asyncio.sleep(_WRITE_SECONDS)
            await asyncio.to_thread(self.flush)

    def flush(self) -> None:
        """Write what was counted; while PostgreSQL is away it waits for the next time."""
        with self._counting:
            counted, self._counted = self._counted, {}
        if not counted:
            return
        try:
            add(self._engine, counted)
        except (StoreUnavailableError, UnknownDataVersionError) as error:
            logger.warning("who looked at whom can't be noted for now: %s", error)
            with self._counting:
                for look, number in counted.items():
                    self._count(look, number)

    def close(self) -> None:
        """Write what is left, and let go of the connections."""
        self.flush()
        self._engine.dispose()

    def _count(self, look: Look, number: Looks) -> None:
        before = self._counted.get(look)
        if before is not None:
            last_at = max(before.last_at, number.last_at)
            self._counted[look] = Looks(before.answers + number.answers, last_at)
        elif len(self._counted) < _MOST:
            self._counted[look] = number
