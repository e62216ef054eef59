"""The Export page: what is asked for, what it says about each format, and what became of it."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from streamlit.testing.v1 import AppTest

from flows.export.part import Part
from streamlit_app.export.file import PATH, ExportFile, link_to
from streamlit_app.export.formats import FORMATS
from streamlit_app.export.made import size
from streamlit_app.sign_in.gate import COOKIE
from tests.streamlit_app.after_class_api import packed

Open = Callable[..., AppTest]
TOKEN = "read-token-of-the-instructor"


@pytest.fixture
def open_page(open_alone: Open) -> Open:
    """Return a function that opens the page with a query."""
    return lambda **query: open_alone("export", **query)


def start(app: AppTest) -> None:
    app.button(key="export_start").click().run()
    assert not app.exception, app.exception


@pytest.mark.parametrize("name", list(FORMATS))
def test_each_format_says_what_is_in_it_and_whom_it_names(
    open_page: Open, text_of: Callable[[AppTest], str], name: str
) -> None:
    """The address chooses it."""
    text = text_of(open_page(format=name))
    assert str(FORMATS[name][1]) in text.replace("&#x27;", "'")
    assert str(FORMATS[name][2]) in text.replace("&#x27;", "'")
    assert "No export of this course is kept." in text


def test_an_export_is_started_with_what_the_address_says(
    open_page: Open, made_up: Any, text_of: Callable[[AppTest], str]
) -> None:
    """Days are the browser's, the last one included; then it is shown how far it is."""
    app = open_page(format="csv", **{"from": "2026-04-13", "to": "2026-04-14"})
    start(app)
    [asked] = made_up.after_class.requests
    assert (asked.format, asked.section, asked.study) == ("csv", None, None)
    assert asked.start == datetime(2026, 4, 13, tzinfo=UTC)
    assert asked.until == datetime(2026, 4, 15, tzinfo=UTC)
    text = text_of(app)
    assert 'data-state="running"' in text
    assert "from 2026-04-13 · to 2026-04-14" in text
    assert app.get("progress")[0].proto.text == "reading the course"
    made_up.after_class.change(done=4, total=10)
    app.run()
    progress = app.get("progress")[0].proto
    assert (progress.value, progress.text) == (40, "4 of 10 events")
    made_up.after_class.finish()
    app.run()
    export = made_up.after_class.exports[0]
    assert link_to("python-101", export.export_id).replace("&", "&amp;") in text_of(app)
    assert not app.get("progress")


def test_a_part_without_events_is_said_in_the_words_of_the_page(
    open_page: Open, made_up: Any, text_of: Callable[[AppTest], str]
) -> None:
    """Which part it was, its line has: not as the command line says it, and in no other zone."""
    app = open_page()
    start(app)
    part = Part("B", datetime(2026, 4, 12, 15, tzinfo=UTC), datetime(2026, 4, 13, 15, tzinfo=UTC))
    detail = (
        f"course 'python-101' has no events of {part.in_words()}: name another section (a roster's "
        "sections are those of now), or a longer time"
    )
    made_up.after_class.change(state="failed", detail=detail)
    app.run()
    text = text_of(app)
    assert "Nothing was run in this part of the course" in text
    assert "before 2026" not in text


def test_a_running_export_is_cancelled(
    open_page: Open, made_up: Any, text_of: Callable[[AppTest], str]
) -> None:
    """It says so and by whom, without a bar, a button or a file."""
    app = open_page()
    start(app)
    made_up.after_class.change(done=4, total=10)
    app.run()
    app.button(key=f"cancel_{made_up.after_class.exports[0].export_id}").click().run()
    text = text_of(app)
    assert "It was cancelled by s00." in text
    assert 'data-state="cancelled"' in text
    assert not app.get("progress")
    assert [each.key for each in app.button] == ["export_start"]
    assert PATH not in text


def test_a_bundle_needs_a_study(
    open_page: Open, made_up: Any, text_of: Callable[[AppTest], str]
) -> None:
    """Until it has a name there is nothing to start."""
    app = open_page(format="bundle")
    assert app.button(key="export_start").disabled
    assert "Give the study a name" in text_of(app)
    app.text_input(key="export_study").set_value(" loops 2026 ").run()
    app.checkbox(key="export_with_code").set_value(True).run()
    start(app)
    [asked] = made_up.after_class.requests
    assert (asked.study, asked.k, asked.with_code, asked.with_help) == (
        "loops 2026",
        5,
        True,
        False,
    )


def test_days_in_the_wrong_order_start_nothing(
    open_page: Open, text_of: Callable[[AppTest], str]
) -> None:
    """The page says so at once; what is no day at all is left out."""
    app = open_page(**{"from": "2026-04-14", "to": "2026-04-13"})
    assert app.button(key="export_start").disabled
    assert "must not be after" in text_of(app)
    app = open_page(**{"from": "yesterday", "format": "xml", "section": "Z"})
    assert not app.button(key="export_start").disabled
    assert app.radio[0].value == "parquet"


@pytest.mark.parametrize(
    ("days", "begin", "end"),
    [
        ({"from": "1950-01-01", "to": "2026-04-13"}, None, (2026, 4, 14)),
        ({"from": "1970-01-01"}, None, None),
        ({"from": "1970-01-02", "to": "2199-12-30"}, (1970, 1, 2), (2199, 12, 31)),
        ({"to": "2300-01-01"}, None, None),
        ({"to": "9999-12-31"}, None, None),
    ],
)
def test_a_day_that_no_event_is_of_is_no_day(
    open_page: Open,
    made_up: Any,
    days: dict[str, str],
    begin: tuple[int, int, int] | None,
    end: tuple[int, int, int] | None,
) -> None:
    """It is left out, and the rest is exported."""
    start(open_page(format="csv", **days))
    [asked] = made_up.after_class.requests
    assert asked.start == (begin and datetime(*begin, tzinfo=UTC))
    assert asked.until == (end and datetime(*end, tzinfo=UTC))


def test_a_studys_name_is_taken_as_it_is_pasted(
    open_page: Open, made_up: Any, text_of: Callable[[AppTest], str]
) -> None:
    """A tab is a space; what can't be in a name starts nothing, and is said."""
    app = open_page(format="bundle")
    app.text_input(key="export_study").set_value("loops\x7f").run()
    assert app.button(key="export_start").disabled
    assert "can&#x27;t be asked for like this: check the section" in text_of(app)
    app.text_input(key="export_study").set_value("\tloops\t 2026\n").run()
    start(app)
    assert [each.study for each in made_up.after_class.requests] == ["loops 2026"]


def test_a_choice_stands_in_the_address(open_page: Open) -> None:
    """So it outlives a reload."""
    app = open_page()
    app.radio[0].set_value("xapi").run()
    assert app.query_params["format"] == "xapi"


def test_one_export_at_a_time(
    open_page: Open, made_up: Any, text_of: Callable[[AppTest], str]
) -> None:
    """A second one is refused in plain words."""
    app = open_page()
    start(app)
    start(app)
    assert "is running already" in text_of(app)
    assert len(made_up.after_class.exports) == 1


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (429, "Too many exports are running, so nothing was started. Start it again"),
        (503, "or has no room for the file. Start it again later; if that does not help, tell"),
    ],
)
def test_an_export_that_is_not_started_says_what_to_do(
    open_page: Open, made_up: Any, text_of: Callable[[AppTest], str], status: int, says: str
) -> None:
    """No numbers are missing, and nothing tries again by itself."""
    made_up.after_class.refuses = status
    app = open_page()
    start(app)
    assert says in text_of(app)
    assert "keeps trying" not in text_of(app)
    assert made_up.after_class.exports == []


def test_an_export_that_is_gone_is_not_cancelled(open_page: Open, made_up: Any) -> None:
    """It is said of the export, not of a course or a student."""
    app = open_page()
    start(app)
    key = f"cancel_{made_up.after_class.exports[0].export_id}"
    made_up.after_class.exports.clear()
    app.button(key=key).click().run()
    assert not app.exception
    assert [each.value for each in app.toast] == ["There is no such export any more."]


@pytest.mark.parametrize(("name", "is_offered"), [("csv", False), ("xapi", True)])
def test_projected_no_file_with_names_is_offered(
    open_page: Open,
    made_up: Any,
    text_of: Callable[[AppTest], str],
    name: str,
    is_offered: bool,
) -> None:
    """It says so, with the way to it; what names nobody can be taken."""
    app = open_page(format=name, projector="1")
    start(app)
    made_up.after_class.finish()
    app.run()
    assert (PATH in text_of(app)) is is_offered
    assert ("Names are hidden now, and this file has them." in text_of(app)) is not is_offered


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"state": "failed", "detail": "no <events> of section 'A'"}, "no &lt;events&gt; of"),
        ({"state": "stopped", "detail": "x"}, "Start it again."),
    ],
)
def test_an_export_that_came_to_nothing_says_why(
    open_page: Open,
    made_up: Any,
    text_of: Callable[[AppTest], str],
    fields: dict[str, Any],
    says: str,
) -> None:
    """And it has no file."""
    app = open_page()
    start(app)
    made_up.after_class.change(**fields)
    app.run()
    assert says in text_of(app)
    assert PATH not in text_of(app)


def test_while_the_api_is_away_it_says_so(
    open_page: Open, made_up: Any, text_of: Callable[[AppTest], str]
) -> None:
    """What was there stays."""
    app = open_page()
    start(app)
    made_up.api_is_away = True
    app.run()
    text = text_of(app)
    assert "can&#x27;t be had right now" in text
    assert 'data-state="running"' in text


async def test_the_file_is_handed_on_with_its_name(
    open_page: Open, made_up: Any, api_url: str
) -> None:
    """With the viewer's own token; whom the API refuses, and what is not there, gets no file."""
    start(open_page())
    made_up.after_class.finish()
    export = made_up.after_class.exports[0]
    app = Starlette(routes=[Route(PATH, ExportFile(api_url).answer)])
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://page") as client:
        client.cookies.set(COOKIE, TOKEN)
        found = await client.get(link_to("python-101", export.export_id))
        assert (found.status_code, found.content) == (200, packed())
        assert "cellpulse-1.zip" in found.headers["content-disposition"]
        for course, number in (("python-101", "0"), ("../..", export.export_id), ("", "")):
            gone = await client.get(link_to(course, number))
            assert (gone.status_code, "Start the export again" in gone.text) == (404, True)
        made_up.api_is_away = True
        assert (await client.get(link_to("python-101", export.export_id))).status_code == 503
        made_up.api_is_away = False
        client.cookies.clear()
        assert (await client.get(link_to("python-101", export.export_id))).status_code == 404


@pytest.mark.parametrize(
    ("number", "text"),
    [(None, "\N{EN DASH}"), (0, "1 kB"), (2_048, "2 kB"), (3_670_016, "3.5 MB")],
)
def test_a_file_has_a_size_that_people_read(number: int | None, text: str) -> None:
    """Kilobytes and megabytes."""
    assert size(number) == text
