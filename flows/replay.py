"""Makes up for what was set aside, once the cause is mended: each entry by its own way."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from pydantic import ValidationError
from redis import Redis

from flows.log.logged_event import LoggedEvent
from flows.log.reader import FROM_LOG, LogReader
from flows.log.rejected import RejectedEntry, RejectedStream
from flows.stores.lake import LakeWriter
from flows.stores.store import (
    NotYetPassedError,
    PoisonEventError,
    Store,
    StoreUnavailableError,
)
from flows.worker.rollup_signal import announce_rollups
from ingest_api.event_log import Candidate, EventLog
from ingest_api.events import ProgressEvent
from ingest_api.preferences import allowed_part, read_preferences
from ingest_api.problems import faults_in_a_line
from ingest_api.pseudonymous_courses import NOT_BY_CHANNEL, PseudonymousCourses
from ingest_api.registered_courses import RegisteredCourses

FROM_CHANNEL: Final = "channel"


class StillRefusedError(Exception):
    """An entry can't be made up for; the message says why."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one entry: it is gone from the rejected stream, or it stays there."""

    entry: RejectedEntry
    replayed: bool
    note: str


class Replay:
    """Replays entries of the rejected stream.

    What came by the channel is validated again and appended to the log. What a store refused is
    given to that store alone, at its own place in the log; what no store could read, to each. An
    entry leaves the rejected stream in the step that appends it, or else after its stores have
    committed it: cut off anywhere, a replay can be done again and doubles nothing.
    """

    def __init__(
        self,
        redis: Redis,
        log: EventLog,
        courses: RegisteredCourses,
        pseudonymous: PseudonymousCourses,
        stores: Sequence[Store],
    ) -> None:
        self._redis = redis
        self._rejected = RejectedStream(redis)
        self._reader = LogReader(redis)
        self._log = log
        self._courses = courses
        self._pseudonymous = pseudonymous
        self._stores = {store.name: store for store in stores}

    async def replay(self, entry: RejectedEntry, patch: Mapping[str, Any]) -> Outcome:
        """Replay one entry, with the fields of `patch` put in the place of its own.

        Raises:
            LogUnavailableError: Redis does not answer; the entry stays.
            redis.RedisError: The same.
        """
        try:
            if entry.source == FROM_CHANNEL:
                note = await self._append(entry, patch)
            else:
                note = self._apply(entry, patch)
        except StillRefusedError as error:
            return Outcome(entry, replayed=False, note=str(error))
        return Outcome(entry, replayed=True, note=note)

    async def _append(self, entry: RejectedEntry, patch: Mapping[str, Any]) -> str:
        data = _patched(entry, patch)
        if isinstance(data, dict):
            # When it came is the best that is known of when it happened; and with an id that
            # goes with the entry, two operators who replay it at once make one event of it.
            data.setdefault("occurred_at", entry.set_aside_at.isoformat())
            if "session_id" not in data:
                data.setdefault("event_id", str(uuid5(NAMESPACE_URL, f"rejected:{entry.entry_id}")))
        try:
            event = ProgressEvent.model_validate(data)
        except ValidationError as error:
            raise StillRefusedError(faults_in_a_line(error.errors())) from error
        await self._pseudonymous.refresh()
        if event.course_id in self._pseudonymous:
            raise StillRefusedError(NOT_BY_CHANNEL)
        await self._courses.refresh()
        preferences = read_preferences(self._redis, event.course_id, event.student_id)
        kept = allowed_part(self._courses.resolve(event), preferences)
        candidate = Candidate.encode(kept, datetime.now(UTC))
        position = await self._log.append_rejected(candidate, entry.entry_id)
        return f"in the log at {position}" if position else "the log has it already"

    def _apply(self, entry: RejectedEntry, patch: Mapping[str, Any]) -> str:
        stores = list(self._stores.values())
        raw: bytes | str = entry.raw
        if entry.source != FROM_LOG:
            if entry.source not in self._stores:
                raise StillRefusedError(f"{entry.source} is not in use here")
            if patch:
                raise StillRefusedError(
                    "an event of the log can't be patched for one store: the others have it as "
                    "it is"
                )
            stores = [self._stores[entry.source]]
        elif patch:
            raw = json.dumps(_patched(entry, patch))
        try:
            logged = LoggedEvent.decode(entry.position or "", raw)
        except ValidationError as error:
            raise StillRefusedError(faults_in_a_line(error.errors())) from error
        for store in stores:
            self._apply_to(store, logged)
        self._rejected.forget(entry)
        return "in " + ", ".join(store.name for store in stores)

    def _apply_to(self, store: Store, logged: LoggedEvent) -> None:
        try:
            store.apply_late(logged, self._reader.later_of_student)
        except NotYetPassedError as error:
            raise StillRefusedError(
                f"{error} has yet to come to it, and gets it by itself"
            ) from error
        except (PoisonEventError, StoreUnavailableError) as error:
            raise StillRefusedError(str(error)) from error
        if isinstance(store, LakeWriter):
            announce_rollups(self._redis, store.position(), [logged.event.course_id])


def _patched(entry: RejectedEntry, patch: Mapping[str, Any]) -> Any:
    try:
        data = json.loads(entry.raw)
    except (ValueError, RecursionError) as error:
        raise StillRefusedError("not JSON") from error
    if not patch:
        return data
    if not isinstance(data, dict):
        raise StillRefusedError("it is no JSON object, so that there is nothing to patch")
    return {**data, **patch}
