"""`as_of`: every answer says which data it is computed from, and holds exactly that."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

START = datetime(2024, 3, 4, 9, 0, tzinfo=UTC)
OF_THE_LAKE = ["exercises", "timeline", "students/s/history", "events"]
OF_POSTGRES = ["students"]


async def test_before_any_event_the_position_is_null(
    stores: Any, api_of: Callable[..., httpx.AsyncClient]
) -> None:
    """An empty installation answers, with a snapshot and no position."""
    with stores.engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO courses VALUES ('c', NULL, now())")
    async with api_of(stores.settings) as api:
        for path in ("/courses", "/courses/c/progress", "/courses/c/students"):
            as_of = (await api.get(path)).json()["as_of"]
            assert as_of["position"] is None
            assert as_of["snapshot"] >= 0


@pytest.mark.parametrize("ahead", ["lake", "postgres"])
async def test_the_position_is_that_of_the_stores_behind_the_answer(
    ahead: str, stores: Any, api_of: Callable[..., httpx.AsyncClient]
) -> None:
    """Where one store is behind, an answer from it says so, and so does one from both."""
    fields: dict[str, Any] = {"course_id": "c", "student_id": "s", "exercise": "e", "status": "ok"}
    both, one = (stores.log(START + timedelta(seconds=n), **fields) for n in range(2))
    stores.write(both)
    getattr(stores, ahead).apply([one], one.position)
    sources = dict.fromkeys(OF_THE_LAKE, "lake") | dict.fromkeys(OF_POSTGRES, "postgres")
    async with api_of(stores.settings) as api:
        for path, source in (sources | {"progress": "both"}).items():
            asked = datetime.now(UTC)
            as_of = (await api.get(f"/courses/c/{path}")).json()["as_of"]
            assert as_of["position"] == (one if source == ahead else both).position, path
            assert asked <= datetime.fromisoformat(as_of["time"]) <= datetime.now(UTC)


async def test_the_snapshot_is_the_lakes_own(
    stores: Any, api_of: Callable[..., httpx.AsyncClient]
) -> None:
    """The number of an answer, used with AT, gives the rows of that answer later on."""
    fields: dict[str, Any] = {"course_id": "c", "student_id": "s", "exercise": "e", "status": "ok"}
    stores.write(stores.log(START, **fields))
    async with api_of(stores.settings) as api:
        as_of = (await api.get("/courses/c/exercises")).json()["as_of"]
        stores.write(stores.log(START, **fields))
        lake = api._transport.app.state.lake
        query = f"SELECT count(*) FROM lake.events AT (VERSION => {as_of['snapshot']})"
        assert lake.read(lambda connection: connection.execute(query).fetchone()) == (1,)


async def test_answers_are_consistent_while_a_writer_goes_on(
    stores: Any, api_of: Callable[..., httpx.AsyncClient]
) -> None:
    """Whatever is committed meanwhile, an answer holds all events up to its position, no more."""
    done = threading.Event()
    order: list[str] = []

    def write(number: int) -> None:
        events = [
            stores.log(
                START + timedelta(seconds=number),
                course_id="c",
                student_id="s",
                session_id="k",
                seq=3 * number + part + 1,
                exercise="e",
                status="ok",
            )
            for part in range(3)
        ]
        order.extend(event.position for event in events)
        stores.write(*events)

    def go_on() -> None:
        number = 1
        while not done.is_set():
            write(number)
            number += 1

    def counted(answer: dict[str, Any], path: str) -> int:
        match path:
            case "students":
                return int(answer["students"][0]["runs"])
            case "timeline":
                return int(sum(bucket["runs"] for bucket in answer["buckets"]))
            case "exercises":
                return int(answer["exercises"][0]["runs"])
        return int(answer["events"][0]["seq"])

    write(0)
    writer = threading.Thread(target=go_on)
    seen: dict[str, int] = {}
    async with api_of(stores.settings) as api:
        writer.start()
        try:
            for round_ in range(8):
                for path in OF_THE_LAKE + OF_POSTGRES:
                    answer = (await api.get(f"/courses/c/{path}")).json()
                    up_to_position = order.index(answer["as_of"]["position"]) + 1
                    assert counted(answer, path) == up_to_position, (round_, path)
                    seen[path] = up_to_position
        finally:
            done.set()
            writer.join()
    assert min(seen.values()) > 3
