"""Random histories of a class, and what a slow reference needs to read them."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from hypothesis import strategies as st

BEGIN: Final = datetime(2024, 3, 4, 9, 0, tzinfo=UTC)
Event = dict[str, Any]

_GAPS: Final = st.one_of(
    st.integers(0, 3), st.integers(0, 400), st.integers(0, 3_000), st.integers(0, 100_000)
)
_CODES: Final = ("x = 1", "x = 2", "x = 10", "print(x)", "for i in range(3): print(i)")


def codes() -> st.SearchStrategy[dict[str, Any]]:
    """Return what a run says of its code."""
    return st.integers(0, len(_CODES) - 1).map(
        lambda index: {
            "code_sha256": f"{index:064x}",
            "code_lines": 1 + _CODES[index].count("\n"),
            "code_chars": len(_CODES[index]),
        }
    )


def _runs() -> st.SearchStrategy[Event]:
    outcomes = st.one_of(
        st.just({"status": "ok"}),
        st.just({"status": "interrupted"}),
        st.sampled_from(["NameError", "TypeError", "SyntaxError", None]).map(
            lambda name: {
                "status": "error",
                "error_name": name,
                "error_message": None if name is None else f"of a {name}",
            }
        ),
        # A compiler's errors, as an import keeps them.
        st.permutations(["NameError", "TypeError", "SyntaxError"]).map(
            lambda names: {
                "status": "error",
                "error_name": names[0],
                "error_message": f"of a {names[0]}",
                "error_names": names[:2],
            }
        ),
    )
    return st.tuples(outcomes, codes(), st.integers(1, 9), st.sampled_from(["a", "b", None])).map(
        lambda parts: (
            {"type": "cell_run", "execution_count": parts[2], "cell_id": parts[3], "duration_ms": 5}
            | parts[0]
            | parts[1]
        )
    )


def _checks() -> st.SearchStrategy[Event]:
    return st.tuples(
        st.booleans(), st.sampled_from(["one", "two"]), st.sampled_from([None, (1, 2), (2, 2)])
    ).map(
        lambda parts: (
            {"type": "check_result", "passed": parts[0], "check_name": parts[1]}
            | ({} if parts[2] is None else {"points": parts[2][0], "points_possible": parts[2][1]})
        )
    )


def histories(most_events: int = 40) -> st.SearchStrategy[list[Event]]:
    """Return histories of up to three students on up to three exercises, in order of time.

    Events can have equal times; gaps range from nothing to more than a day.
    """
    one = st.tuples(
        st.one_of(_runs(), _runs(), _runs(), _checks(), st.just({"type": "heartbeat"})),
        st.sampled_from(["ada", "bob", "cy"]),
        st.sampled_from(["1.1", "1.2", None]),
        _GAPS,
    )
    return st.lists(one, max_size=most_events).map(_dated)


def _dated(parts: list[tuple[Event, str, str | None, int]]) -> list[Event]:
    moment = BEGIN
    events = []
    for event, student, exercise, gap in parts:
        moment += timedelta(seconds=gap)
        events.append(event | {"student_id": student, "exercise": exercise, "occurred_at": moment})
    return events


def runs_of(events: Iterable[Event]) -> dict[tuple[str, str | None], list[Event]]:
    """Return the cell runs of each student and exercise, in order."""
    return _by_student_exercise(event for event in events if event["type"] == "cell_run")


def checks_of(events: Iterable[Event]) -> dict[tuple[str, str | None], list[Event]]:
    """Return the check results of each student and exercise, in order."""
    return _by_student_exercise(event for event in events if event["type"] == "check_result")


def _by_student_exercise(events: Iterable[Event]) -> dict[tuple[str, str | None], list[Event]]:
    found: dict[tuple[str, str | None], list[Event]] = defaultdict(list)
    for event in events:
        found[event["student_id"], event["exercise"]].append(event)
    return dict(found)


def error_names(run: Event) -> set[str]:
    """Return the names of a run's errors; none where it did not fail, or they are not known."""
    if run["status"] != "error" or run["error_name"] is None:
        return set()
    return {run["error_name"], *run.get("error_names", ())}
