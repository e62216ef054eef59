"""Makes the session of somebody who has signed in, in whichever way: a token that ends."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from analytics.admin.grant import is_admin
from analytics.sign_in.responses import NewSession, OpenSection, Viewer
from ingest_api.signed_in import student_account
from ingest_api.student_link import PAGE_SECONDS
from ingest_api.tokens import ALL_COURSES, NO_COURSE, Grant, SignedIn, issue_token


@dataclass(frozen=True)
class Opened:
    """What signing in opens.

    Attributes:
        account: To whom.
        every_course: Whether it is every course.
        course_ids: Else these courses wholly.
        sections: And of others these sections, each with its course before it.
        own_pages: Nothing of all this, but the own page of a student in one of these courses.
    """

    account: str
    every_course: bool
    course_ids: tuple[str, ...] = ()
    sections: tuple[tuple[str, str], ...] = ()
    own_pages: tuple[str, ...] = ()


def new_session(
    secret: str, opened: Opened, seconds: int, *, by_provider: bool, begun: float | None = None
) -> NewSession:
    """Make a session.

    Args:
        secret: Signs its token.
        opened: To whom it opens what.
        seconds: How long it lasts.
        by_provider: Whether an identity provider vouches for them.
        begun: Since when, in seconds since 1970: an account that was closed meanwhile opens
            nothing. None for now.
    """
    now = time.time() if begun is None else begun
    first, *further = (ALL_COURSES,) if opened.every_course else opened.course_ids or (NO_COURSE,)
    signed_in = SignedIn(
        account=opened.account,
        token_id=uuid4().hex,
        issued_at=now,
        expires_at=int(now) + seconds,
        further_courses=tuple(further),
        sections=opened.sections,
        by_provider=by_provider,
    )
    grant = Grant("read", first, signed_in=signed_in)
    return NewSession(token=issue_token(secret, grant), viewer=viewer_of(grant))


def own_page_session(
    secret: str, course_id: str, student_id: str, *, hub_name: str | None = None
) -> NewSession:
    """Make the session of a student who followed the link from the notebook, or from the Hub.

    Args:
        secret: Signs its token.
        course_id: Of which course.
        student_id: Whose own page it opens.
        hub_name: By which a JupyterHub vouches for them; None where the notebook's link does.
    """
    now = time.time()
    signed_in = SignedIn(
        account=hub_name or student_account(course_id, student_id),
        token_id=uuid4().hex,
        issued_at=now,
        expires_at=int(now) + PAGE_SECONDS,
        by_provider=hub_name is not None,
    )
    grant = Grant("read", course_id, student_id, signed_in=signed_in)
    return NewSession(token=issue_token(secret, grant), viewer=viewer_of(grant))


def viewer_of(grant: Grant) -> Viewer:
    """Return who holds a token, and what it opens."""
    ends = grant.signed_in
    return Viewer(
        account=None if ends is None or grant.student_id is not None else ends.account,
        courses=None if grant.course_ids is None else list(grant.course_ids),
        sections=tuple(
            OpenSection(course_id=course_id, section=section)
            for course_id, section in grant.sections
        ),
        student_id=grant.student_id,
        is_admin=is_admin(grant),
        expires_at=None if ends is None else datetime.fromtimestamp(ends.expires_at, UTC),
    )
