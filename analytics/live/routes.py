"""The address that has everything of a Live page, under `/api/v1`."""

from typing import Annotated

from fastapi import APIRouter, Query

from analytics import examples
from analytics.access import PartOf
from analytics.live import answers as live_answers
from analytics.live import examples as live_examples
from analytics.live.responses import Live
from analytics.parameters import LastMinutes, PlannedFrom, PlannedTo, require_span
from analytics.routes import COURSE, AsOfNs, Lake

router = APIRouter(prefix="/api/v1", responses=examples.PROBLEMS)

WithStream = Annotated[
    bool, Query(alias="stream", description="Whether `class_stream` is asked for.")
]
MostEvents = Annotated[
    int, Query(alias="events", ge=0, le=1000, description="Most events of `events`; 0 for none.")
]


@router.get(f"{COURSE}/live", responses=examples.answer(live_examples.LIVE))
def get_live(
    lake: Lake,
    part: PartOf,
    as_of_ns: AsOfNs,
    minutes: LastMinutes = 60,
    start: PlannedFrom = None,
    until: PlannedTo = None,
    with_stream: WithStream = True,
    events: MostEvents = 100,
) -> Live:
    """Return all that a Live page shows: now, or as of a moment, as a step of a replay does."""
    require_span(start, until)
    question = live_answers.LiveQuestion(minutes, start, until, with_stream, events)
    return lake.answer(live_answers.live, part, question, as_of_ns)
