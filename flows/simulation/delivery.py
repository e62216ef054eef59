"""Delivers events to the ingest, and keeps at it until they are accepted."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import httpx

from ingest_api.events import ProgressEvent
from ingest_api.foreseen import ForeseenError

logger = logging.getLogger(__name__)
#: The ingest takes up to 1,000 events and 1 MiB at once; ours have less than 1 KiB each.
BATCH_EVENTS: Final = 500
#: Longest time that an answer may take; a request under way is waited for when a play is stopped.
ANSWER_SECONDS: Final = 5.0
_FIRST_WAIT_SECONDS: Final = 0.2
_LONGEST_WAIT_SECONDS: Final = 5.0
_TRY_AGAIN: Final = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS)


class IngestRefusedError(ForeseenError):
    """The ingest refuses what would be refused again; the message says why."""


@dataclass
class Tally:
    """What became of the events that were sent.

    Attributes:
        accepted: Events that are in the log because of this delivery.
        duplicates: Events that were there already, as after an answer that was lost.
        rejected: Events that are not valid.
        first_rejection: What was wrong with the first of these.
    """

    accepted: int = 0
    duplicates: int = 0
    rejected: int = 0
    first_rejection: str | None = None

    def add(self, receipt: dict[str, Any]) -> None:
        """Count a receipt of the ingest."""
        self.accepted += receipt["accepted"]
        self.duplicates += receipt["duplicates"]
        self.rejected += len(receipt["rejected"])
        if receipt["rejected"] and self.first_rejection is None:
            self.first_rejection = str(receipt["rejected"][0]["errors"])


class Delivery:
    """Sends events in order, each until it is accepted.

    Attributes:
        tally: What became of the events so far.
    """

    def __init__(self, client: httpx.AsyncClient, stop: asyncio.Event) -> None:
        self.tally = Tally()
        self._client = client
        self._stop = stop

    async def send(self, events: Sequence[ProgressEvent]) -> bool:
        """Send up to `BATCH_EVENTS` events.

        While the ingest is away or full they are sent again, unchanged, for as long as it takes.

        Returns:
            False when it was stopped before the ingest had answered for them.

        Raises:
            IngestRefusedError: Sending them again would not help.
        """
        body = f"[{','.join(event.model_dump_json(exclude_none=True) for event in events)}]"
        wait = _FIRST_WAIT_SECONDS
        while not self._stop.is_set():
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    response = await self._client.post(
                        "/student-progress",
                        content=body,
                        headers={"Content-Type": "application/json"},
                    )
            except (httpx.TransportError, TimeoutError) as error:
                reason, asked = f"{type(error).__name__}: {error}", 0.0
            else:
                if not _should_retry(response):
                    self.tally.add(_receipt(response))
                    return True
                reason, asked = f"HTTP {response.status_code}", _retry_after(response)
            if wait == _FIRST_WAIT_SECONDS:  # once an outage
                logger.warning("the ingest did not take events (%s); they are sent again", reason)
            await stopped(self._stop, max(wait, min(asked, _LONGEST_WAIT_SECONDS)))
            wait = min(2 * wait, _LONGEST_WAIT_SECONDS)
        return False


async def stopped(stop: asyncio.Event, seconds: float) -> bool:
    """Wait for a time or until `stop` is set; tell whether it is."""
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return False
    return True


def _should_retry(response: httpx.Response) -> bool:
    return response.is_server_error or response.status_code in _TRY_AGAIN


def _retry_after(response: httpx.Response) -> float:
    seconds = response.headers.get("Retry-After", "")
    return float(seconds) if seconds.isdecimal() else 0.0


def _receipt(response: httpx.Response) -> dict[str, Any]:
    """Return what the ingest says of each event; where none was valid it is in the problem."""
    try:
        answer = response.json()
        if response.status_code in (HTTPStatus.ACCEPTED, HTTPStatus.UNPROCESSABLE_ENTITY):
            return {name: answer[name] for name in ("accepted", "duplicates", "rejected")}
        detail = answer["detail"]
    except (ValueError, KeyError, TypeError):
        detail = "not the answer of an ingest; check the address"
    raise IngestRefusedError(f"HTTP {response.status_code} from {response.url}: {detail}")
