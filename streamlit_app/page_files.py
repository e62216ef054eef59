"""The files that every page consists of: from memory, compressed, and asked for early.

Streamlit reads each of its files anew for each browser, sends it as it is, and lets the browser
find out which ones a page needs when the page is drawn.
"""

import gzip
import re
from asyncio import to_thread
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import file_util

#: Streamlit's parts that nearly every page has, by the names of their scripts.
PARTS: Final = (
    "BidiComponent",
    "Button",
    "ButtonGroup",
    "Checkbox",
    "Html",
    "PageLink",
    "Selectbox",
)
_TYPES: Final = {".js": "text/javascript", ".css": "text/css"}
#: A file's name changes with what is in it, so a browser never asks for one again.
_FILE: Final = {
    "Cache-Control": "public, immutable, max-age=31536000",
    "Content-Encoding": "gzip",
    "Vary": "Accept-Encoding",
}
_LEVEL: Final = 6
_IMPORTED: Final = re.compile(r"""(?:from|import)["`']\./([^"`']+\.js)["`']""")


class PageFiles:
    """ASGI middleware that answers scripts and styles, and names a page's scripts in its head."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        folder = Path(file_util.get_static_dir())
        self._files = {
            f"/{file.relative_to(folder).as_posix()}": file
            for file in folder.glob("static/*/*")
            if file.suffix in _TYPES
        }
        self._kept: dict[Path, bytes] = {}
        self._page = (folder / "index.html").read_bytes()
        links = "".join(
            f'<link rel="modulepreload" crossorigin href="./static/js/{name}">'
            for name in scripts_of(PARTS, folder / "static" / "js")
        )
        self._page_early = self._page.replace(b"</head>", links.encode() + b"</head>", 1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a file, or pass a request on."""
        file = self._files.get(scope["path"]) if scope["type"] == "http" else None
        if file is not None and _can_be_compressed(scope):
            body = self._kept.get(file)
            if body is None:
                body = self._kept[file] = await to_thread(gzip.compress, file.read_bytes(), _LEVEL)
            answer = Response(body, headers=_FILE, media_type=_TYPES[file.suffix])
            await answer(scope, receive, send)
        elif scope["type"] == "http" and _is_for_a_page(scope):
            # Streamlit compresses some of its pages, which would not be known again.
            headers = [each for each in scope["headers"] if each[0] != b"accept-encoding"]
            instead = _Instead(send, self._page, self._page_early)
            await self._app({**scope, "headers": headers}, receive, instead)
        else:
            await self._app(scope, receive, send)


class _Instead:
    """A `send` that answers one thing in the place of another."""

    def __init__(self, send: Send, known: bytes, instead: bytes) -> None:
        self._send = send
        self._known = known
        self._instead = instead
        self._start: Message | None = None
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and self._may_be_known(message):
            self._start = message
        elif self._start is None:
            await self._send(message)
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body", False):
                await self._send_all(self._start)

    def _may_be_known(self, start: Message) -> bool:
        return Headers(raw=start["headers"]).get("content-length") == str(len(self._known))

    async def _send_all(self, start: Message) -> None:
        body = self._instead if self._body == self._known else self._body
        MutableHeaders(scope=start)["Content-Length"] = str(len(body))
        await self._send(start)
        await self._send({"type": "http.response.body", "body": body})


def scripts_of(parts: Iterable[str], folder: Path) -> list[str]:
    """Return the files of Streamlit's parts and all that these import, without the page's own.

    Args:
        parts: The beginnings of the names of scripts; what is not there is left out.
        folder: Where Streamlit's scripts are.
    """
    found: dict[str, None] = {}

    def add(name: str) -> None:
        if name not in found and (folder / name).is_file():
            found[name] = None
            for imported in _IMPORTED.findall((folder / name).read_text("utf-8")):
                add(imported)

    for part in parts:
        for file in folder.glob(f"{part}.*.js"):
            add(file.name)
    page = (folder.parents[1] / "index.html").read_text("utf-8")
    return [name for name in found if name not in page]


def _is_for_a_page(scope: Scope) -> bool:
    return scope["method"] == "GET" and "text/html" in Headers(scope=scope).get("accept", "")


def _can_be_compressed(scope: Scope) -> bool:
    accepted = Headers(scope=scope).get("accept-encoding", "")
    return scope["method"] == "GET" and "gzip" in accepted
