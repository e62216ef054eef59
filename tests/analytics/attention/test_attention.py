"""The attention list over HTTP: who is on it, thresholds, snoozes, and who may set them."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import httpx
import pytest
from redis import Redis

from analytics.attention.answers import since_help
from analytics.queries.query import load_query
from analytics.settings import ApiSettings
from ingest_api.event_log import ROLLUPS_ADVANCED
from ingest_api.tokens import Grant, SignedIn, issue_token
from tests.analytics.conftest import SECRET
from tests.analytics.measures.memory_lake import COURSE, MemoryLake

LIST = "/courses/live/attention"
MARK = "/courses/live/attention/ada/mark"
SNOOZE = "/courses/live/attention/ada/snooze"
DEFAULTS = {
    "same_error_runs": 4,
    "failed_runs": 6,
    "failed_checks": 5,
    "silent_minutes": 5,
    "unsolved_minutes": 15,
    "idle_minutes": 12,
}


@pytest.fixture
def lesson(stores: Any) -> Any:
    """Return stores in which ada failed six times until now, and bob fell silent after one."""
    now = datetime.now(UTC)
    events = []
    for minutes, student, status in [
        (9, "bob", "error"),
        *((minute, "cy", "ok") for minute in (8, 4, 1)),
        *((minute / 2, "ada", "error") for minute in (8, 6, 5, 3, 2, 1)),
    ]:
        error = {"error_name": "NameError", "error_message": "name 'x' is not defined"}
        events.append(
            stores.log(
                now - timedelta(minutes=minutes),
                course_id="live",
                student_id=student,
                status=status,
                exercise="2.1",
                **(error if status == "error" else {}),
            )
        )
    stores.write(*events)
    return stores


@pytest.fixture
def client(lesson: Any, api_of: Callable[[ApiSettings], httpx.AsyncClient]) -> httpx.AsyncClient:
    return api_of(lesson.settings)


async def listed(client: httpx.AsyncClient, **asked: str) -> dict[str, Any]:
    answer = await client.get(LIST, params=asked)
    assert answer.status_code == 200, answer.text
    return {each["student_id"]: each for each in answer.json()["students"]}


async def test_it_says_who_needs_a_person_and_why(client: httpx.AsyncClient) -> None:
    """Each reason is in words, with the positions of runs that the history shows."""
    found = await listed(client)
    assert list(found) == ["bob", "ada"]
    same, runs = found["ada"]["reasons"]
    assert same["text"] == "same NameError 6 times in 3 minutes; 1 of 2 others had it"
    assert same["values"]["others_had"] == 1
    assert runs["text"] == "6 failed runs in 3 minutes, not got past them"
    assert [reason["text"] for reason in found["bob"]["reasons"]] == [
        "no run for 9 minutes after a failure"
    ]
    history = (await client.get("/courses/live/students/ada/history")).json()["events"]
    assert {event["position"] for event in history} >= set(same["positions"])
    assert len(same["positions"]) == 6


async def test_a_past_moment_is_answered_as_it_was(client: httpx.AsyncClient) -> None:
    """As of three minutes ago ada had failed three times only."""
    then = datetime.now(UTC) - timedelta(minutes=2.8)
    assert list(await listed(client, as_of=then.isoformat())) == ["bob"]
    answer = (await client.get(LIST, params={"as_of": "1-0"})).json()
    assert answer["students"] == []
    assert answer["now"].startswith("1970-01-01")


async def test_thresholds_are_set_for_the_course(client: httpx.AsyncClient) -> None:
    """They start as the defaults, what is left out goes back to them, and null turns off."""
    address = f"{LIST}/thresholds"
    assert (await client.get(address)).json()["thresholds"] == DEFAULTS
    changed = {"same_error_runs": 7, "silent_minutes": None}
    answer = await client.put(address, json=changed)
    assert answer.status_code == 200
    assert answer.json()["thresholds"] == DEFAULTS | changed
    assert (await client.get(address)).json() == answer.json()
    assert answer.json()["defaults"] == DEFAULTS
    found = await listed(client)
    assert [reason["code"] for reason in found["ada"]["reasons"]] == ["failed_runs"]
    assert "bob" not in found
    await client.put(address, json={})
    assert (await client.get(address)).json()["thresholds"] == DEFAULTS


async def test_a_wrong_threshold_changes_nothing(client: httpx.AsyncClient) -> None:
    """It is a 422 that names it."""
    await client.put(f"{LIST}/thresholds", json={"failed_runs": 9})
    for body in (
        '{"same_error_runs": 1}',
        '{"silent_minutes": -1}',
        '{"silent_minutes": 1e9}',
        '{"silent_minutes": NaN}',
        '{"failed_runs": 2.5}',
        '{"failed_runs": "many"}',
        '{"unknown": 3}',
        "[]",
        "{",
        "",
    ):
        answer = await client.put(f"{LIST}/thresholds", content=body)
        assert answer.status_code == 422, body
        assert answer.headers["content-type"] == "application/problem+json"
        kept = (await client.get(f"{LIST}/thresholds")).json()["thresholds"]
        assert kept == DEFAULTS | {"failed_runs": 9}, body


async def test_a_snoozed_student_is_off_the_list_for_everybody(client: httpx.AsyncClient) -> None:
    """The list says until when and by whom; it can be ended, and replaced."""
    answer = await client.post(SNOOZE, json={"minutes": 5, "by": "Grace"})
    assert answer.status_code == 200
    snooze = answer.json()["snooze"]
    until = datetime.fromisoformat(snooze["until"])
    assert timedelta(minutes=4) < until - datetime.now(UTC) <= timedelta(minutes=5)
    found = (await client.get(LIST)).json()
    assert [each["student_id"] for each in found["students"]] == ["bob"]
    [snoozed] = found["snoozed"]
    assert (snoozed["student_id"], snoozed["snooze"]["by"]) == ("ada", "Grace")
    assert (await client.post(SNOOZE, json={})).json()["snooze"]["by"] is None
    assert (await client.delete(SNOOZE)).json()["snooze"] is None
    assert (await client.delete(SNOOZE)).status_code == 200
    assert list(await listed(client)) == ["bob", "ada"]


async def test_a_hand_raised_after_a_snooze_shows(client: httpx.AsyncClient, lesson: Any) -> None:
    """A snooze is for what was known when it was given."""
    await client.post(SNOOZE, json={"minutes": 60})
    assert "ada" not in await listed(client)
    lesson.write(
        lesson.log(datetime.now(UTC), course_id="live", student_id="ada", type="help_requested")
    )
    assert next(iter(await listed(client))) == "ada"


@pytest.mark.parametrize(("path", "body"), [(SNOOZE, {"minutes": 60}), (MARK, {"mark": "helped"})])
async def test_who_is_taken_off_the_list_is_told_so(
    client: httpx.AsyncClient, lesson: Any, path: str, body: dict[str, Any]
) -> None:
    """A student reads of no list that nobody sees, and of a hand that is up without a place."""
    asked = datetime.now(UTC) - timedelta(seconds=3)
    lesson.write(lesson.log(asked, course_id="live", student_id="ada", type="help_requested"))
    own = "/courses/live/students/ada/overview"
    before = (await client.get(own)).json()
    assert before["reasons"][0]["code"] == "hand_up"
    assert before["hand"]["place"] == 1
    await client.post(path, json=body)
    after = (await client.get(own)).json()
    assert (after["reasons"], after["hand"]["place"]) == ([], None)


async def test_the_queue_has_questions_and_places(client: httpx.AsyncClient, lesson: Any) -> None:
    """Whoever waits longest is first; what was asked last is quoted, until the help."""
    asked = [
        ("bob", {"help_message": "Why <b>not</b>?"}),
        ("ada", {"help_message": "Where?"}),
        ("bob", {}),
    ]
    now = datetime.now(UTC) - timedelta(seconds=3)
    lesson.write(
        *(
            lesson.log(
                now + timedelta(milliseconds=place),
                **{"course_id": "live", "student_id": student, "type": "help_requested", **told},
            )
            for place, (student, told) in enumerate(asked)
        )
    )
    found = [
        (each["student_id"], each["help_place"], each["help_message"])
        for each in (await listed(client)).values()
    ]
    assert found == [("bob", 1, "Why <b>not</b>?"), ("ada", 2, "Where?")]
    await client.post(MARK, json={"mark": "helped"})
    assert (await listed(client))["bob"]["help_place"] == 1
    lesson.write(
        lesson.log(
            now + timedelta(seconds=1), course_id="live", student_id="bob", type="help_resolved"
        )
    )
    assert (await listed(client))["bob"]["help_message"] is None


async def test_everybody_sees_that_somebody_goes_and_has_helped(
    client: httpx.AsyncClient,
) -> None:
    """Going stays on the list, helped takes off it, and each can be taken back."""
    answer = await client.post(MARK, json={"mark": "going", "by": "Grace"})
    mark = (await listed(client))["ada"]["mark"]
    told = {"course_id": "live", "student_id": "ada", "mark": "going", "at": mark["at"]}
    assert answer.json() == told
    assert (mark["mark"], mark["by"]) == ("going", "Grace")
    assert timedelta(0) <= datetime.now(UTC) - datetime.fromisoformat(mark["at"])
    await client.post(MARK, json={"mark": "helped"})
    found = (await client.get(LIST)).json()
    assert [each["student_id"] for each in found["students"]] == ["bob"]
    assert [each["student_id"] for each in found["helped"]] == ["ada"]
    assert (await client.delete(MARK)).json()["mark"] is None
    assert (await listed(client))["ada"]["mark"]["mark"] == "going"
    await client.delete(MARK)
    assert (await client.delete(MARK)).status_code == 200
    assert (await listed(client))["ada"]["mark"] is None


def _of(account: str) -> dict[str, str]:
    """Return the headers of whoever signed in by that name."""
    now = int(datetime.now(UTC).timestamp())
    signed_in = SignedIn(account=account, token_id="one", issued_at=now, expires_at=now + 600)
    token = issue_token(SECRET, Grant("read", "live", signed_in=signed_in))
    return {"Authorization": f"Bearer {token}"}


async def test_a_mark_is_taken_back_by_whose_it_is(
    lesson: Any, redis_url: str, api_of: Callable[[ApiSettings], httpx.AsyncClient]
) -> None:
    """A colleague's stays, unless one has none, or says which; what is shown is what is open."""
    client = api_of(lesson.settings.model_copy(update={"redis_url": redis_url}))

    async def marked(account: str) -> Any:
        return (await client.post(MARK, json={"mark": "going"}, headers=_of(account))).json()["at"]

    async def shown() -> Any:
        mark = (await listed(client))["ada"]["mark"]
        return mark and mark["at"]

    await marked("grace")
    of_alan = await marked("alan")
    await client.delete(MARK, headers=_of("grace"))
    assert await shown() == of_alan
    of_grace = await marked("grace")
    exact = await client.delete(MARK, headers=_of("grace"), params={"at": of_alan})
    assert exact.status_code == 200
    assert await shown() == of_grace
    again = await client.delete(MARK, headers=_of("grace"), params={"at": of_alan})
    assert (again.status_code, await shown()) == (404, of_grace)
    assert "no mark of this student was made at that time" in again.json()["detail"]
    wrong = await client.delete(MARK, params={"at": "now"})
    assert wrong.status_code == 422
    await client.delete(MARK, headers=_of("alan"))
    assert await shown() is None


async def test_whoever_signed_in_goes_by_that_name(
    lesson: Any, redis_url: str, api_of: Callable[[ApiSettings], httpx.AsyncClient]
) -> None:
    """Nobody can go to a student, or snooze one, in somebody else's name."""
    client = api_of(lesson.settings.model_copy(update={"redis_url": redis_url}))
    headers = _of("grace")
    await client.post(MARK, json={"mark": "going", "by": "Alan"}, headers=headers)
    answer = await client.post(SNOOZE, json={"by": "Alan"}, headers=headers)
    assert answer.json()["snooze"]["by"] == "grace"
    [ada] = (await client.get(LIST)).json()["snoozed"]
    assert (ada["mark"]["by"], ada["snooze"]["by"]) == ("grace", "grace")


async def test_a_hand_raised_after_the_help_shows(client: httpx.AsyncClient, lesson: Any) -> None:
    """A help is for what was known when it was given; whoever goes goes on."""
    await client.post(MARK, json={"mark": "helped"})
    assert "ada" not in await listed(client)
    lesson.write(
        lesson.log(datetime.now(UTC), course_id="live", student_id="ada", type="help_requested")
    )
    assert (await listed(client))["ada"]["mark"] is None


@pytest.mark.parametrize(
    ("hide", "told", "order"),
    [(MARK, {"mark": "helped"}, ["bob", "ada"]), (SNOOZE, {"minutes": 60}, ["ada", "bob"])],
)
async def test_a_hand_that_is_still_up_shows_when_it_asks_again(
    client: httpx.AsyncClient, lesson: Any, hide: str, told: dict[str, Any], order: list[str]
) -> None:
    """After a help it waits from then on: nobody passes those who have waited since before."""

    def asks(student: str) -> None:
        of = {"course_id": "live", "student_id": student, "type": "help_requested"}
        lesson.write(lesson.log(datetime.now(UTC), **of))

    asks("ada")
    await client.post(hide, json=told)
    assert "ada" not in await listed(client)
    asks("bob")
    asks("ada")
    found = await listed(client)
    assert (found["ada"]["mark"], found["ada"]["snooze"]) == (None, None)
    assert list(found)[:2] == order


@pytest.mark.parametrize(
    ("asked_again", "waits_since"),
    [((), 30), ((1,), 1), ((20, 1), 20)],
    ids=["no", "once", "twice"],
)
def test_a_hand_waits_from_the_help_also_when_the_mark_holds_no_longer(
    lake: MemoryLake, asked_again: tuple[int, ...], waits_since: int
) -> None:
    """Whoever was helped half an hour ago does not stand before those who wait since then."""
    now = datetime(2024, 3, 4, 12, 0, tzinfo=UTC)
    asked = [now - timedelta(minutes=minutes) for minutes in (60, *asked_again)]
    positions = [f"{round(moment.timestamp() * 1000)}-0" for moment in asked]
    lake.know(
        "attention_marks",
        course_id=COURSE,
        student_id="ada",
        marked_at=now - timedelta(minutes=30),
        mark="helped",
    )
    settings = load_query("attention_settings").row(lake.connection, course_id=COURSE, now=now)
    [help_given] = settings["helps"]
    assert (settings["marks"], help_given["student_id"]) == ([], "ada")
    signals: Any = {"help_at": asked[0], "help_times": asked, "help_positions": positions}
    since = since_help(signals, help_given["helped_at"])["help_at"]
    assert since == now - timedelta(minutes=waits_since)
    assert since_help(signals, None) == signals
    lowered = signals | {"help_at": None}
    assert since_help(lowered, help_given["helped_at"]) == lowered


async def test_a_mark_does_not_hold_for_ever(client: httpx.AsyncClient, lesson: Any) -> None:
    """After a quarter of an hour the student is on the list as before."""
    await client.post(MARK, json={"mark": "helped"})
    with lesson.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE attention_marks SET marked_at = marked_at - interval '15 minutes'"
        )
    assert (await listed(client))["ada"]["mark"] is None


async def test_the_list_of_then_is_as_instructors_had_set_it(client: httpx.AsyncClient) -> None:
    """A snooze that ended, a mark that was taken back and other thresholds hold as they did."""
    await client.post(SNOOZE, json={"minutes": 60, "by": "Grace"})
    await client.put(f"{LIST}/thresholds", json={"failed_runs": 9})
    await client.post("/courses/live/attention/bob/mark", json={"mark": "going"})
    then = datetime.now(UTC).isoformat()
    await client.post(SNOOZE, json={"minutes": 1})
    await client.delete(SNOOZE)
    await client.put(f"{LIST}/thresholds", json={})
    await client.delete("/courses/live/attention/bob/mark")
    now = (await client.get(LIST)).json()
    assert (now["snoozed"], now["thresholds"]["failed_runs"]) == ([], 6)
    assert [each["mark"] for each in now["students"]] == [None, None]
    past = (await client.get(LIST, params={"as_of": then})).json()
    [snoozed] = past["snoozed"]
    assert (snoozed["student_id"], snoozed["snooze"]["by"]) == ("ada", "Grace")
    assert past["thresholds"]["failed_runs"] == 9
    assert [each["mark"]["mark"] for each in past["students"]] == ["going"]


async def test_a_wrong_mark_or_snooze_changes_nothing(client: httpx.AsyncClient) -> None:
    """It is a 422, nobody is marked, and the student stays on the list."""
    for address, body in [
        *((MARK, body) for body in ("{}", '{"mark": "gone"}', '{"mark": "going", "by": ""}', "7")),
        *(
            (SNOOZE, body)
            for body in ('{"minutes": 0}', '{"minutes": 1441}', '{"by": ""}', "7", "{")
        ),
    ]:
        assert (await client.post(address, content=body)).status_code == 422, (address, body)
        assert (await listed(client))["ada"]["mark"] is None, (address, body)


async def test_unknown_courses_and_students_are_not_found(client: httpx.AsyncClient) -> None:
    """404, and nothing is written."""
    for method, path in [
        ("GET", "/courses/none/attention"),
        ("GET", "/courses/none/attention/thresholds"),
        ("PUT", "/courses/none/attention/thresholds"),
        ("POST", "/courses/live/attention/nobody/snooze"),
        ("DELETE", "/courses/live/attention/nobody/snooze"),
        ("POST", "/courses/none/attention/ada/snooze"),
        ("POST", "/courses/live/attention/nobody/mark"),
        ("DELETE", "/courses/live/attention/nobody/mark"),
        ("GET", "/courses/none/error_clusters"),
    ]:
        body = {"mark": "going"} if path.endswith("mark") else {}
        answer = await client.request(method, path, json=body)
        assert answer.status_code == 404, path


async def test_whoever_may_read_the_class_may_set_what_it_shows(
    client: httpx.AsyncClient, bearer: Callable[..., dict[str, str]]
) -> None:
    """An instructor's token for the class; no student's, and none that only sends."""
    grants: list[tuple[dict[str, Any], int]] = [
        ({"course": "live"}, 200),
        ({"course": "*"}, 200),
        ({"course": "other"}, 403),
        ({"course": "live", "student": "ada"}, 403),
        ({"course": "live", "scope": "ingest"}, 403),
    ]
    addresses = [
        ("GET", LIST),
        ("GET", "/courses/live/error_clusters"),
        ("GET", f"{LIST}/thresholds"),
        ("PUT", f"{LIST}/thresholds"),
        ("POST", SNOOZE),
        ("DELETE", SNOOZE),
        ("POST", MARK),
        ("DELETE", MARK),
    ]
    for (grant, status), (method, path) in product(grants, addresses):
        body = {"mark": "going"} if path == MARK else {}
        answer = await client.request(method, path, json=body, headers=bearer(**grant))
        assert answer.status_code == status, (grant, method, path)


@pytest.fixture
def signals(redis_url: str) -> Iterator[Any]:
    with Redis.from_url(redis_url) as redis, redis.pubsub() as subscriber:
        subscriber.subscribe(ROLLUPS_ADVANCED)
        assert subscriber.get_message(timeout=30)
        yield subscriber


async def test_dashboards_are_told_of_a_snooze(
    lesson: Any,
    redis_url: str,
    signals: Any,
    api_of: Callable[[ApiSettings], httpx.AsyncClient],
) -> None:
    """The signal names the course, so that every page of it asks anew."""
    client = api_of(lesson.settings.model_copy(update={"redis_url": redis_url}))
    await client.post(SNOOZE, json={})
    message = signals.get_message(timeout=30)
    assert b'"live"' in message["data"]


async def test_a_snooze_holds_though_dashboards_can_t_be_told(
    lesson: Any, api_of: Callable[[ApiSettings], httpx.AsyncClient]
) -> None:
    """Without Redis it is written all the same."""
    away = {"redis_url": "redis://127.0.0.1:1/0"}
    client = api_of(lesson.settings.model_copy(update=away))
    assert (await client.post(SNOOZE, json={})).status_code == 200
    assert "ada" not in await listed(client)


async def test_while_postgresql_is_away_it_says_so(
    settings_at: Callable[[str, str], ApiSettings],
    api_of: Callable[[ApiSettings], httpx.AsyncClient],
) -> None:
    """A change is a 503, as every answer is."""
    client = api_of(settings_at("postgresql://u@127.0.0.1:1/none", "nowhere"))
    for answer in (await client.get(LIST), await client.post(SNOOZE, json={})):
        assert answer.status_code == 503
