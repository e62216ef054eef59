"""Execution order: runs out of order, restarts, what they repeat and what they have lost."""

import itertools
from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.analytics.measures.histories import BEGIN, Event, histories
from tests.analytics.measures.memory_lake import MemoryLake

_COUNTS: Final = (
    "out_of_order",
    "runs",
    "restarts",
    "restart_reruns",
    "lost_state",
    "unseen_runs",
)


def reference(runs: list[Event]) -> list[Counter[str]]:
    """Return what each run of one student counts for, by looking at all the runs before it."""
    return [_counts(run, runs[:place]) for place, run in enumerate(runs)]


def _counts(run: Event, before: list[Event]) -> Counter[str]:
    before = [one for one in before if _same(one, run, "notebook")]
    of_session = [one for one in before if _same(one, run, "session_id")]
    counts = Counter({"runs": int(run["cell_id"] is not None)})
    first_run: list[str] = []
    for cell in [one["cell_id"] for one in [*before, run] if one["cell_id"]]:
        if cell not in first_run:
            first_run.append(cell)
    if run["cell_id"]:
        earlier = [first_run.index(one["cell_id"]) for one in of_session if one["cell_id"]]
        counts["out_of_order"] = int(first_run.index(run["cell_id"]) < max(earlier, default=-1))
    if run["session_id"] is None:
        return counts
    if of_session:
        counts["unseen_runs"] = max(
            run["execution_count"] - of_session[-1]["execution_count"] - 1, 0
        )
    sessions = list(dict.fromkeys(one["session_id"] for one in before if one["session_id"]))
    rank = sessions.index(run["session_id"]) if of_session else len(sessions)
    counts["restarts"] = int(rank > 0 and not of_session)
    ran_well = {
        sessions.index(one["session_id"])
        for one in before
        if one["session_id"] and one["status"] == "ok" and _same(one, run, "code_sha256")
    }
    counts["lost_state"] = int(
        run.get("error_name") == "NameError" and min(ran_well, default=9) < rank
    )
    return counts


def _same(one: Event, other: Event, name: str) -> bool:
    return bool(one[name] == other[name])


def restart_reruns(runs: list[Event]) -> Counter[int]:
    """Return the places of the runs that repeat the session before, at the start of the next."""
    found: Counter[int] = Counter()
    for notebook in {run["notebook"] for run in runs}:
        sessions: dict[str, list[tuple[int, Event]]] = {}
        for place, run in enumerate(runs):
            if run["notebook"] == notebook and run["session_id"]:
                sessions.setdefault(run["session_id"], []).append((place, run))
        in_order = list(sessions.values())
        for previous, following in itertools.pairwise(in_order):
            cells = {_cell(run) for _, run in previous}
            for place, run in following:
                if _cell(run) not in cells:
                    break
                found[place] = 1
    return found


def _cell(run: Event) -> tuple[str, Any]:
    return ("cell", run["cell_id"]) if run["cell_id"] else ("code", run["code_sha256"])


@st.composite
def in_sessions(draw: st.DrawFn) -> list[Event]:
    """Return a history whose runs are of some sessions and notebooks, or of none."""
    events = draw(histories(60))
    places = draw(
        st.lists(
            st.tuples(st.sampled_from(["k1", "k2", "k3", None]), st.sampled_from(["n", "m", None])),
            min_size=len(events),
            max_size=len(events),
        )
    )
    return [
        event | {"session_id": session, "seq": number if session else None, "notebook": notebook}
        for number, (event, (session, notebook)) in enumerate(zip(events, places, strict=True), 1)
    ]


def _hold(row: dict[str, Any], counted: Iterable[Counter[str]]) -> None:
    total: Counter[str] = sum(counted, Counter())
    assert {name: row[name] for name in _COUNTS} == {name: total[name] for name in _COUNTS}
    share = total["out_of_order"] / total["runs"] if total["runs"] else None
    assert row["value"] == pytest.approx(share, abs=1e-9)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=in_sessions())
def test_it_is_the_definition_on_any_history(lake: MemoryLake, events: list[Event]) -> None:
    """Each run counts as a look at all runs before it says; groups are sums and the share."""
    lake.clear()
    lake.write(events)
    expected: dict[str, Counter[str]] = {}
    for student in {event["student_id"] for event in events}:
        own = [
            (f"{place}-0", event)
            for place, event in enumerate(events, 1)
            if event["type"] == "cell_run" and event["student_id"] == student
        ]
        runs = [run for _, run in own]
        repeated = restart_reruns(runs)
        for place, (counts, (position, _)) in enumerate(zip(reference(runs), own, strict=True)):
            counts["restart_reruns"] = repeated[place]
            expected[position] = counts
    by_run = lake.rows("execution_order", "run")
    assert {row["position"] for row in by_run} == expected.keys()
    for row in by_run:
        _hold(row, [expected[row["position"]]])
    for row in lake.rows("execution_order", "student"):
        of_student = [one["position"] for one in by_run if one["student_id"] == row["student_id"]]
        if of_student:
            _hold(row, [expected[position] for position in of_student])


def _runs(*cells: str, session: str | None = "k1", first: int = 1, **fields: Any) -> list[Event]:
    return [
        {
            "student_id": "ada",
            "exercise": "1",
            "notebook": "n.ipynb",
            "status": "ok",
            "cell_id": cell,
            "code_sha256": f"{ord(cell):064x}",
            "execution_count": number,
            "session_id": session,
            "seq": number if session else None,
            "occurred_at": BEGIN + timedelta(seconds=number),
        }
        | fields
        for number, cell in enumerate(cells, first)
    ]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ("a", 0),
        ("abc", 0),
        ("abbbc", 0),
        ("aba", 1 / 3),
        ("abcabc", 2 / 6),
        # Once the furthest cell is reached again, the order is kept.
        ("abcac", 1 / 5),
    ],
)
def test_which_runs_are_out_of_order(lake: MemoryLake, cells: str, expected: float) -> None:
    """A run is out of order when a cell that was first run later has been run before it."""
    lake.write(_runs(*cells))
    assert lake.values("execution_order") == {("ada", "1"): pytest.approx(expected)}


def test_a_restart_begins_the_order_anew(lake: MemoryLake) -> None:
    """In a new session the first cell is in order, and the order of the cells is the old one."""
    lake.write([*_runs(*"abc"), *_runs(*"abca", session="k2", first=4)])
    [row] = lake.rows("execution_order")
    assert (row["out_of_order"], row["runs"]) == (1, 7)
    assert (row["restarts"], row["restart_reruns"]) == (1, 4)


def test_reruns_end_at_the_first_new_cell(lake: MemoryLake) -> None:
    """What is run again after something new is no more a rerun of the restart."""
    lake.write([*_runs(*"abc"), *_runs(*"abdc", session="k2", first=4)])
    [row] = lake.rows("execution_order")
    assert row["restart_reruns"] == 2


def test_a_name_that_the_restart_took_is_lost_state(lake: MemoryLake) -> None:
    """The same code ran before the restart and misses a name after it; new code does not count."""
    missing = {"status": "error", "error_name": "NameError"}
    lake.write(
        [
            *_runs(*"ab"),
            *_runs("b", session="k2", first=3, **missing),
            *_runs("c", session="k2", first=4, **missing),
            *_runs("c", session="k1", first=5),
            *_runs("b", session="k1", first=6, **missing),
        ]
    )
    assert [row["lost_state"] for row in lake.rows("execution_order", "run")] == [0, 0, 1, 0, 0, 0]


def test_missing_execution_counts_are_unseen_runs(lake: MemoryLake) -> None:
    """From 2 to 5 two runs were not seen; a lower count and a new session say nothing."""
    counts = [1, 2, 5, 3]
    runs = [
        run | {"execution_count": count} for run, count in zip(_runs(*"abcd"), counts, strict=True)
    ]
    lake.write([*runs, *_runs("a", session="k2", first=9)])
    [row] = lake.rows("execution_order")
    assert row["unseen_runs"] == 2


def test_runs_without_cells_or_sessions_tell_little(lake: MemoryLake) -> None:
    """Without cells there is no number, without sessions no restart and no missing count."""
    lake.write(_runs(*"aba", session=None, cell_id=None, execution_count=7))
    [row] = lake.rows("execution_order")
    assert row["value"] is None
    assert {row[name] for name in _COUNTS} == {0}
