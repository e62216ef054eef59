"""Signing in by the institution's identity provider: the way there, and back to the dashboard.

The aggregation API knows the provider. Here only what has to fit when somebody comes back is kept,
in a cookie that scripts can't read.
"""

from html import escape
from http import HTTPStatus
from typing import Final
from urllib.parse import quote, unquote, urlencode

import httpx
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from streamlit_app.api.asking import API_ROOT
from streamlit_app.language.of_api import in_words
from streamlit_app.language.text import Text
from streamlit_app.sign_in.frame import PRIVATE, alert, framed, on_to

BEGIN: Final = "/sign-in/provider"
CALLBACK: Final = "/sign-in/callback"

TITLE: Final = Text("Sign in")
AWAY: Final = Text("A part of Cellpulse does not answer. Try again in a moment.")
NOT_BEGUN: Final = Text(
    "This sign-in was not begun in this browser, or took too long: sign in again."
)
REFUSED: Final = Text("You did not sign in at your institution.")
AGAIN: Final = Text("Sign in again")
WHICH_COURSE: Final = Text("You are a student of several courses. Whose page do you want to see?")
#: Why the aggregation API lets nobody in, in its own words; the page says them in the viewer's.
OF_API: Final = (
    Text("this took too long: sign in again"),
    Text("this answer is for another sign-in: sign in again"),
    Text("the Hub names no user: sign in again"),
    Text("the identity provider refuses: sign in again"),
    Text("the identity provider does not vouch for you ({reason}): sign in again"),
    Text("nothing is open here to {account}: ask whoever runs Cellpulse at your school"),
    Text(
        "nobody here can tell which page of {course} is yours: "
        "ask whoever runs Cellpulse at your school"
    ),
    Text(
        "the identity provider tells no name (claim {claim}): "
        "ask whoever runs Cellpulse at your school"
    ),
    Text(
        "the identity provider does not answer ({reason}): check that it runs, and "
        "CELLPULSE_OIDC_ISSUER or CELLPULSE_HUB_URL"
    ),
    Text("the identity provider calls itself {name}: correct CELLPULSE_OIDC_ISSUER"),
    Text("no identity provider is set here: CELLPULSE_OIDC_ISSUER or CELLPULSE_HUB_URL"),
)
_FLOW: Final = "cellpulse_flow"
_NEXT: Final = "cellpulse_next"
_COURSE: Final = "cellpulse_course"
_CHOSEN: Final = "course"
#: How long somebody may take, in seconds; the API lets no more pass.
_SECONDS: Final = 15 * 60


class ProviderSignIn:
    """Answers the two addresses.

    Args:
        http: A client whose base address is the aggregation API's.
    """

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def begin(self, request: Request) -> Response:
        """Send the browser to the provider."""
        body, refusal = await self._ask("sign-in/provider", None)
        if body is None:
            return refusal
        answer = RedirectResponse(body["address"], 303, PRIVATE)
        kept = {_FLOW: body["flow"], _NEXT: request.query_params.get("next", "/")}
        if course := request.query_params.get(_CHOSEN):
            kept[_COURSE] = quote(course)
        for name, value in kept.items():
            answer.set_cookie(
                name,
                value,
                max_age=_SECONDS,
                path=CALLBACK,
                secure=request.url.scheme == "https",
                httponly=True,
                samesite="lax",
            )
        return answer

    async def back(self, request: Request) -> tuple[Response, str | None]:
        """Answer whoever comes back; with the token where the provider vouches for them."""
        query, flow = request.query_params, request.cookies.get(_FLOW)
        token = None
        if "error" in query or "code" not in query:
            answer = _refused(REFUSED, 403)
        elif flow is None:
            answer = _refused(NOT_BEGUN, 401)
        else:
            asked = {"flow": flow, "state": query.get("state", ""), "code": query["code"]}
            if course := request.cookies.get(_COURSE):
                asked["course_id"] = unquote(course)
            body, answer = await self._ask("sign-in/provider/answer", asked)
            if body is not None:
                token, answer = body["token"], on_to(request.cookies.get(_NEXT, "/"))
        for name in (_FLOW, _NEXT, _COURSE):
            answer.delete_cookie(name, path=CALLBACK, httponly=True, samesite="lax")
        return answer, token

    async def _ask(
        self, address: str, asked: dict[str, str] | None
    ) -> tuple[dict[str, str] | None, Response]:
        """Return the answer, or else the page that says why there is none."""
        try:
            answer = await self._http.post(f"{API_ROOT}/{address}", json=asked)
            body = answer.json()
        except (httpx.HTTPError, ValueError):
            return None, _refused(AWAY, 503)
        if answer.is_success:
            return body, Response()
        if answer.status_code == HTTPStatus.CONFLICT and (courses := body.get("courses")):
            return None, _which_course(courses)
        return None, _refused(in_words(str(body.get("detail", AWAY)), OF_API), answer.status_code)


def _refused(sentence: str | Text, status: int) -> Response:
    again = f'<p class="advice"><a href="/sign-in">{escape(str(AGAIN))}</a></p>'
    return framed(TITLE, alert(sentence) + again, status)


def _which_course(courses: list[str]) -> Response:
    """Have a student choose one of their courses."""
    links = "".join(
        f'<p class="by-provider"><a href="{escape(f"{BEGIN}?{urlencode({_CHOSEN: course})}")}">'
        f"{escape(course)}</a></p>"
        for course in courses
    )
    return framed(TITLE, f"<p>{escape(str(WHICH_COURSE))}</p>{links}", 200)
