"""Which language a viewer reads: the one chosen in the bar, else the browser's.

The choice is kept in a cookie and not in the address: a link that an instructor shares shows each
reader the page in their own language.
"""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse, Response

ENGLISH: Final = "en"
#: The languages that there are, each with the locale of its numbers, dates and times.
LOCALES: Final[Mapping[str, str]] = {ENGLISH: "en_GB", "ja": "ja_JP"}
#: How each calls itself in the bar.
NAMES: Final[Mapping[str, str]] = {ENGLISH: "EN", "ja": "日本語"}
COOKIE: Final = "cellpulse_language"
#: What chooses a language: a page of this folder, named as the language.
FOLDER: Final = "/language/"
_YEAR_SECONDS: Final = 365 * 24 * 3_600


def chosen(cookie: str | None, accepted: str | None) -> str:
    """Return a viewer's language.

    Args:
        cookie: The value of the cookie `COOKIE`.
        accepted: The browser's languages, as in the header Accept-Language.
    """
    if cookie in LOCALES:
        return str(cookie)
    wanted = sorted(map(_weighted, (accepted or "").split(",")), key=lambda each: -each[1])
    return next((name for name, weight in wanted if name in LOCALES and weight > 0), ENGLISH)


def language_of(connection: HTTPConnection) -> str:
    """Return the language of whoever sent a request."""
    return chosen(connection.cookies.get(COOKIE), connection.headers.get("accept-language"))


def choose(connection: HTTPConnection) -> Response:
    """Keep the language that a request names, and go back to the page that it came from."""
    wanted = connection.url.path.removeprefix(FOLDER)
    if wanted not in LOCALES:
        return Response(status_code=404)
    came_from = urlsplit(connection.headers.get("referer", ""))
    path = "/" + came_from.path.lstrip("/\\")
    if came_from.netloc != connection.headers.get("host"):
        path, came_from = "/", urlsplit("")
    back = f"{path}?{came_from.query}" if came_from.query else path
    answer = RedirectResponse(back, 303, {"Cache-Control": "no-store"})
    answer.set_cookie(
        COOKIE,
        wanted,
        max_age=_YEAR_SECONDS,
        secure=connection.url.scheme == "https",
        httponly=True,
        samesite="lax",
    )
    return answer


def _weighted(part: str) -> tuple[str, float]:
    """Return the language and the weight of a part such as `ja-JP;q=0.8`."""
    tag, _, parameter = part.partition(";")
    try:
        weight = float(parameter.strip().removeprefix("q=") or 1)
    except ValueError:
        weight = 0.0
    return tag.strip().partition("-")[0].lower(), weight
