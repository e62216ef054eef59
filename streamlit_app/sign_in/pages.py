"""The pages before the dashboard: signing in, choosing the first password, signing out.

They are plain HTML at the dashboard's own address, without scripts, and ask the aggregation API.
"""

from html import escape
from http import HTTPStatus
from pathlib import Path
from string import Template
from typing import Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from ingest_api.student_link import OPEN_PATH
from streamlit_app.api.asking import API_ROOT
from streamlit_app.language.text import Text
from streamlit_app.sign_in.frame import PRIVATE, alert, framed, on_to
from streamlit_app.sign_in.provider import BEGIN, CALLBACK, ProviderSignIn

SIGN_IN: Final = "/sign-in"
SIGN_OUT: Final = "/sign-out"
PASSWORD: Final = "/password"  # noqa: S105 - a path
#: The pages that need no token.
PATHS: Final = frozenset({SIGN_IN, SIGN_OUT, PASSWORD, BEGIN, CALLBACK, OPEN_PATH})

_FOLDER: Final = Path(__file__).parent
_SIGN_IN_FORM: Final = Template((_FOLDER / "sign_in.html").read_text("utf-8"))
_PASSWORD_FORM: Final = Template((_FOLDER / "password.html").read_text("utf-8"))
_SIGN_OUT_FORM: Final = Template((_FOLDER / "sign_out.html").read_text("utf-8"))
_OWN_PAGE_FORM: Final = Template((_FOLDER / "open_own_page.html").read_text("utf-8"))
TITLE: Final = Text("Sign in")
NAME: Final = Text("Name")
PASSWORD_LABEL: Final = Text("Password")
PASSWORD_TITLE: Final = Text("Choose a password")
NEW_PASSWORD: Final = Text("Password, 10 characters or more")
AGAIN: Final = Text("The same again")
KEEP: Final = Text("Keep it and sign in")
SIGN_OUT_TITLE: Final = Text("Sign out")
EVERY_TAB: Final = Text("Every tab of this browser will have to sign in again.")
BACK: Final = Text("Back to the dashboard")
BY_PROVIDER: Final = Text("Sign in by your institution")
SIGNED_OUT: Final = Text("You are signed out here, in every tab.")
SIGN_OUT_THERE: Final = Text("Sign out of your institution's sign-in as well")
_AWAY: Final = Text("A part of Cellpulse does not answer. Try again in a moment.")
_ELSEWHERE: Final = Text(
    "This form came from another page. Open the dashboard again and sign in there."
)
_DIFFERENT: Final = Text("The two passwords are not the same.")
#: Why the aggregation API gives no token, in its own words; the page says them in the viewer's.
OF_API: Final = (
    Text("the name or the password is wrong"),
    Text("a password needs at least 10 characters"),
    Text(
        "this link was used, or there is a newer one: "
        "sign in, or ask for a new one ('cellpulse account reset')"
    ),
    Text(
        "this link was used, or is older than five minutes: "
        "run %cellpulse me in your notebook for a new one"
    ),
    Text(
        "this link is none of ours, or it is older than a week: "
        "sign in, or ask for a new one ('cellpulse account reset')"
    ),
    Text(
        "this link is for something else: sign in, or ask for a new one ('cellpulse account reset')"
    ),
    Text("this account was closed: sign in, or ask for a new one ('cellpulse account reset')"),
    Text("PostgreSQL does not answer: check that it runs"),
    Text("Redis does not answer: check that it runs"),
    Text("this process needs CELLPULSE_REDIS_URL for that"),
)
TOO_MANY: Final = Text("too many wrong passwords: try again in {n} min")
OWN_PAGE_TITLE: Final = Text("My progress")
OPEN_OWN_PAGE: Final = Text("Open my page")
OWN_PAGE_ADVICE: Final = Text(
    "It is for you alone. This browser keeps it open for 12 hours: sign out on the page where "
    "others use this computer too."
)
_LARGEST_FORM: Final = 10_000


def sign_in_page(
    next_page: str,
    *,
    advice: str = "",
    refusal: str | Text = "",
    account: str = "",
    status: int = 200,
    by_provider: bool = False,
) -> HTMLResponse:
    """Return the form for a name and a password.

    Args:
        next_page: Path and query of the page that was wanted.
        advice: A sentence for somebody who has no account.
        refusal: Why the last attempt failed.
        account: The name that was typed.
        status: The response's HTTP status.
        by_provider: Whether one may also sign in by the institution's identity provider.
    """
    way = f"{BEGIN}?{urlencode({'next': next_page})}"
    link = f'<p class="by-provider"><a href="{escape(way)}">{escape(str(BY_PROVIDER))}</a></p>'
    body = (link if by_provider else "") + _SIGN_IN_FORM.substitute(
        next=escape(next_page),
        account=escape(account),
        refusal=alert(refusal),
        advice=advice,
        name=NAME,
        password=PASSWORD_LABEL,
        sign_in=TITLE,
    )
    return framed(TITLE, body, status)


class SignInPages:
    """Answers the pages before the dashboard.

    Args:
        http: A client whose base address is the aggregation API's.
        by_provider: Whether the API knows an identity provider.
    """

    def __init__(self, http: httpx.AsyncClient, *, by_provider: bool = False) -> None:
        self._http = http
        self.by_provider = by_provider
        self.provider = ProviderSignIn(http)

    async def sign_in(self, request: Request) -> tuple[Response, str | None]:
        """Answer the form for name and password; with the token where they were right."""
        wanted = request.query_params.get("next", "/")
        if request.method == "GET":
            return sign_in_page(wanted, by_provider=self.by_provider), None
        form = await _form(request)
        if form is None:
            return sign_in_page("/", refusal=_ELSEWHERE, status=403), None
        wanted, account = form.get("next", "/"), form.get("account", "")
        asked = {"account": account, "password": form.get("password", "")}
        token, refusal, status = await self._session("sign-in", asked)
        if token is None:
            page = sign_in_page(
                wanted,
                refusal=refusal,
                account=account,
                status=status,
                by_provider=self.by_provider,
            )
            return page, None
        return on_to(wanted), token

    async def password(self, request: Request) -> tuple[Response, str | None]:
        """Answer the form for the first password; with the token where the link was good."""
        if request.method == "GET":
            return _password_page(request.query_params.get("code", "")), None
        form = await _form(request)
        if form is None:
            return _password_page("", _ELSEWHERE, 403), None
        code, password = form.get("code", ""), form.get("password", "")
        if password != form.get("again", ""):
            return _password_page(code, _DIFFERENT, 422), None
        token, refusal, status = await self._session(
            "password", {"code": code, "password": password}
        )
        if token is None:
            return _password_page(code, refusal, status), None
        return on_to("/"), token

    async def own_page(self, request: Request) -> tuple[Response, str | None]:
        """Answer the link from a student's notebook; with the token once the button is pressed.

        The link alone opens nothing, so that whatever looks links up in advance uses none up, and
        nobody finds themselves on another's page.
        """
        if request.method == "GET":
            return _own_page_form(request.query_params.get("code", "")), None
        form = await _form(request)
        if form is None:
            return framed(OWN_PAGE_TITLE, alert(_ELSEWHERE), 403), None
        token, refusal, status = await self._session("student-page", {"code": form.get("code", "")})
        if token is None:
            return framed(OWN_PAGE_TITLE, alert(refusal), status), None
        return on_to("/"), token

    async def sign_out(self, request: Request, token: str | None) -> Response:
        """Ask whether to sign out, and do it."""
        if request.method == "GET":
            return framed(SIGN_OUT_TITLE, _sign_out_form(), 200)
        if await _form(request) is None:
            return framed(SIGN_OUT_TITLE, alert(_ELSEWHERE), 403)
        if token is not None:
            try:
                answer = await self._http.post(f"{API_ROOT}/sign-out", headers=_bearer(token))
            except httpx.HTTPError:
                return framed(SIGN_OUT_TITLE, alert(_AWAY) + _sign_out_form(), 503)
            if answer.is_server_error:
                return framed(SIGN_OUT_TITLE, alert(_AWAY) + _sign_out_form(), 503)
            if answer.is_success and (there := answer.json().get("address")):
                return _signed_out_here(there)
        return RedirectResponse(SIGN_IN, 303, PRIVATE)

    async def _session(
        self, address: str, asked: dict[str, str]
    ) -> tuple[str | None, str | Text, int]:
        """Return the token, or else why there is none and the status that says so."""
        try:
            answer = await self._http.post(f"{API_ROOT}/{address}", json=asked)
            body = answer.json()
        except (httpx.HTTPError, ValueError):
            return None, _AWAY, 503
        if answer.is_success:
            return body["token"], "", 200
        return None, _why_not(answer, body), answer.status_code


def _own_page_form(code: str) -> HTMLResponse:
    body = _OWN_PAGE_FORM.substitute(
        code=escape(code), open=OPEN_OWN_PAGE, advice=escape(str(OWN_PAGE_ADVICE))
    )
    return framed(OWN_PAGE_TITLE, body, 200)


def _why_not(answer: httpx.Response, body: dict[str, Any]) -> str:
    """Say in the viewer's language why the API gave no token."""
    if answer.status_code == HTTPStatus.TOO_MANY_REQUESTS:
        return TOO_MANY.format(n=max(1, int(answer.headers["Retry-After"]) // 60))
    faults = [fault["message"] for fault in body.get("errors", ())]
    return "; ".join(str(Text(each)) for each in faults or [body["detail"]])


def _password_page(code: str, refusal: str | Text = "", status: int = 200) -> HTMLResponse:
    body = _PASSWORD_FORM.substitute(
        code=escape(code),
        refusal=alert(refusal),
        password=NEW_PASSWORD,
        again=AGAIN,
        keep=KEEP,
    )
    return framed(PASSWORD_TITLE, body, status)


def _sign_out_form() -> str:
    return _SIGN_OUT_FORM.substitute(every_tab=EVERY_TAB, sign_out=SIGN_OUT_TITLE, back=BACK)


def _signed_out_here(there: str) -> Response:
    """Say so, and go on to where one signs out of the provider; a form may not lead elsewhere."""
    link = f'<a href="{escape(there)}">{escape(str(SIGN_OUT_THERE))}</a>'
    body = f'<meta http-equiv="refresh" content="0; url={escape(there)}"><p>{SIGNED_OUT} {link}</p>'
    return framed(SIGN_OUT_TITLE, body, 200)


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def _form(request: Request) -> dict[str, str] | None:
    """Read a form that one of our own pages sent; None for any other."""
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        return None
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return None
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LARGEST_FORM:
            return None
    fields = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)
    return {name: values[0] for name, values in fields.items()}
