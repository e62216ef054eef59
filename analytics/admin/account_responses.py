"""What is sent and answered about accounts as an admin looks after them."""

from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field

from analytics.responses import Answer
from ingest_api.events import CourseId, Identifier
from ingest_api.tokens import ALL_COURSES

#: The roles that an account can be given here.
NewRole = Literal["admin", "instructor", "assistant"]


def _one_course(course_id: str) -> str:
    if course_id == ALL_COURSES:
        raise ValueError("is every course: give the role admin for that")
    return course_id


class NewAccount(Answer):
    """Body of `POST /admin/accounts`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    account: Annotated[Identifier, Field(description="The name to sign in with.")]
    role: Annotated[NewRole, Field(description="What its owner may do.")]
    courses: Annotated[
        list[Annotated[CourseId, AfterValidator(_one_course)]],
        Field(
            default_factory=list,
            max_length=200,
            description="Courses it is for; none for an admin, one for an assistant.",
        ),
    ]
    sections: Annotated[
        list[Identifier],
        Field(
            default_factory=list,
            max_length=200,
            description="Sections of the course whose students an assistant may see.",
        ),
    ]


class KnownAccount(Answer):
    """An account."""

    account: str
    role: Annotated[str, Field(description="What its owner may do.")]
    courses: Annotated[list[str], Field(description="Courses it is for; none for an admin.")]
    sections: Annotated[
        list[str], Field(description="Sections that an assistant looks after; none else.")
    ]
    has_password: Annotated[
        bool, Field(description="Whether its owner has chosen a password by the link.")
    ]


class Accounts(Answer):
    """Answer of `GET /admin/accounts`: by name."""

    accounts: list[KnownAccount]
    roles: Annotated[list[str], Field(description="The roles that an account can be given here.")]


class AccountLink(Answer):
    """Answer of `POST /admin/accounts` and `POST …/reset`; it is told this once."""

    account: str
    path: Annotated[
        str,
        Field(
            description="By it the owner chooses a password, once, within 7 days: path and query "
            "below the dashboard's address."
        ),
    ]


class RemovedAccount(Answer):
    """Answer of `DELETE /admin/accounts/{account}`."""

    account: str
