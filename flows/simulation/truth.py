"""Who is planted to need help, and when on the wall: what an attention rule is compared with."""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, TextIO

from flows.simulation.episodes import LookAlike, Struggle
from flows.simulation.parameters import Parameters
from flows.simulation.plan import DEFAULT_COURSE_ID, plan_class
from flows.simulation.timetable import Timetable
from ingest_api.events import ProgressEvent

#: When a class without a server begins, unless told otherwise.
_STARTED_AT: Final = datetime(2025, 3, 4, 9, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class PlantedTime:
    """A time of one student that was planted.

    Attributes:
        exercise: What the student works on; None when through with the course.
        kind: One of `student.StruggleKind` or `student.LookAlikeKind`.
        needs_help: False for what only looks like trouble.
        begins_at: UTC.
        ends_at: UTC; not part of it.
    """

    course_id: str
    student_id: str
    exercise: str | None
    kind: str
    needs_help: bool
    begins_at: datetime
    ends_at: datetime


def simulated_class(
    seed: int,
    *,
    course_dir: Path,
    students: int = 30,
    minutes: float = 50.0,
    course_id: str = DEFAULT_COURSE_ID,
    started_at: datetime = _STARTED_AT,
    parameters: Parameters | None = None,
    with_code: bool = False,
) -> tuple[tuple[ProgressEvent, ...], tuple[PlantedTime, ...]]:
    """Return a whole class without any server: its events, and who needed help when.

    The same arguments give the same class, ids and all. Both are in order of time.

    Args:
        seed: As for `plan_class`, which tells of the errors raised too.
        course_dir: The same.
        students: The same.
        minutes: The same.
        course_id: The same.
        started_at: When the class begins, with a zone.
        parameters: As for `plan_class`.
        with_code: The same.
    """
    plan = plan_class(
        students=students,
        minutes=minutes,
        course_dir=course_dir,
        seed=seed,
        course_id=course_id,
        parameters=parameters,
        with_code=with_code,
    )
    timetable = Timetable(plan, started_at, speed=1, head_start=0)
    return tuple(timetable.to_event(planned) for planned in plan.events), planted_times(timetable)


def planted_times(timetable: Timetable) -> tuple[PlantedTime, ...]:
    """Return what was planted, at the times at which a play of the plan has it, in order."""
    plan = timetable.plan

    def on_the_wall(at: float) -> datetime:
        return timetable.started_at + timedelta(seconds=timetable.seconds_until(at, 0))

    def planted(episode: Struggle | LookAlike, *, needs_help: bool) -> PlantedTime:
        return PlantedTime(
            course_id=plan.course_id,
            student_id=episode.student_id,
            exercise=episode.exercise,
            kind=episode.kind,
            needs_help=needs_help,
            begins_at=on_the_wall(episode.begins),
            ends_at=on_the_wall(episode.ends),
        )

    times = [planted(struggle, needs_help=True) for struggle in plan.struggles]
    times += [planted(look_alike, needs_help=False) for look_alike in plan.look_alikes]
    return tuple(sorted(times, key=lambda time: time.begins_at))


def write_planted_times(times: tuple[PlantedTime, ...], file: TextIO) -> None:
    """Write a JSON object a line, with the fields of `PlantedTime`; times in ISO 8601."""
    file.writelines(json.dumps(asdict(time), default=datetime.isoformat) + "\n" for time in times)
