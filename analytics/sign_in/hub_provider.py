"""A JupyterHub as the identity provider: plain OAuth 2, and the Hub's groups as the roles."""

from dataclasses import replace
from typing import Final

from analytics.sign_in.hub_settings import CLIENT_ID, HubSettings
from analytics.sign_in.new_session import Opened
from analytics.sign_in.oauth import ProviderRefusedError, WayIn, answer, with_query
from analytics.sign_in.roles import INSTRUCTOR, NoRoleError, opened_by

#: What nbgrader names the group of a course's instructors.
_NBGRADER: Final = "formgrade-"
#: What names the groups of a course's students, ours and nbgrader's; a section's has more to it.
_STUDENTS: Final = ("cellpulse-student:", "nbgrader-")
_SECTION: Final = "cellpulse-section:"


class JupyterHub:
    """Asks one Hub; it vouches for whoever has signed in there."""

    def __init__(self, settings: HubSettings) -> None:
        self._hub = f"{settings.url}/hub"
        self._way_back = f"{settings.dashboard_url}/sign-in/callback"
        self._secret = "" if settings.token is None else settings.token.get_secret_value()

    def way_in(self) -> WayIn:
        """Return where to send somebody."""
        way = WayIn.new()
        asked = way.asked | {"client_id": CLIENT_ID, "redirect_uri": self._way_back}
        return replace(way, address=with_query(f"{self._hub}/api/oauth2/authorize", asked))

    def opened(self, code: str, way: WayIn) -> Opened:
        """Return what is open to whoever came back with a code; to a student that is the own page.

        Raises:
            ProviderAwayError: The Hub does not answer.
            ProviderRefusedError: The code is not good.
            NoRoleError: Nothing is open to them.
        """
        sent = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._way_back,
            "client_id": CLIENT_ID,
            "client_secret": self._secret,
            "code_verifier": way.verifier,
        }
        token = answer("POST", f"{self._hub}/api/oauth2/token", data=sent).get("access_token")
        bearer = {"Authorization": f"Bearer {token}"}
        user = answer("GET", f"{self._hub}/api/user", headers=bearer)
        if user.get("kind") != "user":
            raise ProviderRefusedError("the Hub names no user: sign in again")
        groups = [str(group) for group in user.get("groups") or ()]
        try:
            return opened_by(user | {"groups": _roles(groups)}, "name", "groups")
        except NoRoleError:
            courses = _courses_of_student(groups)
            if not courses:
                raise
            return Opened(str(user["name"]), every_course=False, own_pages=courses)

    def way_out(self) -> str:
        """Return where somebody signs out of the Hub too."""
        return f"{self._hub}/logout"


def _roles(groups: list[str]) -> list[str]:
    return [
        f"{INSTRUCTOR}{each.removeprefix(_NBGRADER)}" if each.startswith(_NBGRADER) else each
        for each in groups
    ]


def _courses_of_student(groups: list[str]) -> tuple[str, ...]:
    """Return the courses whose student somebody in these groups is, by name."""
    courses = {
        group.removeprefix(prefix)
        for group in groups
        for prefix in _STUDENTS
        if group.startswith(prefix)
    }
    for group in groups:
        if group.startswith(_SECTION):
            course, _, section = group.removeprefix(_SECTION).rpartition(":")
            courses |= {course} if section else set()
    return tuple(sorted(filter(None, courses)))
