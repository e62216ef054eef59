"""Who and what a statement is about: pseudonymous agents, activities, and ids that stay the same.

All of it is made of the event, the installation's home page and a key, so that an export and the
push name the same student, exercise and statement by the same id, and a repeat is none.
"""

import hmac
from typing import Any, Final
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5

from flows.settings import XapiSettings
from flows.xapi.vocabulary import CHECK, COURSE, EXERCISE
from ingest_api.events import StoredEvent
from ingest_api.settings import BadSettingError, SecretSettings

_DERIVED_FOR: Final = b"cellpulse: the agents of xAPI statements"
#: Of a language that nobody stated.
_UNDETERMINED: Final = "und"
_ITSELF: Final = "cellpulse"


def derived_key(secret: str) -> str:
    """Return the key that goes with an installation's secret, and does not tell it."""
    return hmac.digest(secret.encode(), _DERIVED_FOR, "sha256").hex()


class Identity:
    """Names students, sessions, activities and statements of one installation."""

    def __init__(self, home_page: str, key: str) -> None:
        """Name them below `home_page`; without `key` nobody can tell which student an agent is."""
        self._home_page = home_page.rstrip("/")
        self._key = key.encode()

    @classmethod
    def load(cls) -> "Identity":
        """Return that of this installation: by its own key, else by one derived from its secret.

        Raises:
            BadSettingError: There is neither, or a setting is wrong.
        """
        settings = XapiSettings.load()
        if settings.agent_key is not None:
            return cls(settings.home_url, settings.agent_key.get_secret_value())
        try:
            secret = SecretSettings.load().secret.get_secret_value()
        except BadSettingError as error:
            raise BadSettingError(f"{error}; CELLPULSE_AGENT_KEY can take its place") from error
        return cls(settings.home_url, derived_key(secret))

    def agent(self, student_id: str) -> dict[str, Any]:
        """Return the agent that stands for a student in every course."""
        account = {"homePage": self._home_page, "name": self._pseudonym("student", student_id)}
        return {"objectType": "Agent", "account": account}

    def session(self, session_id: str) -> str:
        """Return what stands for a session: its own id is whatever a client made it."""
        return self._pseudonym("session", session_id)

    def registration(self, course_id: str, student_id: str) -> str:
        """Return the id of a student's part in a course."""
        return self._uuid("registrations", course_id, self._pseudonym("student", student_id))

    def course(self, course_id: str) -> dict[str, Any]:
        """Return a course as an activity."""
        return _activity(self._course(course_id), COURSE, course_id)

    def exercise(self, course_id: str, exercise: str) -> dict[str, Any]:
        """Return an exercise as an activity."""
        return _activity(self._exercise(course_id, exercise), EXERCISE, exercise)

    def check(self, course_id: str, exercise: str, name: str) -> dict[str, Any]:
        """Return a check as an activity; `exercise` is '' where it belongs to none."""
        owner = self._exercise(course_id, exercise) if exercise else self._course(course_id)
        return _activity(f"{owner}/checks/{quote(name, safe='')}", CHECK, name)

    def statement_id(self, event: StoredEvent) -> str:
        """Return the id of the statement that an event gives."""
        return self._uuid("events", str(event.event_id))

    def completion_id(self, event: StoredEvent) -> str:
        """Return the id of the statement that the event's student solved its exercise.

        It is the same whichever check was passed, so that no store can hold two of them.
        """
        student = self._pseudonym("student", event.student_id)
        return self._uuid("completions", event.course_id, event.exercise or "", student)

    def itself(self) -> dict[str, Any]:
        """Return the agent that stands for the installation, and not for a student."""
        return {"objectType": "Agent", "account": {"homePage": self._home_page, "name": _ITSELF}}

    def home(self) -> dict[str, Any]:
        """Return the installation as an activity."""
        return {"objectType": "Activity", "id": self._home_page}

    def probe_id(self) -> str:
        """Return the id of the statement by which a store is tried."""
        return self._uuid("probe")

    def _course(self, course_id: str) -> str:
        return f"{self._home_page}/courses/{quote(course_id, safe='')}"

    def _exercise(self, course_id: str, exercise: str) -> str:
        return f"{self._course(course_id)}/exercises/{quote(exercise, safe='')}"

    def _pseudonym(self, of: str, name: str) -> str:
        return hmac.digest(self._key, f"{of}:{name}".encode(), "sha256").hex()

    def _uuid(self, *path: str) -> str:
        return str(uuid5(NAMESPACE_URL, "/".join([self._home_page, *(quote(p, "") for p in path)])))


def _activity(iri: str, kind: str, name: str) -> dict[str, Any]:
    definition: dict[str, Any] = {"type": kind}
    if name:
        definition["name"] = {_UNDETERMINED: name}
    return {"objectType": "Activity", "id": iri, "definition": definition}
