"""How the pages call students: by the name that the roster has, and where that is not enough."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from streamlit_app import session

#: A name that changed, as by a roster, shows after so long, in seconds.
NAMES_SECONDS: Final = 60


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


def names_of_course(course_id: str) -> Mapping[str, str]:
    """Return how each student of a course is called, by id.

    Raises:
        NumbersUnavailableError: The API does not say.
    """
    students = session.latest(
        f"{course_id}/names",
        lambda: session.api().students(course_id).students,
        every=NAMES_SECONDS,
    ).numbers
    return called((each.student_id, each.display_name) for each in students)
