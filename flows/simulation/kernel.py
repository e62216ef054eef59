"""The state of a notebook's kernel, as far as it decides which names a cell finds."""

import ast
import builtins
import re
from functools import lru_cache
from random import Random
from typing import Final

from flows.simulation.runs import Run, ran

_NOT_DEFINED: Final = re.compile(r"name '(\w+)' is not defined")
#: What a student adds between two attempts without changing what comes of them. At the end, so
#: that an error on a line keeps its line.
_EDITS: Final = ("\n", "\n\n", "\n# ?", "\n# try again", "\n# why does this not work", "\n#")


class Kernel:
    """The names that a kernel may know, and what ran well in it, since its last start."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def note(self, run: Run) -> None:
        """Remember the names that a run may have bound, also when it stopped at an error."""
        self.names |= _bound(run.code)

    def name_error(self, code: str) -> Run | None:
        """Return what comes of running `code` where it finds none of its names, else None."""
        needed = _needed(code)
        if not needed or self.names.intersection(needed):
            return None
        name, line = next(iter(needed.items()))
        return ran(code, "NameError", f"name '{name}' is not defined", line)

    def contradicts(self, run: Run) -> bool:
        """Return whether a run says that a name is unknown which the kernel may know."""
        missing = _NOT_DEFINED.match(run.error_message or "")
        return missing is not None and missing[1] in self.names


def edited(run: Run, rng: Random) -> Run:
    """Return the run of a slightly other text, with the same outcome."""
    return ran(run.code + rng.choice(_EDITS), run.error_name, run.error_message, run.error_line)


@lru_cache(maxsize=10_000)
def _bound(code: str) -> frozenset[str]:
    try:
        nodes = list(ast.walk(ast.parse(code)))
    except SyntaxError:
        return frozenset()  # nothing of it ran
    names = {n.id for n in nodes if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}
    names |= {n.name for n in nodes if isinstance(n, ast.FunctionDef | ast.ClassDef)}
    names |= {n.asname or n.name.split(".")[0] for n in nodes if isinstance(n, ast.alias)}
    return frozenset(names)


@lru_cache(maxsize=10_000)
def _needed(code: str) -> dict[str, int]:
    """Return the names that `code` reads and does not bind, in order of their place, with line."""
    try:
        loads = [n for n in ast.walk(ast.parse(code)) if isinstance(n, ast.Name)]
    except SyntaxError:
        return {}
    loads.sort(key=lambda name: (name.lineno, name.col_offset))
    known = _bound(code) | set(dir(builtins))
    lines: dict[str, int] = {}
    for name in loads:
        if name.id not in known:
            lines.setdefault(name.id, name.lineno)
    return lines
