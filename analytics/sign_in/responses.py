"""What is sent and answered when somebody signs in."""

from datetime import datetime
from typing import Annotated, Final

from pydantic import AfterValidator, ConfigDict, Field, SecretStr

from analytics.responses import Answer
from ingest_api.events import Identifier

#: Long enough that it can't be guessed by trying (NIST SP 800-63B asks for 8 at the least).
SHORTEST_PASSWORD: Final = 10
_LONGEST: Final = 200


def _long_enough(password: SecretStr) -> SecretStr:
    if len(password) < SHORTEST_PASSWORD:
        raise ValueError(f"a password needs at least {SHORTEST_PASSWORD} characters")
    return password


class SignInRequest(Answer):
    """A name and a password."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    account: Annotated[Identifier, Field(description="The account's name.")]
    password: Annotated[SecretStr, Field(max_length=_LONGEST, description="Its password.")]


class PasswordRequest(Answer):
    """A link's code, and the password that its bearer chooses."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: Annotated[str, Field(max_length=2_000, description="From the link: `?code=…`.")]
    password: Annotated[
        SecretStr,
        AfterValidator(_long_enough),
        Field(max_length=_LONGEST, description="The new password, of 10 characters or more."),
    ]


class LinkRequest(Answer):
    """The code of the link by which a student's notebook opens the student's own page."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: Annotated[str, Field(max_length=200, description="From the link: `?code=…`.")]


class BegunSignIn(Answer):
    """Where to sign in, and what is needed when one comes back."""

    address: Annotated[str, Field(description="The identity provider's page.")]
    flow: Annotated[str, Field(description="To be sent with what the provider answers.")]


class ProviderAnswer(Answer):
    """With what somebody came back from the identity provider."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    flow: Annotated[str, Field(max_length=4_000, description="As it was given.")]
    state: Annotated[str, Field(max_length=1_000, description="From the address: `?state=…`.")]
    code: Annotated[str, Field(max_length=4_000, description="From the address: `?code=…`.")]
    course_id: Annotated[
        Identifier | None,
        Field(description="Whose own page it is to be, of a student of several courses."),
    ] = None


class OpenSection(Answer):
    """A section whose students may be seen."""

    course_id: Annotated[str, Field(description="The course.")]
    section: Annotated[str, Field(description="The section of it.")]


class Viewer(Answer):
    """Who asks, and what they may see."""

    account: Annotated[
        str | None, Field(description="Who signed in; null for a token that was handed out.")
    ] = None
    courses: Annotated[
        list[str] | None, Field(description="Courses that may be seen; null for every course.")
    ] = None
    sections: Annotated[
        tuple[OpenSection, ...],
        Field(description="Of the courses named here only these sections may be seen."),
    ] = ()
    student_id: Annotated[
        str | None, Field(description="The only student who may be seen; null for all.")
    ] = None
    is_admin: Annotated[
        bool, Field(description="Whether the addresses below /api/v1/admin are open.")
    ] = False
    expires_at: Annotated[
        datetime | None, Field(description="When to sign in again; null for never. UTC.")
    ] = None


class SignedOutAnswer(Answer):
    """What is left to do after signing out here."""

    address: Annotated[
        str | None,
        Field(description="Where to sign out of the identity provider too; null for nowhere."),
    ] = None


class NewSession(Answer):
    """What signing in gives."""

    token: Annotated[str, Field(description="Send it as 'Authorization: Bearer TOKEN'.")]
    viewer: Viewer
