"""The plan of a class."""

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any, get_args

import pytest

from flows.simulation.episodes import LookAlike, Struggle
from flows.simulation.plan import ClassPlan, plan_class
from flows.simulation.planned import PlannedEvent
from flows.simulation.student import LookAlikeKind, StruggleKind
from flows.simulation.timetable import Timetable
from ingest_api.events import ProgressEvent

Planner = Callable[..., ClassPlan]
STARTED_AT = datetime(2025, 3, 4, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def sent(lesson: ClassPlan) -> list[ProgressEvent]:
    """Return the class's events as they are sent."""
    timetable = Timetable(lesson, STARTED_AT, speed=1, head_start=0)
    return [timetable.to_event(planned) for planned in lesson.events]


def test_same_seed_gives_the_same_class(lesson: ClassPlan, plan_sample: Planner) -> None:
    """The same arguments give the same plan, event for event."""
    assert plan_sample() == lesson


def test_other_seed_gives_another_class(lesson: ClassPlan, plan_sample: Planner) -> None:
    """Another seed gives the same students' ids and other events."""
    other = plan_sample(seed=1)
    assert other.student_ids == lesson.student_ids
    assert other.events != lesson.events


def test_events_are_in_order_of_time_and_within_the_class(lesson: ClassPlan) -> None:
    """No event comes before one that is later, or after the end of the class."""
    times = [event.at for event in lesson.events]
    assert times == sorted(times)
    assert times[0] >= 0
    assert times[-1] <= lesson.minutes * 60


def test_sequence_numbers_have_no_gap(sent: list[ProgressEvent]) -> None:
    """In every session the numbers are 1, 2, 3, ... in the order in which events are sent."""
    by_session = defaultdict(list)
    for event in sent:
        by_session[event.session_id].append(event.seq)
    assert all(seqs == list(range(1, len(seqs) + 1)) for seqs in by_session.values())


def test_session_is_one_notebook_from_start_to_end(sent: list[ProgressEvent]) -> None:
    """A session starts with `session_started`, ends with `session_ended`, counts its runs."""
    by_session = defaultdict(list)
    for event in sent:
        by_session[event.session_id].append(event)
    for events in by_session.values():
        assert len({event.notebook for event in events}) == 1
        assert [events[0].type, events[-1].type] == ["session_started", "session_ended"]
        runs = [event.execution_count for event in events if event.type == "cell_run"]
        assert runs == list(range(1, len(runs) + 1))


def test_every_event_is_valid_on_the_wire(sent: list[ProgressEvent]) -> None:
    """The contract reads every event back as it was, an error's line under `extra`, nothing cut."""
    for event in sent:
        again = ProgressEvent.model_validate_json(event.model_dump_json(exclude_none=True))
        assert again == event
        assert (event.truncated, event.code) == (None, None)
        failed = event.type == "cell_run" and event.status == "error"
        assert (event.extra or {}).keys() == ({"error_line"} if failed else set())


def test_runs_are_filled_as_by_a_hook(sent: list[ProgressEvent]) -> None:
    """Every run has the fields that a hook sends, and a name and a text for its error."""
    runs = [event for event in sent if event.type == "cell_run"]
    for event in runs:
        filled = event.model_dump(exclude_none=True)
        assert filled.keys() >= {
            "event_id",
            "session_id",
            "seq",
            "notebook",
            "cell_id",
            "execution_count",
            "status",
            "duration_ms",
            "occurred_at",
            "code_sha256",
            "code_lines",
            "code_chars",
        }
        assert (event.status == "ok") == (event.error_name is None)
        assert (event.status == "ok") == (event.error_message is None)
    names = {event.error_name for event in runs}
    assert names > {"NameError", "TypeError", "SyntaxError", "IndentationError", "AssertionError"}


def test_check_is_followed_by_its_result(lesson: ClassPlan) -> None:
    """A run of a check is followed, in its session, by a result that says how the run ended."""

    def session(event: PlannedEvent) -> tuple[str, int]:
        return event.student_id, event.session

    results = 0
    for _, events in groupby(sorted(lesson.events, key=session), session):
        for before, event in pairwise(events):
            if event.type == "check_result":
                results += 1
                passed = before.fields()["status"] == "ok"
                assert event.fields()["passed"] == passed
                assert event.fields()["check_name"] == event.fields()["exercise"]
                assert event.fields()["points"] == passed * event.fields()["points_possible"]
                assert event.fields()["points_possible"] in (1, 2, 3)
                assert before.fields()["cell_id"] == event.fields()["cell_id"]
    assert results == Counter(event.type for event in lesson.events)["check_result"] > 0


def test_most_students_solve_most_exercises(lesson: ClassPlan) -> None:
    """In a lesson most students get through most exercises, and not all get through all."""
    solved = {
        (event.student_id, event.fields()["exercise"])
        for event in lesson.events
        if event.type == "check_result" and event.fields()["passed"]
    }
    assert 0.7 < len(solved) / (30 * 12) < 1


def test_error_rate_is_that_of_a_lesson(sent: list[ProgressEvent]) -> None:
    """Runs fail about as often as beginners' do, neither hardly ever nor nearly always."""
    statuses = Counter(event.status for event in sent if event.type == "cell_run")
    assert 0.15 < statuses["error"] / statuses.total() < 0.4


def runs_within(plan: ClassPlan, episode: Struggle | LookAlike) -> list[dict[str, Any]]:
    """Return the fields of the student's runs during an episode."""
    return [
        event.fields()
        for event in plan.events
        if event.type == "cell_run"
        and event.student_id == episode.student_id
        and episode.begins <= event.at < episode.ends
    ]


@pytest.mark.parametrize("seed", range(3))
def test_strugglers_of_every_kind_are_planted(plan_sample: Planner, seed: int) -> None:
    """Some students are stuck, in each of the ways, and do not solve the exercise meanwhile."""
    plan = plan_sample(seed=seed)
    assert {struggle.kind for struggle in plan.struggles} == set(get_args(StruggleKind))
    assert len({struggle.student_id for struggle in plan.struggles}) == 6
    for struggle in plan.struggles:
        runs = runs_within(plan, struggle)
        if struggle.kind == "wandering":
            assert {run["exercise"] for run in runs} == {None}
            continue
        assert {run["exercise"] for run in runs} <= {struggle.exercise}
        assert {run["status"] for run in runs} <= {"error", "ok", "interrupted"}
        if struggle.kind in ("error_streak", "silence", "thrashing"):
            assert {run["status"] for run in runs} == {"error"}
        if struggle.kind == "silence":
            assert len(runs) <= 4
        elif struggle.kind != "slow" and struggle.ends - struggle.begins > 900:
            assert len(runs) >= 5
        if struggle.kind == "thrashing":
            texts = [(run["error_name"], run["error_message"]) for run in runs]
            assert sum(one != other for one, other in pairwise(texts)) > len(texts) / 2


@pytest.mark.parametrize("seed", range(3))
def test_look_alikes_are_planted_and_get_on(plan_sample: Planner, seed: int) -> None:
    """Some only seem to be in trouble: failing but solving it next, on a break, or through."""
    plan = plan_sample(students=60, seed=seed)
    kinds = Counter(look_alike.kind for look_alike in plan.look_alikes)
    assert kinds.keys() == set(get_args(LookAlikeKind))
    strugglers = {struggle.student_id for struggle in plan.struggles}
    assert strugglers.isdisjoint(look_alike.student_id for look_alike in plan.look_alikes)
    for look_alike in plan.look_alikes:
        runs = runs_within(plan, look_alike)
        if look_alike.kind == "productive_failing":
            errors = [run["error_message"] for run in runs]
            assert len(errors) >= 6
            assert {run["status"] for run in runs} == {"error"}
        else:  # it begins at the moment of the last run
            assert len(runs) <= 1
        if look_alike.kind == "coffee_break":
            assert {run["status"] for run in runs} <= {"ok"}


def test_help_is_asked_for_and_comes(lesson: ClassPlan) -> None:
    """Some students ask for help, and who asked is helped before asking again."""
    open_requests: Counter[str] = Counter()
    for event in lesson.events:
        open_requests[event.student_id] += {"help_requested": 1, "help_resolved": -1}.get(
            event.type, 0
        )
        assert open_requests[event.student_id] in (0, 1)
    types = Counter(event.type for event in lesson.events)
    assert types["help_requested"] >= types["help_resolved"] > 0


def test_check_that_had_passed_meets_an_empty_kernel(plan_sample: Planner) -> None:
    """After a restart some checks that had passed fail, as the names are no longer there."""
    plan = plan_sample(students=100)
    passed: set[tuple[str, str]] = set()
    stale = 0
    for event in plan.events:
        if event.type == "check_result":
            fields = event.fields()
            exercise = event.student_id, fields["exercise"]
            if fields["passed"]:
                passed.add(exercise)
            elif exercise in passed and event.step and event.step.run:
                stale += event.step.run.error_name == "NameError"
    assert stale > 0


def test_code_is_sent_only_when_asked(plan_sample: Planner) -> None:
    """With code every run carries the code of its hash; without, none does."""
    timetable = Timetable(plan_sample(with_code=True), STARTED_AT, speed=1, head_start=0)
    runs = [
        event
        for event in map(timetable.to_event, timetable.plan.events)
        if event.type == "cell_run"
    ]
    assert runs
    for event in runs:
        assert event.code is not None
        assert sha256(event.code.encode()).hexdigest() == event.code_sha256
        assert len(event.code) == event.code_chars


def test_every_student_takes_part(plan_sample: Planner) -> None:
    """Thousands of students have ids of their own, and each is there."""
    plan = plan_sample(students=2_000, minutes=2)
    assert len(set(plan.student_ids)) == 2_000
    assert {event.student_id for event in plan.events} == set(plan.student_ids)


def test_long_class_goes_on_after_the_last_exercise(plan_sample: Planner) -> None:
    """In a class of eight hours students still run cells in the last one."""
    plan = plan_sample(students=3, minutes=480)
    late = {e.student_id for e in plan.events if e.type == "cell_run" and e.at > 7 * 3600}
    assert late == set(plan.student_ids)


@pytest.mark.parametrize(
    ("students", "minutes"), [(0, 10), (-1, 10), (5, 0), (5, float("inf")), (5, float("nan"))]
)
def test_class_without_students_or_time_is_refused(
    course_dir: Path, students: int, minutes: float
) -> None:
    """A class that cannot be is refused with a message that names the argument."""
    with pytest.raises(ValueError, match=r"students must|minutes must"):
        plan_class(students=students, minutes=minutes, course_dir=course_dir)
