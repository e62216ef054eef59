"""How new an instructor's numbers are: in a large class, and with many classes at once."""

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from pathlib import Path
from typing import Final

from bench.compare import BadMeasurementError
from bench.events import cell_runs
from bench.line import Aim, Figures, Line, Row, Scale, Side, Sides
from bench.load.instructors import Instructor
from bench.load.open_model import LEAD_SECONDS, Latencies, post, send, send_when_due
from bench.pipeline import pipeline
from bench.servers import SECRET
from ingest_api.tokens import ALL_COURSES, Grant, issue_token

#: Events a student and second, as the simulated class of docs/simulation.md has them.
EVENTS_A_STUDENT: Final = 0.025
_INSTRUCTORS: Final = 5
_LATEST_SECONDS: Final = 60.0
_FEW: Final = "50 students"
_CLASS: Final = "one class of 1,000"
_CLASSES: Final = "20 classes of 250"


@contextmanager
def _prepare(folder: Path, scale: Scale) -> Sides:
    with pipeline(folder) as started:
        ingest, api = started.ingest, started.api
        seeds, seconds = count(), scale.of(8.0, 1.0)
        students, classes = scale.of((50, 1_000, 250), (20, 40, 20)), scale.of(20, 2)
        sizes = {
            _FEW: {"few": students[0]},
            _CLASS: {"one": students[1]},
            _CLASSES: {f"class-{number}": students[2] for number in range(classes)},
        }

        def side(courses: dict[str, int]) -> Side:
            asyncio.run(_begin(ingest.url, next(seeds), courses))
            return lambda: asyncio.run(_watch(ingest.url, api.url, next(seeds), courses, seconds))

        yield {name: side(courses) for name, courses in sizes.items()}


async def _begin(url: str, seed: int, courses: dict[str, int]) -> None:
    """Let each student run one cell, so that each is in the class."""
    for course, runs in _students(seed, courses):
        students = courses[course]
        events = [event | {"course_id": course} for event in islice(runs, students)]
        posts = [_post(events[start : start + 100]) for start in range(0, students, 100)]
        await send(url, posts, 50, 4)


async def _watch(
    ingest: str, api: str, seed: int, courses: dict[str, int], seconds: float
) -> Figures:
    """Let the courses' students run cells while instructors watch some of the courses."""
    names = list(courses)
    instructors = [
        Instructor(ingest, api, names[number % len(names)]) for number in range(_INSTRUCTORS)
    ]
    async with AsyncExitStack() as watching:
        for instructor in instructors:
            await watching.enter_async_context(instructor.watching())
        await send_when_due(ingest, _runs(seed, courses, seconds), 64)
        await _all_counted(instructors)
    fresh = Latencies([each for one in instructors for each in one.fresh])
    return {"p95": fresh.percentile(0.95), "p50": fresh.percentile(0.5)}


async def _all_counted(instructors: list[Instructor]) -> None:
    end = time.monotonic() + _LATEST_SECONDS
    while not all(instructor.is_up_to_date for instructor in instructors):
        if time.monotonic() > end:
            refused = sum(instructor.refused for instructor in instructors)
            raise BadMeasurementError(
                f"after {_LATEST_SECONDS:.0f} s events lack; {refused} drawings were refused"
            )
        await asyncio.sleep(0.1)


def _runs(seed: int, courses: dict[str, int], seconds: float) -> Iterator[tuple[float, bytes]]:
    """Yield single runs at the rate of these students, each at its time and telling of it."""
    begin = datetime.now(UTC) + timedelta(seconds=LEAD_SECONDS)
    rate = EVENTS_A_STUDENT * sum(courses.values())
    sources = _students(seed, courses)
    for number in range(max(2 * len(sources), int(rate * seconds))):
        course, source = sources[number % len(sources)]
        due = number / rate
        at = (begin + timedelta(seconds=due)).isoformat()
        yield due, _post([next(source) | {"course_id": course, "occurred_at": at}])


def _students(seed: int, courses: dict[str, int]) -> list[tuple[str, Iterator[dict[str, object]]]]:
    """Return the runs of each course's students, each with ids of its own."""
    return [
        (course, cell_runs(1_000 * seed + number, students))
        for number, (course, students) in enumerate(courses.items())
    ]


def _post(events: list[dict[str, object]]) -> bytes:
    token = issue_token(SECRET, Grant("ingest", ALL_COURSES))
    return post("/student-progress", token, json.dumps(events).encode())


#: As new as with few.
_AS_NEW: Final = Aim("ratio", "at most", 1.5)
LINE: Final = Line(
    "class-size",
    (
        Row("class-size freshness p95, one of 1,000", "p95", "s", _FEW, _AS_NEW, ours=_CLASS),
        Row("class-size freshness p95, 20 of 250", "p95", "s", _FEW, _AS_NEW, ours=_CLASSES),
        Row("class-size freshness p50, one of 1,000", "p50", "s", _FEW, ours=_CLASS),
    ),
    _prepare,
)
