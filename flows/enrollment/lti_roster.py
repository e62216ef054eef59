"""Makes a roster of the members that a learning platform lists."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from flows.enrollment.roster import Entry
from flows.progsnap2.errors import DataSetError, shown
from ingest_api.events import Identifier
from ingest_api.faults import fault_words

_IDENTIFIER: Final = TypeAdapter[str](Identifier)
_STATUSES: Final = ("Active", "Inactive", "Deleted")
#: A role of the course, as a short name or by its address; roles of the institution are others.
_COURSE_ROLES: Final = "membership#"
_ASSISTANT: Final = "Instructor#TeachingAssistant"
_STAFF: Final = {"Instructor", "TeachingAssistant", _ASSISTANT}


@dataclass(frozen=True)
class Members:
    """What a platform's list says.

    Attributes:
        entries: By student: `display_name`, or nothing where the platform shares no names at all.
        staff: How many members teach; they are not enrolled.
        away: How many learners are inactive or deleted; they are not enrolled, and not removed.
        others: How many have another role only, such as observers.
    """

    entries: dict[str, Entry]
    staff: int
    away: int
    others: int


def roster_of_members(members: Sequence[Any], id_field: str) -> Members:
    """Return the active learners among members, by the field that is the student's id.

    Raises:
        DataSetError: A member is wrong; the message counts members from 1, over all pages.
    """
    names: dict[str, str | None] = {}
    counted = {"staff": 0, "away": 0, "others": 0}
    for number, member in enumerate(members, 1):
        kind = _kind(number, member)
        if kind != "learner":
            counted[kind] += 1
            continue
        student_id = _text(number, member, id_field)
        if student_id is None:
            raise _fault(
                number,
                f"no {id_field}: have the platform share it, or name another field in "
                "CELLPULSE_LTI_STUDENT_ID",
            )
        if student_id in names:
            raise _fault(number, f"the {id_field} {shown(student_id)} is another member's too")
        names[student_id] = _name(number, member)
    if not names:
        raise DataSetError(
            f"no active learner among {len(members)} members: is it the right course?"
        )
    shared = any(names.values())
    entries: dict[str, Entry] = {
        student: {"display_name": name} if shared else {} for student, name in names.items()
    }
    return Members(entries, **counted)


def _kind(number: int, member: Any) -> str:
    roles = member.get("roles") if isinstance(member, dict) else None
    if not isinstance(roles, list) or not all(isinstance(role, str) for role in roles):
        raise _fault(number, "no list of roles: is it the membership URL?")
    status = member.get("status", "Active")
    if status not in _STATUSES:
        raise _fault(number, f"status {shown(str(status))}: must be one of {', '.join(_STATUSES)}")
    course_roles = {_course_role(role) for role in roles}
    if course_roles & _STAFF:
        return "staff"
    if "Learner" not in course_roles:
        return "others"
    return "learner" if status == "Active" else "away"


def _course_role(role: str) -> str:
    """Return a role of the course by its short name; another one as it is."""
    if role.endswith("membership/" + _ASSISTANT):
        return _ASSISTANT
    return role.rpartition(_COURSE_ROLES)[2]


def _name(number: int, member: dict[str, Any]) -> str | None:
    parts = (_text(number, member, name) for name in ("given_name", "family_name"))
    return _text(number, member, "name") or " ".join(part for part in parts if part) or None


def _text(number: int, member: dict[str, Any], name: str) -> str | None:
    text = member.get(name)
    if text is None:
        return None
    if not isinstance(text, str):
        raise _fault(number, f"{name} is no text")
    text = " ".join(text.split())
    if not text:
        return None
    try:
        return _IDENTIFIER.validate_python(text)
    except ValidationError as error:
        words = fault_words(error.errors()[0])
        raise _fault(number, f"{name} {shown(text)}: {words}") from error


def _fault(number: int, message: str) -> DataSetError:
    return DataSetError(f"member {number}: {message}", number, message)
