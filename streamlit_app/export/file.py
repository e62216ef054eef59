"""The file of an export, handed on from the aggregation API as it comes: it may be large."""

from collections.abc import AsyncIterator
from typing import Final
from urllib.parse import quote, urlencode

import httpx
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from streamlit_app.api.asking import API_ROOT
from streamlit_app.api.patience import TIMEOUT_SECONDS
from streamlit_app.language.choice import language_of
from streamlit_app.language.text import Text, speaking
from streamlit_app.sign_in.gate import COOKIE

PATH: Final = "/export-file"
_AWAY: Final = Text("The file can't be had right now. Try again in a moment.")
_GONE: Final = Text("There is no such file, or its time is over. Start the export again.")
_HEADERS: Final = ("content-type", "content-length", "content-disposition")


def link_to(course_id: str, export_id: str) -> str:
    """Return the address of an export's file on the dashboard."""
    return f"{PATH}?{urlencode({'course': course_id, 'export': export_id})}"


class ExportFile:
    """Answers with the file, for whomever the aggregation API gives it to.

    Args:
        api_address: Of the aggregation API.
    """

    def __init__(self, api_address: str) -> None:
        self._api_address = api_address

    async def answer(self, request: Request) -> Response:
        """Return the file that the query names, or in plain words why there is none."""
        course, export = (request.query_params.get(name, "") for name in ("course", "export"))
        path = f"{API_ROOT}/courses/{_segment(course)}/exports/{_segment(export)}/file"
        token = request.cookies.get(COOKIE)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        http = httpx.AsyncClient(base_url=self._api_address, timeout=TIMEOUT_SECONDS)
        asked = http.build_request("GET", path, headers=headers)
        try:
            found = await http.send(asked, stream=True)
        except httpx.HTTPError:
            await http.aclose()
            return _without_file(request, _AWAY, 503)
        if not found.is_success:
            await found.aclose()
            await http.aclose()
            if found.is_server_error:
                return _without_file(request, _AWAY, 503)
            return _without_file(request, _GONE, 404)
        named = {name: found.headers[name] for name in _HEADERS if name in found.headers}
        return StreamingResponse(_content(http, found), headers=named)


def _without_file(request: Request, why: Text, status: int) -> Response:
    with speaking(language_of(request)):
        return PlainTextResponse(f"{why}\n", status)


async def _content(http: httpx.AsyncClient, found: httpx.Response) -> AsyncIterator[bytes]:
    try:
        async for chunk in found.aiter_raw():
            yield chunk
    finally:
        await found.aclose()
        await http.aclose()


def _segment(identifier: str) -> str:
    return quote(identifier, safe="").replace(".", "%2E")
