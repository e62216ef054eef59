"""How the pages call students: by the name that the roster has, and where that is not enough."""

from collections import Counter
from collections.abc import Iterable


def called(people: Iterable[tuple[str, str | None]]) -> dict[str, str]:
    """Return how each student is called, by id: the roster's name, else the id.

    Of several with the same name each has the id behind it, so that no two are called alike.

    Args:
        people: Each student's id and name; None where the roster has no name.
    """
    names = {
        student_id: " ".join((name or "").split()) or student_id for student_id, name in people
    }
    times = Counter(name.casefold() for name in names.values())
    return {
        student_id: name
        if name == student_id or times[name.casefold()] == 1
        else f"{name} ({student_id})"
        for student_id, name in names.items()
    }
