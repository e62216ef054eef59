"""The addresses of the class map and of the class's way through the exercises, under `/api/v1`."""

from datetime import timedelta

from fastapi import APIRouter, Request

from analytics import examples
from analytics.access import PartOf
from analytics.class_view import alias_answers
from analytics.class_view import answers as class_view_answers
from analytics.class_view import examples as class_view_examples
from analytics.class_view.responses import Aliases, ClassMap, ClassSessions, ClassStream
from analytics.parameters import Bucket, SeenFrom, SeenTo, bucket_length, require_span
from analytics.routes import COURSE, AsOfNs, Lake

router = APIRouter(prefix="/api/v1", responses=examples.PROBLEMS)


@router.get(f"{COURSE}/class_map", responses=examples.answer(class_view_examples.CLASS_MAP))
def get_class_map(lake: Lake, part: PartOf, as_of_ns: AsOfNs) -> ClassMap:
    """Return how far each student is with each exercise, in few bytes."""
    return lake.answer(class_view_answers.class_map, *part, as_of_ns)


@router.get(f"{COURSE}/class_stream", responses=examples.answer(class_view_examples.CLASS_STREAM))
def get_class_stream(
    lake: Lake,
    part: PartOf,
    as_of_ns: AsOfNs,
    bucket: Bucket = "1m",
    start: SeenFrom = None,
    until: SeenTo = None,
) -> ClassStream:
    """Return how many students were at each exercise over time; by default of the last 3 hours."""
    require_span(start, until)
    seconds = bucket_length(bucket) // timedelta(seconds=1)
    return lake.answer(class_view_answers.class_stream, part, seconds, start, until, as_of_ns)


@router.get(
    f"{COURSE}/class_sessions", responses=examples.answer(class_view_examples.CLASS_SESSIONS)
)
def get_class_sessions(lake: Lake, part: PartOf, as_of_ns: AsOfNs) -> ClassSessions:
    """Return when the class met: stretches of time in which somebody worked, latest first."""
    return lake.answer(class_view_answers.class_sessions, part, as_of_ns)


@router.get(f"{COURSE}/aliases", responses=examples.answer(class_view_examples.ALIASES))
def get_aliases(request: Request, lake: Lake, part: PartOf) -> Aliases:
    """Return each student's neutral alias, with which a page can be shown to the class."""
    secret = request.app.state.secrets[0]
    return lake.answer(alias_answers.aliases, *part, secret)
