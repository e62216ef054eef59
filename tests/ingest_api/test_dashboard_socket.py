"""`WS /ws/dashboard` on a real Redis, with the `websockets` client."""

import asyncio
import json
import logging
import socket
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from redis import Redis
from redis.asyncio import Redis as AsyncRedis
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from flows.embedded.part import free_port
from ingest_api.connection_manager import (
    MESSAGES_WAITING,
    ConnectionManager,
    Part,
    Subscription,
)
from ingest_api.course_sections import CourseSections
from ingest_api.signed_in import SignedOut, SignedOutUnknownError
from ingest_api.tokens import Grant, SignedIn, issue_token
from tests.ingest_api.conftest import SECRET

RUN = {"course_id": "demo", "student_id": "s1", "status": "ok"}


async def post(ingest: Any, events: object) -> list[str]:
    answer = await asyncio.to_thread(ingest.post, events)
    positions: list[str] = answer.json()["positions"]
    return positions


async def receive(client: Any, count: int) -> list[dict[str, Any]]:
    async with asyncio.timeout(60):
        return [json.loads(await client.recv()) for _ in range(count)]


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not true():
            await asyncio.sleep(0.01)


def query(ingest: Any, course: str = "demo", more: str = "") -> str:
    address: str = ingest.websocket(f"course_id={course}&token={ingest.token('read')}{more}")
    return address


async def test_a_connected_client_gets_each_event_of_its_course(ingest: Any) -> None:
    """A client gets the events of its course as they are stored, with their positions."""
    async with connect(query(ingest)) as client:
        [position] = await post(ingest, RUN | {"exercise": "1.1"})
        await post(ingest, RUN | {"course_id": "other"})
        [last] = await post(ingest, RUN | {"exercise": "1.2"})
        first, second = await receive(client, 2)
    assert (first["position"], first["exercise"]) == (position, "1.1")
    assert (second["position"], second["exercise"]) == (last, "1.2")
    assert first["received_at"]


async def test_without_redis_no_dashboard_is_opened(serve_ingest: Any) -> None:
    """Its page would say that it is live, and lose it at once, again and again."""
    ingest = serve_ingest(f"redis://127.0.0.1:{free_port()}/0")
    assert not ingest.app.state.live_feed._begun.is_set()
    with pytest.raises(InvalidStatus) as refused:
        async with connect(query(ingest, more="&after=0-0")):
            pass
    assert refused.value.response.status_code == 503
    assert "Redis does not answer" in (refused.value.response.body or b"").decode()
    assert refused.value.response.headers["Retry-After"] == "2"


async def test_a_client_that_comes_before_the_feed_has_begun_misses_nothing(
    ingest: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where the ingest was up before Redis: until the feed reads the log nobody hands it on."""
    has_begun = threading.Event()

    async def begun() -> None:
        while not has_begun.is_set():
            await asyncio.sleep(0.01)

    monkeypatch.setattr(ingest.app.state.live_feed, "begun", begun)
    [before] = await post(ingest, RUN)
    async with connect(query(ingest, more="&after=0-0")) as client:
        await asyncio.sleep(0.3)
        assert len(ingest.app.state.connections) == 0
        [meanwhile] = await post(ingest, RUN)
        has_begun.set()
        got = [each["position"] for each in await receive(client, 2)]
    assert got == [before, meanwhile]


async def test_fifty_clients_connect_and_leave_without_a_trace(ingest: Any) -> None:
    """Fifty clients at once all get the event, and nothing of them stays when they have left."""
    before = len(asyncio.all_tasks())
    threads = threading.active_count()
    clients = [await connect(query(ingest)) for _ in range(50)]
    await until(lambda: len(ingest.app.state.connections) == 50)
    await post(ingest, RUN)
    received = await asyncio.gather(*(receive(client, 1) for client in clients))
    assert len({message["position"] for [message] in received}) == 1
    for client in clients[:25]:
        await client.close()
    for client in clients[25:]:
        client.transport.abort()  # the way a closed laptop leaves
    await until(lambda: len(ingest.app.state.connections) == 0)
    assert ingest.app.state.connections._subscriptions == {}
    await until(lambda: len(asyncio.all_tasks()) <= before)
    assert threading.active_count() <= threads + 2


async def test_a_client_that_leaves_while_redis_gives_up_leaves_nothing(
    ingest: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Redis' client may raise its own error in the place of a cancellation: once is not enough."""
    loops: list[asyncio.AbstractEventLoop] = []

    async def give_up(*_: Any) -> None:
        loops.append(asyncio.get_running_loop())
        if len(loops) == 1:
            return  # it may connect
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError as error:
            if len(loops) > 2:
                raise
            raise SignedOutUnknownError from error

    def running() -> int:
        tasks = asyncio.all_tasks(loops[0])
        return sum("run_asgi" in repr(task.get_coro()) for task in tasks)

    monkeypatch.setattr(SignedOut, "refuse_ended", give_up)
    monkeypatch.setattr("ingest_api.dashboard_socket._SIGNED_OUT_SECONDS", 0.01)
    signed_in = SignedIn("ada", "id", issued_at=0, expires_at=2**40)
    token = issue_token(SECRET, Grant("read", "demo", signed_in=signed_in))
    async with connect(ingest.websocket(f"course_id=demo&token={token}")):
        await until(lambda: len(loops) == 2)
        assert running() == 1
    await until(lambda: running() == 0)


async def test_after_replays_and_goes_on_without_a_hole(ingest: Any) -> None:
    """`after` first replays what came since, then goes on live: each event once and in order."""
    positions = await post(ingest, [RUN | {"cell_id": str(i)} for i in range(1000)])
    positions += await post(ingest, [RUN | {"cell_id": str(i)} for i in range(1000, 1500)])
    sending = asyncio.create_task(
        post(ingest, [RUN | {"cell_id": str(i)} for i in range(1500, 2500)][:1000])
    )
    async with connect(query(ingest, more=f"&after={positions[99]}")) as client:
        messages = await receive(client, 2400)
    await sending
    assert [message["cell_id"] for message in messages] == [str(i) for i in range(100, 2500)]


async def test_a_client_is_told_what_the_log_no_longer_has(
    ingest: Any, redis_client: Redis
) -> None:
    """Behind a trimmed log a client that asks for signals learns first where its events begin."""
    positions = await post(ingest, [RUN] * 5)
    redis_client.xtrim("progress-events:log", maxlen=2, approximate=False)
    async with connect(query(ingest, more=f"&after={positions[0]}&signals=1")) as client:
        missed, first, _ = await receive(client, 3)
    assert missed == {"signal": "missed", "after": positions[0], "from": positions[3]}
    assert first["position"] == positions[3]
    for more in (f"&after={positions[3]}&signals=1", f"&after={positions[0]}"):
        async with connect(query(ingest, more=more)) as client:
            [message] = await receive(client, 1)
        assert "signal" not in message


async def test_a_position_of_the_future_holds_nothing_back(ingest: Any) -> None:
    """A client whose position the log has not come to, as of another log, gets what comes now."""
    await post(ingest, RUN)
    async with connect(query(ingest, more="&after=9999999999999-0")) as client:
        await until(lambda: len(ingest.app.state.connections) == 1)
        [position] = await post(ingest, RUN)
        [message] = await receive(client, 1)
    assert message["position"] == position


async def test_reconnecting_with_the_last_position_loses_and_doubles_nothing(ingest: Any) -> None:
    """A client that comes back again and again with its last position sees each event once."""
    await post(ingest, RUN | {"cell_id": "0"})
    seen: list[str] = []
    position = "0-0"

    async def send() -> None:
        for start in range(1, 400, 10):
            await post(ingest, [RUN | {"cell_id": str(start + i)} for i in range(10)])

    sending = asyncio.create_task(send())
    while len(seen) < 401:
        # A client that stops reading never sees the answer to its good-bye, and waits for none.
        async with connect(query(ingest, more=f"&after={position}"), close_timeout=0.1) as client:
            for message in await receive(client, min(37, 401 - len(seen))):
                seen.append(message["cell_id"])
                position = message["position"]
    await sending
    assert seen == [str(i) for i in range(401)]


async def test_a_published_event_of_the_log_is_not_needed(ingest: Any, redis_client: Redis) -> None:
    """The socket follows the log: a message that is only on the channel is not shown."""
    async with connect(query(ingest)) as client:
        redis_client.publish("progress-events", json.dumps(RUN | {"position": "1-1"}))
        [position] = await post(ingest, RUN)
        [message] = await receive(client, 1)
    assert message["position"] == position


async def test_a_foreign_entry_in_the_log_hurts_nobody(ingest: Any, redis_client: Redis) -> None:
    """What somebody else put into the stream is passed over, live and in a replay."""
    async with connect(query(ingest)) as client:
        redis_client.xadd("progress-events:log", {"something": "else"})
        redis_client.xadd("progress-events:log", {"event": "[1]"})
        redis_client.xadd("progress-events:log", {"event": b"\xff\xfe"})
        [position] = await post(ingest, RUN)
        [live] = await receive(client, 1)
    async with connect(query(ingest, more="&after=0-0")) as client:
        [replayed] = await receive(client, 1)
    assert live["position"] == replayed["position"] == position


async def test_the_feed_survives_what_was_not_foreseen(
    ingest: Any, redis_client: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failure over one event or one signal ends the feed for nobody."""
    connections = ingest.app.state.connections
    for name in ("send_events", "send_signal"):
        send = getattr(connections, name)
        failures = [ValueError("not foreseen")]

        def failing_once(*arguments: Any, send: Any = send, failures: Any = failures) -> None:
            if failures:
                raise failures.pop()
            send(*arguments)

        monkeypatch.setattr(connections, name, failing_once)
    signal = json.dumps({"position": "1-0", "courses": ["demo"]})
    async with connect(query(ingest, more="&signals=1")) as client:
        await post(ingest, RUN)
        [position] = await post(ingest, RUN)
        [message] = await receive(client, 1)
        assert message["position"] == position
        receiving = asyncio.create_task(receive(client, 1))
        async with asyncio.timeout(60):
            while not receiving.done():
                redis_client.publish("rollups-advanced", signal)
                await asyncio.wait((receiving,), timeout=0.05)
        [message] = await receiving
    assert message["signal"] == "rollups-advanced"


async def test_signals_come_only_to_those_who_ask(ingest: Any, redis_client: Redis) -> None:
    """With `signals=1` a client hears that its course's numbers moved; others get events only."""
    async with connect(query(ingest, more="&signals=1")) as asked, connect(query(ingest)) as plain:
        await until(lambda: redis_client.pubsub_numsub("rollups-advanced")[0][1] == 1)
        redis_client.publish("rollups-advanced", '{"position":"5-0","courses":["other"]}')
        redis_client.publish("rollups-advanced", "not a signal")
        redis_client.publish("rollups-advanced", '{"position":"6-0","courses":["demo"]}')
        assert await receive(asked, 1) == [{"signal": "rollups-advanced", "position": "6-0"}]
        await post(ingest, RUN)
        [message] = await receive(plain, 1)
    assert "signal" not in message


async def test_the_token_may_come_as_subprotocol_or_header(ingest: Any) -> None:
    """A browser names its token as a subprotocol, a program in a header."""
    address = ingest.websocket("course_id=demo")
    token = ingest.token("read")
    async with connect(address, subprotocols=["cellpulse.v1", f"bearer.{token}"]) as client:
        assert client.subprotocol == "cellpulse.v1"
    async with connect(address, additional_headers={"Authorization": f"Bearer {token}"}) as client:
        await post(ingest, RUN)
        assert len(await receive(client, 1)) == 1


@pytest.mark.parametrize(
    ("make_query", "status"),
    [
        (lambda _: "course_id=demo", 401),
        (lambda _: "course_id=demo&token=nonsense", 401),
        (lambda i: f"course_id=demo&token={i.token('ingest')}", 403),
        (lambda i: f"course_id=demo&token={i.token('read', 'other')}", 403),
        (lambda i: f"course_id=demo&token={i.token('read', 'demo', 's1')}", 403),
        (lambda i: f"token={i.token('read')}", 422),
        (lambda i: f"course_id=demo&after=now&token={i.token('read')}", 422),
        (lambda i: f"course_id=demo&after=%D9%A3-%D9%A0&token={i.token('read')}", 422),
        (lambda i: f"course_id=demo&section=&token={i.token('read')}", 422),
    ],
)
async def test_others_are_refused_before_the_upgrade(
    ingest: Any,
    make_query: Callable[[Any], str],
    status: int,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Without a right token or with a bad parameter there is no WebSocket, only a problem."""
    with pytest.raises(InvalidStatus) as refused:
        await connect(ingest.websocket(make_query(ingest)))
    response = refused.value.response
    assert response.status_code == status
    detail = json.loads(response.body)["detail"]
    assert ("ask whoever runs Cellpulse" in detail) == (status == 403)
    assert len(ingest.app.state.connections) == 0
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


async def test_what_is_no_live_feed_says_so(ingest: Any) -> None:
    """Another address has no WebSocket, and this one has no page."""
    with pytest.raises(InvalidStatus) as refused:
        await connect(ingest.websocket("x").replace("/dashboard", "/dashboards"))
    assert refused.value.response.status_code == 404
    assert "/ws/dashboard" in json.loads(refused.value.response.body)["detail"]
    answer = await asyncio.to_thread(ingest.client.get, "/ws/dashboard")
    assert (answer.status_code, answer.headers["upgrade"]) == (426, "websocket")
    assert "WebSocket client" in answer.json()["detail"]


async def test_what_a_client_sends_is_ignored_and_pings_are_answered(ingest: Any) -> None:
    """A client may send what it likes and ping; it still gets its events."""
    async with connect(query(ingest)) as client:
        await client.send("hello")
        await client.send(b"\x00")
        await (await client.ping())
        await post(ingest, RUN)
        assert len(await receive(client, 1)) == 1


async def test_a_client_that_does_not_read_is_closed_and_slows_nobody(
    ingest: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client that stops reading is closed with 1013 while another one gets every event."""
    monkeypatch.setattr("ingest_api.dashboard_socket._SEND_SECONDS", 2.0)
    small = socket.socket()
    small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    small.setblocking(False)
    await asyncio.get_running_loop().sock_connect(small, ("127.0.0.1", ingest.port))
    async with (
        connect(query(ingest), sock=small, max_queue=1) as stuck,
        connect(query(ingest)) as reading,
    ):
        await _one_reads_and_one_does_not(ingest, stuck, reading)


async def _one_reads_and_one_does_not(ingest: Any, stuck: Any, reading: Any) -> None:
    await until(lambda: len(ingest.app.state.connections) == 2)
    collected: Coroutine[Any, Any, list[dict[str, Any]]] = receive(reading, 600)
    collecting = asyncio.create_task(collected)
    for start in range(0, 600, 20):
        events = [RUN | {"code": "x" * 20_000, "cell_id": str(start + i)} for i in range(20)]
        await post(ingest, events)
    messages = await collecting
    assert [message["cell_id"] for message in messages] == [str(i) for i in range(600)]
    await until(lambda: len(ingest.app.state.connections) == 1)
    with pytest.raises(ConnectionClosed) as closed:
        await _read_on(stuck)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1013


async def _read_on(client: Any) -> None:
    while True:
        await client.recv()


def test_too_many_waiting_messages_mark_a_client_as_lagging() -> None:
    """A subscription that nobody drains is marked, and another one of the course is not."""

    async def scenario() -> tuple[bool, bool]:
        manager = ConnectionManager(CourseSections(AsyncRedis()))
        slow = Subscription(Part("demo"), signals=False)
        fast = Subscription(Part("demo"), signals=False)
        manager.connect(slow)
        manager.connect(fast)
        for number in range(MESSAGES_WAITING + 1):
            manager.send_events([("demo", "s1", f"1-{number}", "{}")])
            await fast.next()
        return slow.lagging.is_set(), fast.lagging.is_set()

    assert asyncio.run(scenario()) == (True, False)


async def test_no_token_reaches_a_log(ingest: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Neither accepted nor refused WebSockets leave their token in a log line."""
    caplog.set_level(logging.INFO)
    token = ingest.token("read")
    async with connect(query(ingest)):
        pass
    with pytest.raises(InvalidStatus):
        await connect(ingest.websocket(f"course_id=demo&token={token}x"))
    served = [r for r in caplog.records if r.name.startswith(("ingest_api", "uvicorn"))]
    assert all(token not in record.getMessage() for record in served)
