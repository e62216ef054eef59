"""The names that a course's events carry: one for each exercise, for ever."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import PurePosixPath
from typing import Final

from ingest_api.events import TEXT_CAPS

_GRADERS: Final = ("nbgrader", "otter", "okpy")


def name_new(
    new: Mapping[tuple[str, str], str], used: set[str], files: Sequence[str]
) -> dict[tuple[str, str], str]:
    """Return a name for each new exercise, given as its notebook's path and its name there.

    It is the notebook's own name for it where no other exercise has that, else with the
    notebook's name before it: a grader's names, and headings, are those of one notebook only. If
    one of a grader's names needs it, then all of that notebook's have it.

    Args:
        new: The markers of the exercises that no earlier registration had.
        used: Names that are taken, also by exercises that are gone.
        files: The paths of all notebooks.
    """
    often = Counter(mark for _, mark in new)
    in_full = {
        (path, marker)
        for (path, mark), marker in new.items()
        if marker in _GRADERS and (often[mark] > 1 or mark in used)
    }
    stems = Counter(PurePosixPath(path).stem for path in files)
    used = set(used)
    names = {}
    for (path, mark), marker in new.items():
        pure = PurePosixPath(path)
        notebook = pure.stem if stems[pure.stem] == 1 else pure.with_suffix("").as_posix()
        long = _short_enough(f"{notebook}/{mark}")
        repeats = often[mark] > 1 or (path, marker) in in_full
        candidates = [long] if repeats else [mark, long]
        name = next((name for name in candidates if name not in used), None)
        if name is None:
            numbered = (_short_enough(long, f" ({number})") for number in count(2))
            name = next(name for name in numbered if name not in used)
        used.add(name)
        names[path, mark] = name
    return names


def _short_enough(name: str, end: str = "") -> str:
    return name[: TEXT_CAPS["exercise"] - len(end)] + end
