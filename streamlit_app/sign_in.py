"""The pages before the dashboard: signing in, choosing the first password, signing out.

They are plain HTML at the dashboard's own address, without scripts, and ask the aggregation API.
"""

from html import escape
from pathlib import Path
from string import Template
from typing import Final
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from streamlit_app.api_client import API_ROOT
from streamlit_app.page_frame import PRIVATE, alert, framed, on_to
from streamlit_app.provider_sign_in import BEGIN, CALLBACK, ProviderSignIn

SIGN_IN: Final = "/sign-in"
SIGN_OUT: Final = "/sign-out"
PASSWORD: Final = "/password"  # noqa: S105 - a path
#: The pages that need no token.
PATHS: Final = frozenset({SIGN_IN, SIGN_OUT, PASSWORD, BEGIN, CALLBACK})

_FOLDER: Final = Path(__file__).parent
_SIGN_IN_FORM: Final = Template((_FOLDER / "sign_in.html").read_text("utf-8"))
_PASSWORD_FORM: Final = Template((_FOLDER / "password.html").read_text("utf-8"))
_SIGN_OUT_FORM: Final = (_FOLDER / "sign_out.html").read_text("utf-8")
_AWAY: Final = "A part of Cellpulse does not answer. Try again in a moment."
_ELSEWHERE: Final = "This form came from another page. Open the dashboard again and sign in there."
_DIFFERENT: Final = "The two passwords are not the same."
BY_PROVIDER: Final = "Sign in by your institution"
SIGNED_OUT: Final = "You are signed out here, in every tab."
SIGN_OUT_THERE: Final = "Sign out of your institution's sign-in as well"
_LARGEST_FORM: Final = 10_000


def sign_in_page(
    next_page: str,
    *,
    advice: str = "",
    refusal: str = "",
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
    link = f'<p class="by-provider"><a href="{escape(way)}">{escape(BY_PROVIDER)}</a></p>'
    body = (link if by_provider else "") + _SIGN_IN_FORM.substitute(
        next=escape(next_page), account=escape(account), refusal=alert(refusal), advice=advice
    )
    return framed("Sign in", body, status)


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

    async def sign_out(self, request: Request, token: str | None) -> Response:
        """Ask whether to sign out, and do it."""
        if request.method == "GET":
            return framed("Sign out", _SIGN_OUT_FORM, 200)
        if await _form(request) is None:
            return framed("Sign out", alert(_ELSEWHERE), 403)
        if token is not None:
            try:
                answer = await self._http.post(f"{API_ROOT}/sign-out", headers=_bearer(token))
            except httpx.HTTPError:
                return framed("Sign out", alert(_AWAY) + _SIGN_OUT_FORM, 503)
            if answer.is_server_error:
                return framed("Sign out", alert(_AWAY) + _SIGN_OUT_FORM, 503)
            if answer.is_success and (there := answer.json().get("address")):
                return _signed_out_here(there)
        return RedirectResponse(SIGN_IN, 303, PRIVATE)

    async def _session(self, address: str, asked: dict[str, str]) -> tuple[str | None, str, int]:
        """Return the token, or else why there is none and the status that says so."""
        try:
            answer = await self._http.post(f"{API_ROOT}/{address}", json=asked)
            body = answer.json()
        except (httpx.HTTPError, ValueError):
            return None, _AWAY, 503
        if answer.is_success:
            return body["token"], "", 200
        if answer.status_code == 422:  # noqa: PLR2004 - the standard's number
            faults = "; ".join(fault["message"] for fault in body.get("errors", ()))
            return None, faults or body["detail"], 422
        return None, body["detail"], answer.status_code


def _password_page(code: str, refusal: str = "", status: int = 200) -> HTMLResponse:
    body = _PASSWORD_FORM.substitute(code=escape(code), refusal=alert(refusal))
    return framed("Choose a password", body, status)


def _signed_out_here(there: str) -> Response:
    """Say so, and go on to where one signs out of the provider; a form may not lead elsewhere."""
    link = f'<a href="{escape(there)}">{escape(SIGN_OUT_THERE)}</a>'
    body = f'<meta http-equiv="refresh" content="0; url={escape(there)}"><p>{SIGNED_OUT} {link}</p>'
    return framed("Sign out", body, 200)


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
