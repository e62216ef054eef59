"""Watching what graders return, without being noticed."""

import functools
import inspect
import sys
from collections.abc import Callable
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from cellpulse_hook.graders import GraderWatch
from cellpulse_hook.scoring import Score

PASSED = SimpleNamespace(passed_all=True)


def _as_otter_does(method: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a method once, so that its caller is two frames up."""

    @functools.wraps(method)
    def decorated(*args: Any, **named: Any) -> Any:
        return method(*args, **named)

    return decorated


def _notebook() -> type:
    class Notebook:
        @_as_otter_does
        def check(self, question: Any, global_env: Any = None) -> Any:
            """Check a question."""
            if question == "missing":
                raise FileNotFoundError(question)
            frame = inspect.currentframe()
            assert frame is not None
            assert frame.f_back is not None
            assert frame.f_back.f_back is not None
            self.env = global_env or frame.f_back.f_back.f_globals
            return PASSED if question != "odd" else None

        def check_all(self) -> list[Any]:
            return [self.check(question, {"all": 1}) for question in ("q1", "q2")]

    return Notebook


@pytest.fixture(name="otter")
def _otter(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a module of the same calls as otter-grader, as if it had been imported."""
    otter = ModuleType("otter")
    otter.Notebook = _notebook()  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "otter", otter)
    return otter


@pytest.fixture(name="noted")
def _noted() -> list[tuple[str, Score]]:
    return []


@pytest.fixture(name="watch")
def _watch(noted: list[tuple[str, Score]]) -> GraderWatch:
    return GraderWatch(lambda name, score: noted.append((name, score)))


def test_a_check_returns_what_it_returned_and_is_noted(
    otter: Any, watch: GraderWatch, noted: list[tuple[str, Score]]
) -> None:
    """The same object comes back, the caller's variables are found, and the result is noted."""
    notebook = otter.Notebook()
    watch.look()
    watch.look()
    assert notebook.check("q1") is PASSED
    assert notebook.env is globals()
    assert notebook.check(question="tests/q2.py", global_env={"x": 1}) is PASSED
    assert notebook.env == {"x": 1}
    assert otter.Notebook.check(notebook, "q3") is PASSED
    assert noted == [(name, Score(True)) for name in ("q1", "q2", "q3")]
    assert inspect.signature(otter.Notebook.check).parameters.keys() >= {"question", "global_env"}
    assert notebook.check.__doc__ == "Check a question."


def test_all_checks_at_once_are_noted_one_by_one(
    otter: Any, watch: GraderWatch, noted: list[tuple[str, Score]]
) -> None:
    """`check_all` gives each question's result, once."""
    watch.look()
    assert otter.Notebook().check_all() == [PASSED, PASSED]
    assert [name for name, _ in noted] == ["q1", "q2"]


def test_what_a_check_raises_comes_through(
    otter: Any, watch: GraderWatch, noted: list[tuple[str, Score]]
) -> None:
    """An error of the grader is the student's to see; it is no result, nor are odd answers."""
    watch.look()
    with pytest.raises(FileNotFoundError, match="missing"):
        otter.Notebook().check("missing")
    with pytest.raises(TypeError, match="question"):
        otter.Notebook().check()
    assert otter.Notebook().check("odd") is None
    assert otter.Notebook().check(7) is PASSED
    assert noted == []


def test_a_fault_in_noting_is_not_seen(otter: Any) -> None:
    """Where the result can't be recorded the check still returns it."""

    def fail(_name: str, _score: Score) -> None:
        raise RuntimeError("the hook's own fault")

    GraderWatch(fail).look()
    assert otter.Notebook().check("q1") is PASSED


def test_a_grader_that_is_imported_again_is_watched_again(
    otter: Any, watch: GraderWatch, noted: list[tuple[str, Score]]
) -> None:
    """A reloaded module has a new class, which is found at the next look."""
    watch.look()
    otter.Notebook = _notebook()
    watch.look()
    otter.Notebook().check("q1")
    assert len(noted) == 1


@pytest.mark.parametrize(
    "internals",
    [
        {},
        {"Notebook": None},
        {"Notebook": 3},
        {"Notebook": object},
        {"Notebook": type("Notebook", (), {"check": 3})},
        {"Notebook": type("Notebook", (), {"check": staticmethod(len)})},
        {"Notebook": type("Notebook", (), {"check": classmethod(len)})},
    ],
)
def test_other_internals_are_left_alone(
    otter: Any, watch: GraderWatch, internals: dict[str, Any]
) -> None:
    """Where there is no such method, nothing is wrapped and nothing raised."""
    del otter.Notebook
    vars(otter).update(internals)
    before = dict(vars(otter.Notebook)) if isinstance(internals.get("Notebook"), type) else None
    watch.look()
    assert before is None or dict(vars(otter.Notebook)) == before


def test_something_else_in_its_place_is_no_fault(
    watch: GraderWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A student's own object among the modules is left alone."""
    monkeypatch.setitem(sys.modules, "otter", 3)
    watch.look()


@pytest.mark.parametrize("module", ["client.api.assignment", "client.api.notebook"])
def test_okpy_is_watched_where_it_grades(
    watch: GraderWatch,
    noted: list[tuple[str, Score]],
    monkeypatch: pytest.MonkeyPatch,
    module: str,
) -> None:
    """Each of okpy's gradings gives one result, by its assignment where there is one."""
    counts = {"passed": 1, "failed": 0, "locked": 0}

    class Grading:
        def grade(self, *_questions: str) -> dict[str, int]:
            return counts

    notebook = ModuleType("client.api.notebook")
    notebook.Notebook = Grading  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "client.api.notebook", notebook)
    if module == "client.api.assignment":
        assignment = ModuleType(module)
        assignment.Assignment = type("Assignment", (Grading,), {})  # type: ignore[attr-defined]
        notebook.Notebook = type(  # type: ignore[attr-defined]
            "Notebook", (), {"grade": lambda _, question: assignment.Assignment().grade(question)}
        )
        monkeypatch.setitem(sys.modules, module, assignment)
    watch.look()
    assert notebook.Notebook().grade("q1") is counts
    assert noted == [("q1", Score(True))]
