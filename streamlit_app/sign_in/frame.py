"""What the plain pages before the dashboard have in common: their frame and their headers."""

from html import escape
from pathlib import Path
from string import Template
from typing import Final
from urllib.parse import urlsplit

from starlette.responses import HTMLResponse, RedirectResponse, Response

from streamlit_app.language.bar import language_links
from streamlit_app.language.text import Text, language

_FRAME: Final = Template((Path(__file__).parent / "frame.html").read_text("utf-8"))
#: For an answer with a secret in its address: no cache keeps it, and nobody learns the address.
PRIVATE: Final = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
#: No other page may frame these or learn their address; our own must, for without a referrer a
#: browser doesn't say where a form comes from.
_PAGE: Final = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
}


def framed(title: str | Text, body: str, status: int) -> HTMLResponse:
    """Return a page of this kind; the body is HTML."""
    page = _FRAME.substitute(
        title=escape(str(title)), body=body, language=language(), languages=language_links()
    )
    return HTMLResponse(page, status, _PAGE)


def alert(sentence: str | Text) -> str:
    """Return a sentence that says what is wrong, as HTML; nothing for none."""
    return f'<p role="alert">{escape(str(sentence))}</p>' if sentence else ""


def on_to(wanted: str) -> Response:
    """Send the browser on to a page of this very host, whatever the form says."""
    try:
        parts = urlsplit(wanted)
    except ValueError:  # an address that nobody can read, as "//["
        parts = urlsplit("/")
    path = "/" + parts.path.lstrip("/\\")
    return RedirectResponse(f"{path}?{parts.query}" if parts.query else path, 303, PRIVATE)
