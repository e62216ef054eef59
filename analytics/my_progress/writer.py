"""Reads and writes what students wish: what is recorded of them, and that it be deleted."""

from pathlib import Path

from analytics.my_progress.responses import DeletionRequest, DeletionRequests, OwnPreferences
from analytics.settings import ApiSettings
from analytics.stores import Stores
from flows.personal_data.gather import Person, Sources, write_personal_data
from flows.pseudonyms.names import Names
from flows.stores import deletion_requests
from ingest_api.preferences import Preferences, read_preferences, set_preferences


class StudentWriter:
    """Connects for each question. Its methods raise LakeUnavailableError."""

    def __init__(self, settings: ApiSettings) -> None:
        self._settings = settings
        self._stores = Stores(settings)

    def preferences(self, course_id: str, student_id: str) -> OwnPreferences:
        """Return what a student allows."""
        with self._stores.redis() as redis:
            found = read_preferences(redis, course_id, student_id)
        return OwnPreferences(**found.model_dump())

    def set_preferences(self, course_id: str, student_id: str, wanted: OwnPreferences) -> None:
        """Set what a student allows."""
        with self._stores.redis() as redis:
            set_preferences(redis, course_id, student_id, Preferences(**wanted.model_dump()))

    def write_data(self, course_id: str, student_id: str, file: Path) -> None:
        """Write everything that is stored about a student into a zip file."""
        with self._stores.redis() as redis, self._stores.postgres() as engine:
            sources = Sources(self._settings, engine, redis, Names(self._settings.names_url))
            write_personal_data(sources, Person(course_id, student_id), file)

    def deletion(self, course_id: str, student_id: str) -> DeletionRequest:
        """Return whether a student asks to be deleted."""
        with self._stores.postgres() as engine:
            at = deletion_requests.requested_at(engine, course_id, student_id)
        return DeletionRequest(course_id=course_id, student_id=student_id, requested_at=at)

    def request_deletion(self, course_id: str, student_id: str) -> DeletionRequest:
        """Note that a student asks to be deleted; asked again, the first time stays."""
        with self._stores.postgres() as engine:
            deletion_requests.request(engine, course_id, student_id)
        return self.deletion(course_id, student_id)

    def withdraw_deletion(self, course_id: str, student_id: str) -> DeletionRequest:
        """Note that a student does not ask for it any more."""
        with self._stores.postgres() as engine:
            deletion_requests.withdraw(engine, course_id, student_id)
        return DeletionRequest(course_id=course_id, student_id=student_id, requested_at=None)

    def deletions(self) -> DeletionRequests:
        """Return every open request."""
        with self._stores.postgres() as engine:
            found = deletion_requests.every(engine)
        return DeletionRequests(
            requests=[
                DeletionRequest(
                    course_id=each.course_id,
                    student_id=each.student_id,
                    requested_at=each.requested_at,
                )
                for each in found
            ]
        )
