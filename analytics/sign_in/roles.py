"""What somebody may see by the roles that their institution says they have."""

from collections.abc import Mapping
from typing import Any, Final

from analytics.sign_in.new_session import Opened

#: Values of the roles' claim; a course's name and a section's follow, each after a colon.
ADMIN: Final = "cellpulse-admin"
INSTRUCTOR: Final = "cellpulse-instructor:"
ASSISTANT: Final = "cellpulse-assistant:"


class NoRoleError(Exception):
    """None of the roles opens anything here, or there is no name."""


def opened_by(claims: Mapping[str, Any], account_claim: str, roles_claim: str) -> Opened:
    """Return what claims open.

    Raises:
        NoRoleError: Nothing.
    """
    account = _claim(claims, account_claim)
    if not isinstance(account, str) or not account.strip():
        raise NoRoleError(f"the identity provider tells no name (claim {account_claim!r})")
    told = _claim(claims, roles_claim)
    # Some providers write a group as a path.
    roles = [str(each).removeprefix("/") for each in (told if isinstance(told, list) else [told])]
    courses = [each.removeprefix(INSTRUCTOR) for each in roles if each.startswith(INSTRUCTOR)]
    parts = (
        each.removeprefix(ASSISTANT).rpartition(":") for each in roles if each.startswith(ASSISTANT)
    )
    sections = [(course, section) for course, _, section in parts if course and section]
    found = Opened(account.strip(), ADMIN in roles, tuple(filter(None, courses)), tuple(sections))
    if not (found.every_course or found.course_ids or found.sections):
        raise NoRoleError(f"nothing is open here to {found.account}")
    return found


def _claim(claims: Mapping[str, Any], name: str) -> Any:
    """Return a claim by its name, or by a path with dots, as `realm_access.roles`."""
    if name in claims:
        return claims[name]
    found: Any = claims
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found
