"""Asks a learning platform who is in a course: LTI 1.3, Names and Role Provisioning Services 2.0.

Source: IMS Global, "LTI Names and Role Provisioning Services 2.0" (2019) for members and pages, and
"Security Framework 1.0", section 4.1, for how a tool gets its access token.
"""

import time
from typing import Any, Final
from uuid import uuid4

import httpx
from joserfc import jwt

from flows.enrollment.lti_settings import LtiSettings
from flows.progsnap2.errors import DataSetError, shown

SCOPE: Final = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
MEDIA_TYPE: Final = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
_ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ASSERTION_SECONDS: Final = 60
_TIMEOUT_SECONDS: Final = 60.0
#: As for a roster from a file: a class of thousands is less, all pages together.
_LARGEST_BYTES: Final = 10_000_000
_MOST_PAGES: Final = 1_000
_PLAIN_HOSTS: Final = ("127.0.0.1", "::1", "localhost")


def read_members(membership_url: str, settings: LtiSettings) -> list[Any]:
    """Return the members of a course, of all pages, as the platform lists them.

    Args:
        membership_url: Of the course: the claim `context_memberships_url` of its launches.
        settings: Who we are to the platform.

    Raises:
        DataSetError: The platform does not answer, refuses, or answers what is no roster; the
            message names the address and says what to do, and has no secret.
        BadSettingError: The key file can't be read.
    """
    _require_private(membership_url)
    _require_private(settings.token_url)
    with httpx.Client(timeout=_TIMEOUT_SECONDS) as client:
        token = _access_token(client, settings)
        client.headers = httpx.Headers({"Authorization": f"Bearer {token}", "Accept": MEDIA_TYPE})
        return _all_pages(client, membership_url)


def _require_private(url: str) -> None:
    """Names and tokens go over TLS, or do not leave this machine."""
    try:
        parts = httpx.URL(url)
    except httpx.InvalidURL:
        parts = httpx.URL("")
    private = parts.scheme == "https" or (parts.scheme == "http" and parts.host in _PLAIN_HOSTS)
    if not parts.host or not private or parts.userinfo:
        raise DataSetError("a platform's address must be https://host/path, without a user in it")


def _access_token(client: httpx.Client, settings: LtiSettings) -> str:
    now = int(time.time())
    claims = {
        "iss": settings.client_id,
        "sub": settings.client_id,
        "aud": settings.token_url,
        "iat": now,
        "exp": now + _ASSERTION_SECONDS,
        "jti": str(uuid4()),
    }
    header = {"alg": "RS256"} | ({"kid": settings.key_id} if settings.key_id else {})
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": _ASSERTION_TYPE,
        "client_assertion": jwt.encode(header, claims, settings.private_key()),
        "scope": SCOPE,
    }
    request = client.build_request("POST", settings.token_url, data=form)
    answer, _, _ = _answer(client, request, _LARGEST_BYTES)
    token, scope = answer.get("access_token"), answer.get("scope", SCOPE)
    if not isinstance(token, str) or not (token.isascii() and token.isprintable() and token):
        raise DataSetError(f"{settings.token_url}: no access_token in its answer")
    if not isinstance(scope, str) or SCOPE not in scope.split():
        raise DataSetError(
            f"{settings.token_url}: the token is not for {SCOPE}: allow the tool Names and Roles "
            "on the platform"
        )
    return token


def _all_pages(client: httpx.Client, first: str) -> list[Any]:
    members: list[Any] = []
    seen: set[str] = set()
    room, url = _LARGEST_BYTES, first
    while url:
        if url in seen or len(seen) == _MOST_PAGES:
            raise DataSetError(f"{first}: its pages do not end, after {len(seen)} of them")
        seen.add(url)
        request = client.build_request("GET", url)
        page, response, size = _answer(client, request, room)
        if not isinstance(page.get("members"), list):
            raise DataSetError(
                f"{url}: no list of members in its answer: is it the membership URL?"
            )
        members += page["members"]
        room -= size
        url = _next_page(first, url, response)
    return members


def _next_page(first: str, url: str, response: httpx.Response) -> str:
    """Return the next page's address, or an empty text; the token goes to no other server."""
    link = response.links.get("next", {}).get("url", "")
    if not link:
        return ""
    try:
        following = httpx.URL(url).join(link)
    except httpx.InvalidURL as error:
        raise DataSetError(f"{url}: its next page {shown(link)} is no address") from error
    if _origin(following) != _origin(httpx.URL(first)):
        raise DataSetError(
            f"{first}: its next page is on another server, {shown(link)}; nothing was sent there"
        )
    return str(following)


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _answer(
    client: httpx.Client, request: httpx.Request, room: int
) -> tuple[dict[str, Any], httpx.Response, int]:
    """Return the JSON object of an answer of at most `room` bytes, the answer, and its bytes."""
    where = str(request.url)
    try:
        response = client.send(request, stream=True)
        try:
            body = _body(where, response, room)
        finally:
            response.close()
    except httpx.HTTPError as error:
        raise DataSetError(f"{where}: {error or type(error).__name__}: try again later") from error
    if response.status_code != httpx.codes.OK:
        raise DataSetError(f"{where}: {_refusal(response)}")
    try:
        found = httpx.Response(200, content=body).json()
    except (ValueError, RecursionError) as error:
        raise DataSetError(f"{where}: its answer is not JSON: is it the right address?") from error
    if not isinstance(found, dict):
        raise DataSetError(f"{where}: its answer is no JSON object: is it the right address?")
    return found, response, len(body)


def _body(where: str, response: httpx.Response, room: int) -> bytes:
    body = bytearray()
    for piece in response.iter_bytes():
        body += piece
        if len(body) > room:
            raise DataSetError(
                f"{where}: more than {_LARGEST_BYTES / 1e6:.0f} MB are too many for a course's "
                "students: is it the right course?"
            )
    return bytes(body)


def _refusal(response: httpx.Response) -> str:
    status = f"answers {response.status_code}"
    if response.status_code in (400, 401, 403):
        return (
            f"{status}: are CELLPULSE_LTI_CLIENT_ID and CELLPULSE_LTI_KEY_FILE those of the tool "
            "there, and is Names and Roles allowed to it?"
        )
    return f"{status}: try again later, or see that the address is right"
