"""The addresses of the class map and of the class's way through the exercises, under `/api/v1`."""

from datetime import timedelta

from fastapi import APIRouter

from analytics import class_answers, class_examples, examples
from analytics.access import PartOf
from analytics.class_responses import ClassMap, ClassStream
from analytics.parameters import Bucket, SeenFrom, SeenTo, bucket_length, require_span
from analytics.routes import COURSE, Lake

router = APIRouter(prefix="/api/v1", responses=examples.PROBLEMS)


@router.get(f"{COURSE}/class_map", responses=examples.answer(class_examples.CLASS_MAP))
def get_class_map(lake: Lake, part: PartOf) -> ClassMap:
    """Return how far each student is with each exercise, in few bytes."""
    return lake.read(lambda connection: class_answers.class_map(connection, *part))


@router.get(f"{COURSE}/class_stream", responses=examples.answer(class_examples.CLASS_STREAM))
def get_class_stream(
    lake: Lake,
    part: PartOf,
    bucket: Bucket = "1m",
    start: SeenFrom = None,
    until: SeenTo = None,
) -> ClassStream:
    """Return how many students were at each exercise over time; by default of the last 3 hours."""
    require_span(start, until)
    seconds = bucket_length(bucket) // timedelta(seconds=1)
    return lake.read(
        lambda connection: class_answers.class_stream(connection, part, seconds, start, until)
    )
