"""Who may look after the installation: an admin, or whoever has a read token for every course."""

from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import Depends, Request

from analytics import examples
from analytics.access import Reader
from analytics.admin.grant import is_admin
from analytics.parameters import EncodedCourseId, decoded_id
from analytics.stores import Stores
from flows.stores import admin_actions
from flows.stores.admin_actions import Action, What
from ingest_api.problems import Problem, documented_problem
from ingest_api.tokens import Grant

ADMINS_ONLY: Final = (
    "this is for admins: ask one of them, or whoever runs Cellpulse at your school, to do it or to "
    "give you an admin's account"
)
#: The errors that each address of an admin can answer with.
PROBLEMS: Final = {
    **examples.PROBLEMS,
    **documented_problem(HTTPStatus.FORBIDDEN, ADMINS_ONLY),
    **documented_problem(HTTPStatus.NOT_FOUND, "there is no course 'python-1': make it first"),
}


async def _admin(grant: Reader) -> Grant:
    if not is_admin(grant):
        raise Problem(HTTPStatus.FORBIDDEN, ADMINS_ONLY)
    return grant


#: Grant of an admin.
Admin = Annotated[Grant, Depends(_admin)]


async def _course(_: Admin, encoded: EncodedCourseId) -> str:
    course_id = decoded_id(encoded)
    if course_id is None:
        raise Problem(HTTPStatus.NOT_FOUND, "no course can have this id: correct the address")
    return course_id


#: Id of a course that an admin asks about; it need not be known.
CourseOfAdmin = Annotated[str, Depends(_course)]


class Office:
    """What an admin's change needs: the stores, and a note of who made it."""

    def __init__(self, stores: Stores, admin: Grant) -> None:
        self.stores = stores
        #: The admin's account; None for a token that was handed out.
        self.who = None if admin.signed_in is None else admin.signed_in.account

    def note(self, what: What, course_id: str | None, details: str, **values: Any) -> None:
        """Note a change that was made: in one line, and as the values that are in the line.

        Raises:
            LakeUnavailableError: PostgreSQL does not answer.
        """
        with self.stores.postgres() as engine:
            admin_actions.note(engine, Action(self.who, what, course_id, details, values))


async def _office(request: Request, admin: Admin) -> Any:
    return Office(request.app.state.stores, admin)


#: For an address that changes something.
OfficeOfAdmin = Annotated[Office, Depends(_office)]
