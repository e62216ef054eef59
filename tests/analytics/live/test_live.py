"""`GET /courses/{course_id}/live`: all that a Live page shows, in one answer."""

from typing import Any, Final

import httpx
import pytest

from analytics.live import answers as live_answers

#: Each part, and what its own address is asked beside the moment.
PARTS: Final[dict[str, dict[str, str]]] = {
    "progress": {},
    "class_map": {},
    "attention": {},
    "error_clusters": {"minutes": "30"},
    "marks": {},
    "plan": {"from": "2024-03-04T00:00:00Z"},
    "class_stream": {},
    "events": {"limit": "7"},
}
ASKED: Final = {"minutes": "30", "from": "2024-03-04T00:00:00Z", "events": "7"}
THEN: Final = {"as_of": "2024-03-04T09:03:00Z"}
#: Depends on the second in which it is asked.
_OF_THE_MOMENT: Final = {"as_of", "now", "start", "runs_per_minute"}


def lasting(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name not in _OF_THE_MOMENT}


async def found(api: httpx.AsyncClient, what: str, asked: dict[str, str]) -> dict[str, Any]:
    anew = {"Cache-Control": "no-cache"}  # and not what another test was told
    answer = await api.get(f"/courses/py/{what}", params=asked, headers=anew)
    assert answer.status_code == 200, answer.text
    parts: dict[str, Any] = answer.json()
    return parts


@pytest.mark.parametrize("kept", [100_000, 3])
@pytest.mark.parametrize("section", [{}, {"section": "A"}])
async def test_each_part_is_what_its_own_address_answers(
    section: dict[str, str], kept: int, api: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Now and as of a moment, of a section and of all, however many events the course has."""
    monkeypatch.setattr(live_answers, "_EVENTS_KEPT", kept)
    for moment in ({}, THEN):
        live = await found(api, "live", ASKED | section | moment)
        alone = {
            part: await found(api, part, own | section | moment if part != "marks" else own)
            for part, own in PARTS.items()
        }
        assert {part: lasting(live[part]) for part in PARTS} == {
            part: lasting(answer) for part, answer in alone.items()
        }
        assert live["progress"]["as_of"]["position"] == alone["progress"]["as_of"]["position"]
        assert live["as_of"]["position"] == alone["progress"]["as_of"]["position"]


async def test_what_was_kept_of_one_course_is_not_seen_in_another(api: httpx.AsyncClient) -> None:
    """The answer about the past that comes next is of its own course's events."""
    await found(api, "live", THEN)
    pages = await api.get("/courses/pages/live", params={"as_of": "2199-01-01T00:00:00Z"})
    assert pages.json()["progress"]["runs"] > 200
    assert (await found(api, "progress", THEN))["runs"] > 0


async def test_what_is_not_shown_is_left_out(api: httpx.AsyncClient) -> None:
    """Neither the class's way nor events, where they are not asked for."""
    live = await found(api, "live", {"stream": "false", "events": "0"})
    assert (live["class_stream"], live["events"]) == (None, None)
    assert live["progress"]["runs"] > 0


async def test_what_can_not_be_answered_is_refused(api: httpx.AsyncClient) -> None:
    """An unknown course, an unknown section, a moment that is none, too many events."""
    assert (await api.get("/courses/none/live")).status_code == 404
    for asked, status in (
        ({"section": "Z"}, 404),
        ({"as_of": "soon"}, 422),
        ({"events": "1001"}, 422),
        ({"from": "2024-03-05T00:00Z", "to": "2024-03-04T00:00Z"}, 422),
    ):
        answer = await api.get("/courses/py/live", params=asked)
        assert answer.status_code == status
        assert "title" in answer.json()
