"""Signing in by the identity provider: there, back, and into a session of our own.

What has to fit when somebody comes back is kept by their browser, signed by us: no process needs to
remember who has set out.
"""

import hmac
import time
from typing import Final, Protocol

import jwt

from analytics.names import WhoIsWho
from analytics.settings import ApiSettings
from analytics.sign_in.hub_provider import JupyterHub
from analytics.sign_in.identity_provider import IdentityProvider
from analytics.sign_in.new_session import Opened, new_session, own_page_session
from analytics.sign_in.oauth import ProviderRefusedError, WayIn
from analytics.sign_in.responses import BegunSignIn, NewSession
from analytics.sign_in.roles import NoRoleError
from flows.pseudonyms.courses import PseudonymError
from ingest_api.signature import ALGORITHM, ForeignSignatureError, signed_claims
from ingest_api.tokens import Grant

#: How long somebody may take at the provider, in seconds.
FLOW_SECONDS: Final = 15 * 60
#: A session of this kind is shorter: at its end the provider is asked anew who may see what.
SESSION_SECONDS: Final = 12 * 3_600
_SCOPE: Final = "sign-in"


class NoProviderError(Exception):
    """There is no identity provider here."""


class WhichCourseError(Exception):
    """A student of several courses has to say whose page it is to be.

    Attributes:
        courses: Which there are.
    """

    def __init__(self, courses: tuple[str, ...]) -> None:
        super().__init__(f"you are a student of {' and '.join(courses)}: choose one of them")
        self.courses = courses


class Provider(Protocol):
    """Whoever vouches for people."""

    def way_in(self) -> WayIn:
        """Return where to send somebody."""

    def opened(self, code: str, way: WayIn) -> Opened:
        """Return what is open to whoever came back with a code."""

    def way_out(self) -> str | None:
        """Return where somebody signs out there too; None where there is no such page."""


class SingleSignOn:
    """Signs people in by the identity provider, if there is one."""

    def __init__(self, settings: ApiSettings, who_is_who: WhoIsWho) -> None:
        self._secrets = settings.secrets
        self._who_is_who = who_is_who
        self._known = _provider_of(settings)

    def begin(self) -> BegunSignIn:
        """Return where to send somebody, and what their browser keeps meanwhile.

        Raises:
            NoProviderError: There is none.
            ProviderAwayError: It does not answer.
        """
        way = self._provider().way_in()
        claims = {
            "scope": _SCOPE,
            "state": way.state,
            "nonce": way.nonce,
            "verifier": way.verifier,
            "exp": int(time.time()) + FLOW_SECONDS,
        }
        flow = jwt.encode(claims, self._secrets[0], algorithm=ALGORITHM)
        return BegunSignIn(address=way.address, flow=flow)

    def finish(self, flow: str, state: str, code: str, course_id: str | None = None) -> NewSession:
        """Sign in whoever came back; a student of `course_id`, where they named one.

        Raises:
            WhichCourseError: They are a student of several, and named none of them.
            NoProviderError: There is none.
            ProviderAwayError: It does not answer.
            ProviderRefusedError: They did not set out from here, or the provider refuses.
            NoRoleError: Nothing is open to them here, or nobody can tell whose page is theirs.
        """
        try:
            kept = signed_claims(
                self._secrets, flow, ("scope", "state", "nonce", "verifier", "exp")
            )
        except ForeignSignatureError as error:
            raise ProviderRefusedError("this took too long: sign in again") from error
        if kept["scope"] != _SCOPE or not hmac.compare_digest(
            str(kept["state"]).encode(), state.encode()
        ):
            raise ProviderRefusedError("this answer is for another sign-in: sign in again")
        way = WayIn("", state, str(kept["nonce"]), str(kept["verifier"]))
        opened = self._provider().opened(code, way)
        if not opened.own_pages:
            return new_session(self._secrets[0], opened, SESSION_SECONDS, by_provider=True)
        courses = opened.own_pages
        if course_id not in courses and len(courses) > 1:
            raise WhichCourseError(courses)
        course = course_id if course_id in courses else courses[0]
        try:  # whoever is called like somebody's pseudonym there is not that student
            student = self._who_is_who.id_of_name(course, opened.account)
        except PseudonymError as error:
            raise NoRoleError(f"nobody here can tell which page of {course} is yours") from error
        return own_page_session(self._secrets[0], course, student, hub_name=opened.account)

    def way_out(self, grant: Grant) -> str | None:
        """Return where somebody signs out of the provider too, if they came by it.

        Raises:
            ProviderAwayError: It does not answer.
        """
        by_provider = grant.signed_in is not None and grant.signed_in.by_provider
        return self._known.way_out() if by_provider and self._known is not None else None

    def _provider(self) -> Provider:
        if self._known is None:
            raise NoProviderError(
                "no identity provider is set here: CELLPULSE_OIDC_ISSUER or CELLPULSE_HUB_URL"
            )
        return self._known


def _provider_of(settings: ApiSettings) -> Provider | None:
    if settings.hub.url is not None:
        return JupyterHub(settings.hub)
    return IdentityProvider(settings.oidc) if settings.oidc.issuer else None
