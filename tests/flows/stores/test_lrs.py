"""The push to a learning record store: to a real Ralph, and to one that answers as it is told."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import httpx
import pytest
from redis import Redis

from flows.log.logged_event import LoggedEvent
from flows.log.reader import LogReader
from flows.settings import LrsSettings
from flows.stores import lrs
from flows.stores.lrs import LrsWriter
from flows.stores.solved import FirstSolutions
from flows.stores.store import PoisonEventError, StoreUnavailableError
from flows.worker.drain import drain
from flows.xapi.identity import Identity
from flows.xapi.statements import Statements
from flows.xapi.vocabulary import VERBS

Make = Callable[..., LoggedEvent]
Answer = Callable[[list[dict[str, Any]]], httpx.Response]
STATEMENTS = Statements(Identity("https://cellpulse.example.org", "k" * 64))
PASSED = {"type": "check_result", "check_name": "sum", "passed": True, "exercise": "1.1"}


class Scripted:
    """A store that answers each POST as it is told, and remembers what it was sent.

    Attributes:
        about: What it answers about itself.
        answer: What it answers to statements.
    """

    def __init__(self, writer: LrsWriter, monkeypatch: pytest.MonkeyPatch) -> None:
        self.about = httpx.Response(404)
        self.answer: Answer = lambda _: httpx.Response(204)
        self.requests: list[httpx.Request] = []
        client = httpx.Client(
            transport=httpx.MockTransport(self._respond),
            base_url=writer._client.base_url,
            auth=writer._client.auth,
        )
        monkeypatch.setattr(writer, "_client", client)

    def _respond(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/about"):
            return self.about
        self.requests.append(request)
        return self.answer(json.loads(request.content))

    @property
    def taken(self) -> list[list[str]]:
        """The ids of the statements of each request."""
        return [[s["id"] for s in json.loads(request.content)] for request in self.requests]


@pytest.fixture
def make_writer(redis: Redis) -> Iterator[Callable[[LrsSettings], LrsWriter]]:
    """Return a function that makes the writer of a store."""
    made: list[LrsWriter] = []

    def make(settings: LrsSettings) -> LrsWriter:
        made.append(LrsWriter(settings, STATEMENTS, FirstSolutions(redis)))
        return made[-1]

    yield make
    for writer in made:
        writer.close()


@pytest.fixture
def writer(make_writer: Callable[[LrsSettings], LrsWriter]) -> LrsWriter:
    """Return the writer of a store that is only made up."""
    settings = LrsSettings(
        CELLPULSE_LRS_URL="https://lrs.example.org/xapi/",
        CELLPULSE_LRS_USER="me",
        CELLPULSE_LRS_PASSWORD="a-password",
    )
    return make_writer(settings)


@pytest.fixture
def scripted(writer: LrsWriter, monkeypatch: pytest.MonkeyPatch) -> Scripted:
    """Return that store."""
    return Scripted(writer, monkeypatch)


def apply(writer: LrsWriter, *events: LoggedEvent) -> None:
    writer.apply(events, events[-1].position)


def append(redis: Redis, *events: LoggedEvent) -> None:
    for number, logged in enumerate(events, start=1):
        entry: dict[Any, Any] = {"event": logged.event.to_json(), "offset": number}
        redis.xadd("progress-events:log", entry, id=logged.position)


def test_ralph_gets_each_statement_once(
    ralph: Any, make_writer: Callable[[LrsSettings], LrsWriter], redis: Redis, event: Make
) -> None:
    """In log order, over several batches and a restart, and a batch that comes again adds none."""
    runs = [event(n, exercise="1.1", error_name="NameError") for n in range(120)]
    checks = [event(120 + n, **PASSED, student_id=f"s{n % 2}") for n in range(4)]
    quiet = [event(124, type="heartbeat"), event(125, type="session_started")]
    events, log = [*runs, *checks, *quiet], LogReader(redis)
    append(redis, *events[:70])
    assert drain(log, make_writer(ralph.settings)) == 70
    append(redis, *events[70:])
    assert drain(log, make_writer(ralph.settings)) == 56
    solving = {events[120].position, events[121].position}
    expected = [
        statement
        for logged in events
        for statement in STATEMENTS.of(logged.event, completes=logged.position in solving)
    ]
    assert ralph.statements() == expected
    assert log.committed()["lrs"] == events[-1].position
    log.commit("lrs", "0-0")
    assert drain(log, make_writer(ralph.settings)) == 126
    assert ralph.statements() == expected


def test_what_ralph_has_otherwise_stays_and_holds_nothing_up(
    ralph: Any, make_writer: Callable[[LrsSettings], LrsWriter], event: Make
) -> None:
    """A statement of the same id with another content is no error; the others get there."""
    events = [event(n) for n in range(5)]
    writer = make_writer(ralph.settings)
    [before] = STATEMENTS.of(events[2].event.model_copy(update={"status": "error"}))
    writer._send([before])
    apply(writer, *events)
    others = [STATEMENTS.of(events[n].event)[0] for n in (0, 1, 3, 4)]
    assert ralph.statements() == [before, *others]


def test_ralph_says_that_the_password_is_wrong(
    ralph: Any, make_writer: Callable[[LrsSettings], LrsWriter], event: Make
) -> None:
    """What the operator has to do is named, and the password is not."""
    wrong = ralph.settings.model_copy(update={"user": "nobody"})
    with pytest.raises(StoreUnavailableError, match=r"401: .*CELLPULSE_LRS_USER") as raised:
        apply(make_writer(wrong), event(0))
    assert "a-password" not in str(raised.value)


def test_ralph_takes_the_probe(ralph: Any, make_writer: Callable[[LrsSettings], LrsWriter]) -> None:
    """By it a store that refuses one statement is told from one that refuses all; it stays one."""
    writer = make_writer(ralph.settings)
    for _ in range(2):
        writer._require_that_it_takes_others(PoisonEventError("refused"))
    assert ralph.statements() == [STATEMENTS.probe()]


@pytest.mark.parametrize(
    ("about", "version"),
    [
        (httpx.Response(200, json={"version": ["2.0.0", "1.0.3"]}), "2.0.0"),
        (httpx.Response(200, json={"version": ["1.0.3", "1.0.0"]}), "1.0.3"),
        (httpx.Response(200, json={"version": None}), "1.0.3"),
        (httpx.Response(200, json=[]), "1.0.3"),
        (httpx.Response(200, text="<html>"), "1.0.3"),
        (httpx.Response(401), "1.0.3"),
    ],
)
def test_it_speaks_the_newest_version_that_the_store_knows(
    writer: LrsWriter, scripted: Scripted, event: Make, about: httpx.Response, version: str
) -> None:
    """It asks once, and sends version, user and password with each request."""
    scripted.about = about
    apply(writer, event(0))
    scripted.about = httpx.Response(500)
    apply(writer, event(1))
    assert [str(request.url) for request in scripted.requests] == [
        "https://lrs.example.org/xapi/statements"
    ] * 2
    for request in scripted.requests:
        assert request.headers["X-Experience-API-Version"] == version
        assert request.headers["Authorization"] == "Basic bWU6YS1wYXNzd29yZA=="


def test_without_user_and_password_none_are_sent(
    make_writer: Callable[[LrsSettings], LrsWriter], monkeypatch: pytest.MonkeyPatch, event: Make
) -> None:
    """A store behind a proxy that lets us in may need none."""
    writer = make_writer(LrsSettings(CELLPULSE_LRS_URL="http://lrs"))
    scripted = Scripted(writer, monkeypatch)
    apply(writer, event(0))
    assert "Authorization" not in scripted.requests[0].headers


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_store_that_cant_say_its_version_is_away(
    writer: LrsWriter, scripted: Scripted, event: Make, status: int
) -> None:
    """Nothing is sent in a version that it may not know; it is asked again."""
    scripted.about = httpx.Response(status)
    with pytest.raises(StoreUnavailableError, match=str(status)):
        apply(writer, event(0))
    assert scripted.requests == []


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (401, "CELLPULSE_LRS_PASSWORD"),
        (403, "CELLPULSE_LRS_PASSWORD"),
        (404, "CELLPULSE_LRS_URL"),
        (405, "CELLPULSE_LRS_URL"),
        (301, "CELLPULSE_LRS_URL"),
        (429, "429"),
        (408, "408"),
        (500, "500: because"),
        (503, "503"),
    ],
)
def test_an_answer_that_says_nothing_about_the_statements_is_waited_out(
    writer: LrsWriter, scripted: Scripted, event: Make, status: int, says: str
) -> None:
    """Whatever it is, the events are not set aside."""
    scripted.answer = lambda _: httpx.Response(status, text="because\nof this")
    with pytest.raises(StoreUnavailableError, match=says):
        apply(writer, event(0))


@pytest.mark.parametrize(
    "error", [httpx.ReadTimeout("timed out"), httpx.ConnectError("refused"), httpx.ReadError("")]
)
def test_a_store_that_does_not_answer_is_away(
    writer: LrsWriter, scripted: Scripted, event: Make, error: httpx.HTTPError
) -> None:
    """A time-out and a broken connection are waited out, with the cause kept."""

    def fail(_: Any) -> httpx.Response:
        raise error

    scripted.answer = fail
    with pytest.raises(StoreUnavailableError, match=r"the LRS: \w") as raised:
        apply(writer, event(0))
    assert raised.value.__cause__ is error


def test_an_address_where_nobody_is_is_away(
    make_writer: Callable[[LrsSettings], LrsWriter], event: Make
) -> None:
    """The same, without anything made up."""
    with pytest.raises(StoreUnavailableError, match="the LRS"):
        apply(make_writer(LrsSettings(CELLPULSE_LRS_URL="http://127.0.0.1:1")), event(0))


def test_it_waits_as_long_as_the_store_asks(
    writer: LrsWriter, scripted: Scripted, event: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until then nothing is sent; a date or nonsense in its place means no time."""
    now = 1_000.0
    monkeypatch.setattr(lrs.time, "monotonic", lambda: now)
    scripted.answer = lambda _: httpx.Response(503, headers={"Retry-After": "30"})
    for _ in range(3):
        with pytest.raises(StoreUnavailableError):
            apply(writer, event(0))
    assert len(scripted.requests) == 1
    now += 30
    scripted.answer = lambda _: httpx.Response(429, headers={"Retry-After": "tomorrow"})
    for _ in range(2):
        with pytest.raises(StoreUnavailableError, match="429"):
            apply(writer, event(0))
    scripted.answer = lambda _: httpx.Response(503, headers={"Retry-After": "9" * 99})
    with pytest.raises(StoreUnavailableError, match="503"):
        apply(writer, event(0))
    now += 300
    scripted.answer = lambda _: httpx.Response(200, json=[])
    apply(writer, event(0))
    assert len(scripted.requests) == 5


@pytest.mark.parametrize("status", [400, 413, 422])
def test_what_the_store_refuses_is_set_aside_and_the_rest_goes_on(
    writer: LrsWriter, scripted: Scripted, redis: Redis, event: Make, status: int
) -> None:
    """The batch is halved until the event stands alone; a replay sends it again."""
    poison = event(2, student_id="poison")
    actor = STATEMENTS.of(poison.event)[0]["actor"]

    def refuse(statements: list[dict[str, Any]]) -> httpx.Response:
        bad = any(statement["actor"] == actor for statement in statements)
        return httpx.Response(status, text="it does not fit") if bad else httpx.Response(204)

    scripted.answer = refuse
    append(redis, event(0), event(1), poison, event(3), event(4))
    assert drain(LogReader(redis), writer) == 4
    [(_, entry)] = redis.xrange("progress-events:rejected")
    assert entry[b"source"] == b"lrs"
    assert entry[b"position"].decode() == poison.position
    assert entry[b"reason"].decode() == f"the LRS answers {status}: it does not fit"
    scripted.answer = lambda _: httpx.Response(204)
    writer.apply_late(poison, lambda _: None)
    assert scripted.taken[-1] == [STATEMENTS.of(poison.event)[0]["id"]]


def test_a_store_that_refuses_everything_is_away(
    writer: LrsWriter, scripted: Scripted, event: Make
) -> None:
    """Where it does not take the probe either, no event is to blame."""
    scripted.answer = lambda _: httpx.Response(400, text="which version?")
    with pytest.raises(StoreUnavailableError, match=r"400: which version.*any other"):
        apply(writer, event(0))


def test_events_that_say_nothing_need_no_request(
    writer: LrsWriter, scripted: Scripted, event: Make
) -> None:
    """The store is passed by, as it is by a batch that was set aside as a whole."""
    apply(writer, event(0, type="heartbeat"))
    writer.apply([], "9-0", ["9-0"], after="8-0")
    assert scripted.requests == []


def test_an_exercise_is_solved_by_the_same_event_each_time(
    writer: LrsWriter, scripted: Scripted, redis: Redis, event: Make
) -> None:
    """A batch that comes again says the same, one of a later solution does not say it twice.

    It works while Redis' memory is full.
    """
    sent: list[dict[str, Any]] = []

    def take(statements: list[dict[str, Any]]) -> httpx.Response:
        sent.extend(statements)
        return httpx.Response(204)

    scripted.answer = take
    first, second = event(0, **PASSED), event(1, **PASSED | {"check_name": "all"})
    limit: Any = redis.config_get("maxmemory")
    redis.config_set("maxmemory", 1)
    try:
        for batch in ([first], [first, second], [second]):
            apply(writer, *batch)
    finally:
        redis.config_set("maxmemory", limit["maxmemory"])
    completed = [s for s in sent if s["verb"]["id"] == VERBS["completed"]]
    assert completed == [STATEMENTS.of(first.event, completes=True)[1]] * 2
    assert len(sent) == 6


def test_closing_lets_go_of_the_connections(event: Make, redis: Redis) -> None:
    """A writer that was closed sends nothing more."""
    settings = LrsSettings(CELLPULSE_LRS_URL="http://127.0.0.1:1")
    with closing(LrsWriter(settings, STATEMENTS, FirstSolutions(redis))) as writer:
        pass
    with pytest.raises(RuntimeError, match="closed"):
        apply(writer, event(0))
