"""The live list and the state of its connection, as components of the page.

The browser holds the WebSocket; Python gives the list its start and is asked to draw the numbers
anew when they moved.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import streamlit as st

from analytics.responses import AsOf
from streamlit_app.addresses import ROWS, as_drawn, kept, put
from streamlit_app.language.text import Text, for_browser, locale
from streamlit_app.live.feed.start import LOG_START, FeedStart
from streamlit_app.page_parts.notices import OLD_LOOK
from streamlit_app.page_parts.wording import AGES, KINDS
from streamlit_app.session import course_zone, is_projected, section
from streamlit_app.settings import DashboardSettings

#: Between two drawings of a page whose numbers move on.
SHORTEST_REDRAW_SECONDS: Final = 0.5
LONGEST_REDRAW_SECONDS: Final = 4.0
#: At the latest after this the numbers are drawn anew also where none moved.
SLOWEST_REDRAW_SECONDS: Final = 10

_KEY: Final = "live_feed"

TEXTS = {
    "title": Text("Every run, as it happens"),
    "label": Text("What happens now, newest first"),
    "pause": Text("Pause"),
    "resume": Text("Go on"),
    "waiting": Text("{n} more since the pause"),
    "missed": Text("Some rows are not here: the connection was away. Reload to see them."),
    "filter": Text("Only rows with …"),
    "none": Text("No row has this."),
    "empty": Text("Nothing yet. Each run shows here the moment it ends."),
    "kinds": KINDS,
}
PAST_TEXTS = {
    "title": Text("Every run until then"),
    "label": Text("What had happened, newest first"),
    "empty": Text("Nothing had happened yet."),
}
CONNECTION_TEXTS = {
    "connecting": Text("connecting…"),
    "live": Text("live"),
    "reconnecting": Text("reconnecting…"),
    "offline": Text("offline"),
    "as_of": Text("as of {age} ago"),
    "old": Text("these numbers are {age} old"),
    **AGES,
}


def _read(*names: str) -> str:
    return "\n".join((Path(__file__).parent / name).read_text("utf-8") for name in names)


_feed = st.components.v2.component(
    "cellpulse_live_feed",
    js=_read(
        "../../page_parts/leaving.js",
        "pointing.js",
        "positions.js",
        "socket.js",
        "rows.js",
        "feed.js",
    ),
    css=_read("feed.css"),
    isolate_styles=False,
)
_past = st.components.v2.component(
    "cellpulse_past_feed",
    js=_read("positions.js", "rows.js", "past.js"),
    css=_read("feed.css"),
    isolate_styles=False,
)
_connection = st.components.v2.component(
    "cellpulse_connection",
    js=_read("positions.js", "connection.js"),
    css=_read("connection.css"),
    isolate_styles=False,
)


def shortest_redraw_ms(took: float) -> int:
    """Return how long a page waits from one drawing to the next, where the numbers move on.

    A drawing is no more than half of the time, so that a busy machine serves every open page.

    Args:
        took: How long the last drawing took, in seconds.
    """
    return round(1_000 * min(max(2 * took, SHORTEST_REDRAW_SECONDS), LONGEST_REDRAW_SECONDS))


def live_feed(
    start: FeedStart,
    names: Mapping[str, str],
    drawing: str,
    numbers_moved: Callable[[], None],
    *,
    as_of: str | None,
    is_behind: bool,
    took: float,
    token: str,
    settings: DashboardSettings,
    is_dropped: bool,
) -> None:
    """Show the live list; the surrounding fragment runs again whenever stored numbers moved.

    What comes over the WebSocket has names in it, or pseudonyms. So while the page is projected,
    and in a pseudonymous course, the browser drops it, and each row comes with the next drawing:
    the names are in no table of the browser's either.

    Args:
        start: The rows to begin with.
        names: How students are called, by id.
        drawing: Another one each time that the page is drawn from its beginning; see leaving.js.
        numbers_moved: Called when the browser has heard that stored numbers moved, before what
            surrounds the list is drawn.
        as_of: The position that the numbers beside the list have reached; None before any.
        is_behind: Whether something beside the list is older than what the API told.
        took: How long the last drawing took, in seconds.
        token: With which the browser asks the ingest.
        settings: Where the ingest is.
        is_dropped: Whether what comes over the WebSocket must not show.
    """
    data: dict[str, Any] = {
        "course_id": start.course_id,
        "section": section(),
        "drawing": drawing,
        "as_of": as_of or LOG_START,
        "is_behind": is_behind,
        "shortest_redraw_ms": shortest_redraw_ms(took),
        "slowest_redraw_ms": 1_000 * SLOWEST_REDRAW_SECONDS,
        "after": start.after,
        "runs": start.runs,
        "names": _other_than_ids(names),
        "filter": "" if is_projected() else st.query_params.get(ROWS, ""),
        "token": token,
        "ingest_url": settings.public_ingest_url,
        "ingest_port": settings.ingest_port,
        "projected": is_dropped,
        "kept": kept(),
        "texts": for_browser(TEXTS),
        "locale": locale().replace("_", "-"),
        "time_zone": course_zone(),
    }
    _feed(key=_KEY, data=data, on_moved_change=numbers_moved, on_filtered_change=_keep_filter)


def past_feed(start: FeedStart, names: Mapping[str, str]) -> None:
    """Show the list as it was at a moment of the past; `names` as those of `live_feed`."""
    data = {
        "course_id": start.course_id,
        "runs": start.runs,
        "names": _other_than_ids(names),
        "kept": kept(),
        "texts": for_browser({**TEXTS, **PAST_TEXTS}),
        "locale": locale().replace("_", "-"),
        "time_zone": course_zone(),
    }
    _past(key="past_feed", data=data)


def connection_state(as_of: AsOf, note: str, *, is_alarm: bool, is_old: bool) -> None:
    """Show whether the live list is connected, how old the numbers are, and a note.

    An answer may be new and its numbers old: the browser compares the position that they had
    reached with what arrived over the live connection since. Where no answer came they are old
    whatever arrived.
    """
    now = datetime.now(UTC)
    data = {
        "age_s": max(0.0, (now - as_of.time).total_seconds()),
        "position": as_of.position or LOG_START,
        "drawn_at": now.isoformat(),
        "note": note,
        "is_alarm": is_alarm,
        "is_old": is_old,
        "texts": for_browser(CONNECTION_TEXTS),
        "old_look": OLD_LOOK,
    }
    _connection(key="connection", data=data)


def _other_than_ids(names: Mapping[str, str]) -> dict[str, str]:
    return {student_id: name for student_id, name in names.items() if name != student_id}


def _keep_filter() -> None:
    """Put what rows are to have into the address; a name may be in it, so not while it is shown."""
    filtered = st.session_state[_KEY]["filtered"]
    as_drawn()
    put(**{ROWS: filtered if filtered and not is_projected() else None})
