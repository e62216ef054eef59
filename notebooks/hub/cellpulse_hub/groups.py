"""What the Hub's groups say about who is a student of which course."""

from collections.abc import Iterable, Mapping

#: A student of a course, by its id.
STUDENT = "cellpulse-student:"
#: A student of one of its sections: COURSE:SECTION, of which a section's name has no colon.
SECTION = "cellpulse-section:"
#: What nbgrader names the group of a course's students.
NBGRADER = "nbgrader-"

#: Student → section; None for none that a group names.
Students = dict[str, str | None]


def place(group: str) -> tuple[str, str | None] | None:
    """Return the course and the section whose students a group holds; None for any other group."""
    if group.startswith(SECTION):
        course, _, section = group[len(SECTION) :].rpartition(":")
        return (course, section) if course and section else None
    for prefix in (STUDENT, NBGRADER):
        if group.startswith(prefix) and group != prefix:
            return group[len(prefix) :], None
    return None


def courses_of(groups: Iterable[str]) -> list[str]:
    """Return the courses whose student somebody in these groups is, by name."""
    return sorted({found[0] for found in map(place, groups) if found is not None})


def students_by_course(groups: Mapping[str, Iterable[str]]) -> dict[str, Students]:
    """Return each course's students with their sections.

    Args:
        groups: Group → who is in it. Who is in several sections of a course gets the first by name.
    """
    courses: dict[str, Students] = {}
    for group in sorted(groups):
        found = place(group)
        if found is None:
            continue
        course, section = found
        students = courses.setdefault(course, {})
        for student in groups[group]:
            students[student] = students.get(student) or section
    return courses
