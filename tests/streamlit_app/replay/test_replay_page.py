"""The Replay page: which session of class and which moment, and that nothing acts."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from analytics.attention.responses import Listed, Reason
from analytics.class_marks.responses import ClassMark
from analytics.class_view.responses import ClassSession
from analytics.responses import Timeline, TimelineBucket
from streamlit_app.replay.page import _ASKED, in_address, read_moment, read_speed, slider_data
from streamlit_app.replay.span import bar_minutes, session_at, span_of
from streamlit_app.replay.time.component import Asked, read_asked
from tests.streamlit_app.made_up_class import COURSE

TEN = datetime(2026, 9, 14, 10, 0, 5, tzinfo=UTC)


def _met(begin: datetime, minutes: int = 90) -> ClassSession:
    return ClassSession(
        started_at=begin,
        ended_at=begin + timedelta(minutes=minutes),
        arrived_at=begin,
        students=3,
        runs=9,
    )


def _component(app: AppTest, name: str) -> dict[str, Any]:
    (component,) = (each for each in app.get("bidi_component") if name in each.key)
    found: dict[str, Any] = json.loads(component.proto.json)
    return found


def test_an_address_names_the_session_of_class_by_a_moment_of_it() -> None:
    """Without a moment it is the latest; a moment between two is after the earlier one."""
    latest, earlier = _met(TEN + timedelta(days=7)), _met(TEN)
    both = [latest, earlier]
    assert session_at(both, None) is latest
    assert session_at(both, TEN + timedelta(days=8)) is latest
    assert session_at(both, TEN + timedelta(days=3)) is earlier
    assert session_at(both, TEN.replace(second=0)) is earlier
    assert session_at(both, TEN - timedelta(days=30)) is earlier


def test_the_slider_begins_when_the_class_came_in_sight() -> None:
    """What arrived late was not seen before that; what arrived after the class is no part of it."""
    met = _met(TEN)
    late = met.model_copy(update={"arrived_at": TEN + timedelta(minutes=35)})
    assert span_of(late)[0] == TEN.replace(second=0) + timedelta(minutes=35)
    next_day = met.model_copy(update={"arrived_at": TEN + timedelta(days=1)})
    assert span_of(next_day) == span_of(met)


def test_the_slider_goes_over_whole_minutes() -> None:
    """Its ends are minutes of the clock, so that nothing of the class lies outside."""
    begin, end = span_of(_met(TEN))
    assert (begin.minute, begin.second, end.hour, end.minute, end.second) == (0, 0, 11, 32, 0)
    buckets = [TimelineBucket(start=begin, runs=runs, errors=0, events=runs) for runs in (3, 0, 5)]
    as_of: Any = {"position": None, "snapshot": 1, "time": TEN}
    minutes = Timeline(as_of=as_of, course_id="c", bucket_seconds=60, buckets=buckets)
    mark = ClassMark(mark_id="m", at=TEN, text="<b>", set_at=TEN, set_by=None)
    shown = slider_data(begin, end, minutes, [mark])
    assert shown["runs"] == [3, 0, 5]
    assert shown["marks"] == [{"at_ms": int(TEN.timestamp() * 1000), "text": "<b>"}]
    assert shown["end_ms"] - shown["begin_ms"] == 92 * 60_000


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-09-14T10:00:05Z", TEN),
        ("2026-09-14T10:00:05.000Z", TEN),
        ("2026-09-14T19:00:05+09:00", TEN),
        ("2026-09-14T10:00:05", TEN),
        ("", None),
        (None, None),
        ("now", None),
    ],
)
def test_an_address_has_its_moment_in_iso_form(text: str | None, moment: datetime | None) -> None:
    """What is none is no moment; what the page writes it reads again."""
    assert read_moment(text) == moment
    if moment is not None:
        assert read_moment(in_address(moment)) == moment


@pytest.mark.parametrize(
    ("text", "speed"), [("1", 1), ("30", 30), ("60", 60), ("7", 10), ("", 10), (None, 10)]
)
def test_a_speed_is_one_of_those_that_are_offered(text: str | None, speed: int) -> None:
    """Any other is the usual one."""
    assert read_speed(text) == speed


@pytest.mark.parametrize(
    "told",
    [
        None,
        {},
        [],
        {"at_ms": "soon", "speed": 10, "playing": True},
        {"at_ms": 1e30, "speed": 10, "playing": True},
        {"at_ms": float("nan"), "speed": 10, "playing": True},
        {"at_ms": 0, "speed": 7, "playing": True},
        {"at_ms": 0, "speed": [1], "playing": True},
    ],
)
def test_a_browser_that_asks_for_nonsense_gets_nothing(told: Any) -> None:
    """A moment and one of the speeds, or nothing happens."""
    assert read_asked(told) is None


def test_a_browser_asks_for_a_moment_and_a_speed() -> None:
    """Times are in milliseconds."""
    wish = {"at_ms": TEN.timestamp() * 1000, "speed": 60, "playing": True}
    assert read_asked(wish) == Asked(TEN, 60, is_playing=True)


def test_before_the_first_class_there_is_nothing_to_replay(
    made_up: Any, open_alone: Callable[..., AppTest], text_of: Callable[[AppTest], str]
) -> None:
    """The page says so."""
    assert made_up.events == []
    assert "no class to replay" in text_of(open_alone("replay"))


def test_the_past_is_shown_by_the_live_pages_view_and_nothing_acts(
    made_up: Any, open_alone: Callable[..., AppTest], text_of: Callable[[AppTest], str]
) -> None:
    """Every question is as of the moment; there is no button but those that choose what is seen."""
    now = datetime.now(UTC)
    made_up.run("Vole", "error", error_name="NameError", at=now - timedelta(minutes=20))
    made_up.run("Heron", at=now - timedelta(minutes=2))
    reason = Reason(code="hand_up", text="hand up", since=now, values={}, positions=[])
    made_up.needy = [
        Listed(
            student_id="Vole",
            confidence="high",
            since=now,
            exercise="1.1",
            notebook=None,
            last_run_at=now,
            reasons=[reason],
        )
    ]
    at = in_address(now - timedelta(minutes=10))
    early = ClassMark(
        mark_id="m", at=now - timedelta(minutes=15), text="loops", set_at=now, set_by="grace"
    )
    late = early.model_copy(update={"mark_id": "l", "at": now - timedelta(minutes=5)})
    made_up.noted = [early, late]
    app = open_alone("replay", at=at, speed="60")
    text = text_of(app)
    assert 'data-testid="past"' in text
    assert text.partition('data-testid="meanings"')[0].count("<dt>") == 6
    assert 'data-testid="person"' in text
    assert [each.label for each in app.button] == []
    slider = _component(app, "replay_time")
    assert in_address(datetime.fromtimestamp(slider["at_ms"] / 1000, UTC)) == at
    assert (slider["speed"], len(slider["marks"])) == (60, 2)
    assert _component(app, "class_map")["is_past"]
    asked_then = {
        what for what, when in made_up.asked_as_of if read_moment(when) == read_moment(at)
    }
    assert asked_then == {"live"}


def test_a_moment_outside_the_class_is_its_begin_or_end(
    made_up: Any, open_alone: Callable[..., AppTest]
) -> None:
    """A link that is too early or too late shows the nearest moment."""
    now = datetime.now(UTC)
    made_up.run("Vole", at=now - timedelta(minutes=20))
    made_up.run("Vole", at=now - timedelta(minutes=10))
    for at, end in (("1999-01-01T00:00:00Z", "begin_ms"), ("2199-01-01T00:00:00Z", "end_ms")):
        slider = _component(open_alone("replay", at=at), "replay_time")
        assert slider["at_ms"] == slider[end]


def test_without_a_moment_the_first_minute_in_which_something_happened_is_shown(
    made_up: Any, open_alone: Callable[..., AppTest]
) -> None:
    """The page does not open on a class in which nobody has done anything yet."""
    made_up.run("Vole", at=datetime.now(UTC) - timedelta(minutes=20))
    slider = _component(open_alone("replay"), "replay_time")
    assert slider["at_ms"] - slider["begin_ms"] == 60_000
    assert made_up.events[0].received_at.timestamp() * 1000 < slider["at_ms"]


def test_a_class_that_came_only_afterwards_is_said_to_have(
    made_up: Any, open_alone: Callable[..., AppTest], text_of: Callable[[AppTest], str]
) -> None:
    """Nothing of it was to be seen then; its report has it."""
    met = _met(TEN)
    made_up.after_class.sessions = [met.model_copy(update={"arrived_at": TEN + timedelta(days=1)})]
    text = text_of(open_alone("replay"))
    assert "came only on 15 Sept 2026" in text
    assert "after-class?course=python-101&amp;session=2026-09-14T10" in text
    made_up.after_class.sessions = [met]
    assert "came only on" not in text_of(open_alone("replay"))


@pytest.mark.parametrize(
    ("minutes", "of_a_bar"), [(1, 1), (92, 1), (1_000, 1), (1_001, 2), (2_001, 3), (10**7, 1_440)]
)
def test_the_slider_has_as_many_bars_as_the_api_counts(minutes: int, of_a_bar: int) -> None:
    """Of a session as long as a weekend several minutes are one bar."""
    assert bar_minutes(TEN, TEN + timedelta(minutes=minutes)) == of_a_bar


def test_a_session_that_ends_on_another_day_says_on_which(
    made_up: Any, open_alone: Callable[..., AppTest]
) -> None:
    """Else one of a day and a half was one of an hour and a half."""
    made_up.after_class.sessions = [_met(TEN, minutes=36 * 60), _met(TEN - timedelta(days=7))]
    over_night, usual = open_alone("replay").selectbox[0].options
    assert over_night.startswith("14 Sept 2026 10:00 to 15 Sept 2026 22:00")
    assert usual.startswith("7 Sept 2026 10:00 to 11:30")


def test_while_the_api_is_away_the_last_moment_stays(
    made_up: Any, open_alone: Callable[..., AppTest], text_of: Callable[[AppTest], str]
) -> None:
    """The slider stays where it is, and the page says why."""
    made_up.run("Vole")
    app = open_alone("replay")
    made_up.api_is_away = True
    app.run()
    assert "be had right now" in text_of(app)
    assert _component(app, "replay_time")


def test_of_a_chosen_section_it_plays_on_where_it_was(
    made_up: Any, open_alone: Callable[..., AppTest]
) -> None:
    """While it plays the address has the moment at which that began."""
    now = datetime.now(UTC)
    made_up.course_sections = ["A", "B"]
    for minutes in (30, 2):
        made_up.run("Heron", at=now - timedelta(minutes=minutes))
    began, there = (now - timedelta(minutes=minutes) for minutes in (20, 10))
    app = open_alone("replay", at=in_address(began), speed="60")
    played = Asked(read_moment(in_address(there)) or now, 60, is_playing=True)
    app.session_state[_ASKED] = ((COURSE, in_address(began), "60"), played)
    app.query_params["section"] = "B"  # as the bar's choice does
    app.run()
    slider = _component(app, "replay_time")
    assert slider["at_ms"] == played.at.timestamp() * 1_000
