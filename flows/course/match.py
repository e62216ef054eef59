"""Which exercise of an earlier registration each exercise of the notebooks is."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from flows.course.content import CellContent
from ingest_api.course_content import common_end

_Token = tuple[str, ...]
_OWN_NAMES = ("nbgrader", "otter", "okpy", "tag")


@dataclass(frozen=True, slots=True)
class Known:
    """What an exercise is known by, in the notebooks or in an earlier registration."""

    notebook: str
    mark: str
    marker: str
    cells: Sequence[CellContent]


def match(now: Sequence[Known], before: Sequence[Known]) -> dict[int, int]:
    """Return for exercises of `now` which of `before` each is, by their places.

    In this order: the grade ids, question's name or tag of its cells, their ids, their source as
    it was handed out, and, last, the name. Each first within the notebook, then within the one that
    it was before its folders were renamed, then within one of the same file name, then within the
    course, and only what tells exactly one from all others.
    """
    found: dict[int, int] = {}
    earlier = _earlier_paths({known.notebook for known in now}, {k.notebook for k in before})
    moved = [replace(known, notebook=earlier[known.notebook]) for known in now]
    for tokens_of in _STEPS:
        _match_by(tokens_of, _path, now, before, found)
        _match_by(tokens_of, _path, moved, before, found)
        for scope in (_file_name, _course):
            _match_by(tokens_of, scope, now, before, found)
    return found


def _earlier_paths(now: set[str], before: set[str]) -> dict[str, str]:
    """Return the earlier path of each notebook: of the lost ones, that with the most folders alike.

    One that is where it was, or that several could be, has its own.
    """
    earlier = {path: path for path in now}
    lost = [(path, PurePosixPath(path).parts) for path in sorted(before - now)]
    for path in now - before:
        parts = PurePosixPath(path).parts
        alike = [(common_end(parts, other), name) for name, other in lost]
        most = max((count for count, _ in alike), default=0)
        best = [name for count, name in alike if count == most]
        if most and len(best) == 1:
            earlier[path] = best[0]
    return earlier


def _match_by(
    tokens_of: Callable[[Known], Iterator[_Token]],
    scope: Callable[[Known], str],
    now: Sequence[Known],
    before: Sequence[Known],
    found: dict[int, int],
) -> None:
    taken = set(found.values())
    owners_before = _owners(tokens_of, scope, before, taken)
    owners_now = _owners(tokens_of, scope, now, set(found))
    votes: dict[int, Counter[int]] = {}
    for token, owners in owners_now.items():
        others = owners_before.get(token, set())
        if len(owners) == 1 and len(others) == 1:
            [mine], [theirs] = owners, others
            votes.setdefault(mine, Counter())[theirs] += 1
    for mine in sorted(votes):
        for theirs, _ in votes[mine].most_common():
            if theirs not in taken:
                found[mine] = theirs
                taken.add(theirs)
                break


def _owners(
    tokens_of: Callable[[Known], Iterator[_Token]],
    scope: Callable[[Known], str],
    exercises: Sequence[Known],
    without: set[int],
) -> dict[_Token, set[int]]:
    owners: dict[_Token, set[int]] = {}
    for place, exercise in enumerate(exercises):
        if place not in without:
            for token in tokens_of(exercise):
                owners.setdefault((scope(exercise), *token), set()).add(place)
    return owners


def _by_key(exercise: Known) -> Iterator[_Token]:
    if exercise.marker in _OWN_NAMES:
        yield exercise.marker, exercise.mark
    for cell in exercise.cells:
        if cell.key:
            yield "key", cell.key


def _by_cell_id(exercise: Known) -> Iterator[_Token]:
    return ((cell.cell_id,) for cell in exercise.cells if cell.cell_id)


def _by_source(exercise: Known) -> Iterator[_Token]:
    return ((cell.code_sha256,) for cell in exercise.cells if cell.code_sha256)


def _by_name(exercise: Known) -> Iterator[_Token]:
    yield (exercise.mark,)


_STEPS = (_by_key, _by_cell_id, _by_source, _by_name)


def _path(exercise: Known) -> str:
    return exercise.notebook


def _file_name(exercise: Known) -> str:
    return PurePosixPath(exercise.notebook).name


def _course(_: Known) -> str:
    return ""
