"""Watching what otter-grader and okpy return, where a course uses them."""

from __future__ import annotations

import contextlib
import functools
import sys
from types import FunctionType
from typing import Any, Callable, NamedTuple, Optional

from cellpulse_hook.scoring import Score, score_okpy, score_otter


class _Call(NamedTuple):
    """A method that runs one check and returns its result."""

    module: str
    owner: str
    method: str
    score: Callable[[Any], Optional[Score]]


#: For each grader, the first of its calls that is there. otter's `check_all` calls `check`;
#: okpy's `grade` and `grade_all` both call the assignment's.
_GRADERS = (
    (_Call("otter", "Notebook", "check", score_otter),),
    (
        _Call("client.api.assignment", "Assignment", "grade", score_okpy),
        _Call("client.api.notebook", "Notebook", "grade", score_okpy),
    ),
)


_MODULES = frozenset(call.module for calls in _GRADERS for call in calls)


class GraderWatch:
    """Wraps each grader's method once it has been imported, by whomever. Imports nothing itself."""

    def __init__(self, note: Callable[[str, Score], None]) -> None:
        """Call `note` with the name and the result of each check that a grader runs."""
        self._note = note
        self._watched: dict[_Call, Any] = {}

    def look(self) -> None:
        """Wrap what has been imported since the last look, or anew. Never raises Exception."""
        if sys.modules.keys().isdisjoint(_MODULES):  # nearly always, and before each cell
            return
        for calls in _GRADERS:
            with contextlib.suppress(Exception):  # whatever a grader's internals are by now
                self._look_for(calls)

    def _look_for(self, calls: tuple[_Call, ...]) -> None:
        for call in calls:
            module = sys.modules.get(call.module)
            owner = None if module is None else vars(module).get(call.owner)
            if owner is not None:
                if owner is not self._watched.get(call):
                    self._watched[call] = owner
                    self._watch(owner, call)
                return

    def _watch(self, owner: type, call: _Call) -> None:
        methods = [vars(base)[call.method] for base in owner.__mro__ if call.method in vars(base)]
        if methods and callable(methods[0]) and not isinstance(methods[0], staticmethod):
            setattr(owner, call.method, _watched(methods[0], call.score, self._note))


def _watched(
    original: Any, score: Callable[[Any], Optional[Score]], note: Callable[[str, Score], None]
) -> Callable[..., Any]:
    """Return a method that does what `original` does, and notes its result."""

    @functools.wraps(original)
    def watched(instance: Any, /, *args: Any, **named: Any) -> Any:
        __tracebackhide__ = True  # IPython shows the grader's frames, not ours
        bound = original.__get__(instance, type(instance))
        # otter takes the variables of the frame that called it for the student's: that frame
        # must have them here too.
        forward = FunctionType(_forward.__code__, sys._getframe(1).f_globals)  # noqa: SLF001
        result = forward(bound, args, named)
        with contextlib.suppress(Exception):  # a notebook never sees our faults
            # A kernel starts without it.
            from cellpulse_hook.marks_questions import check_name  # noqa: PLC0415

            name = args[0] if args else named.get("question")
            found = score(result)
            if found is not None and isinstance(name, str) and check_name(name):
                note(check_name(name), found)
        return result

    return watched


def _forward(function: Callable[..., Any], args: tuple[Any, ...], named: dict[str, Any]) -> Any:
    __tracebackhide__ = True
    return function(*args, **named)
