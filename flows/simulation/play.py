"""Plays a class through the real ingest, over HTTP, at the time at which things happen."""

import asyncio
import math
import signal
from bisect import bisect_right
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Final

import httpx

from flows.simulation.delivery import ANSWER_SECONDS, BATCH_EVENTS, Delivery, stopped
from flows.simulation.plan import ClassPlan
from flows.simulation.timetable import Timetable

#: Events that happen within this time are sent together, in seconds on the wall.
TICK_SECONDS: Final = 0.2


@dataclass(frozen=True)
class PlayReport:
    """What became of a plan's events.

    Attributes:
        planned: Events of the plan.
        accepted: Events that are in the log because of this play.
        duplicates: Events that were in the log already, as after an answer that was lost.
        rejected: Events that the ingest found invalid.
        first_rejection: What was wrong with the first of these.
        unsent: Events that were not sent, or not answered for, because the play was stopped.
    """

    planned: int
    accepted: int
    duplicates: int
    rejected: int
    first_rejection: str | None

    @property
    def unsent(self) -> int:
        return self.planned - self.accepted - self.duplicates - self.rejected


async def play(
    url: str,
    token: str,
    plan: ClassPlan,
    *,
    speed: float = 1.0,
    head_start_minutes: float = 0.0,
    started_at: datetime | None = None,
    stop: asyncio.Event | None = None,
) -> PlayReport:
    """Send a plan's events to the ingest, each when it happens.

    `occurred_at` is the moment on the wall at which an event is due. With a speed above 1 the
    class is compressed: 90 minutes at speed 10 take 9, and so do the times between its events.
    Events of the head start are sent at once, back-dated as if the class had begun earlier.
    While the ingest is away, events wait, and are then sent in order as they were.

    Args:
        url: Address of the ingest, without a path.
        token: An ingest token for the plan's course.
        plan: The class.
        speed: Seconds of the class in a second on the wall.
        head_start_minutes: How much of the class is over when the play starts, in minutes.
        started_at: When the play starts, UTC, where another than now is to be told of it too.
        stop: Ends the play early when it is set; a request under way is waited for.

    Raises:
        ValueError: The address, the speed or the head start is not usable.
        IngestRefusedError: The ingest refuses the token, or it is not an ingest.
    """
    if not url.startswith(("http://", "https://")):
        raise ValueError(f"the ingest's address must start with http:// or https://, not {url!r}")
    if not 0 < speed < math.inf:
        raise ValueError(f"speed must be a number above 0, not {speed}")
    if not 0 <= head_start_minutes < math.inf:
        raise ValueError(f"the head start must be 0 minutes or more, not {head_start_minutes}")
    timetable = Timetable(plan, started_at or datetime.now(UTC), speed, head_start_minutes * 60)
    stop = stop or asyncio.Event()
    async with httpx.AsyncClient(
        base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=ANSWER_SECONDS
    ) as client:
        delivery = Delivery(client, stop)
        await _send_all(timetable, delivery, stop)
    return PlayReport(planned=len(plan.events), **asdict(delivery.tally))


async def _send_all(timetable: Timetable, delivery: Delivery, stop: asyncio.Event) -> None:
    events = timetable.plan.events
    clock = asyncio.get_running_loop().time
    began = clock()
    sent = 0
    while sent < len(events):
        due = bisect_right(events, timetable.reached(clock() - began), key=lambda e: e.at)
        while sent < due:
            batch = events[sent : min(sent + BATCH_EVENTS, due)]
            if not await delivery.send([timetable.to_event(planned) for planned in batch]):
                return
            sent += len(batch)
        if sent < len(events):
            wait = timetable.seconds_until(events[sent].at, clock() - began)
            if await stopped(stop, max(wait, TICK_SECONDS)):
                return


def play_until_signalled(
    url: str,
    token: str,
    plan: ClassPlan,
    *,
    speed: float = 1.0,
    head_start_minutes: float = 0.0,
    started_at: datetime | None = None,
) -> PlayReport:
    """Do as `play` does, and stop early on SIGINT or SIGTERM, within `delivery.ANSWER_SECONDS`."""

    async def run() -> PlayReport:
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        return await play(
            url,
            token,
            plan,
            speed=speed,
            head_start_minutes=head_start_minutes,
            started_at=started_at,
            stop=stop,
        )

    return asyncio.run(run())
