"""The actors and the processes that run them, with mocked connections."""

import asyncio
import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock, MagicMock, call

import pytest
from click.testing import CliRunner
from dramatiq.brokers.stub import StubBroker

import flows.relay.process
import flows.worker.drainer
import flows.worker.process
from flows.log.batch import Batch
from flows.log.logged_event import LoggedEvent
from flows.log.reader import LogReader
from flows.settings import FlowsSettings, InfluxSettings, LrsSettings, RelaySettings
from flows.stores.store import StoreUnavailableError
from flows.worker.actors import declare_actors
from ingest_api.settings import BadSettingError

Make = Callable[..., LoggedEvent]


@pytest.fixture
def settings() -> FlowsSettings:
    """Return settings that name servers which are not there."""
    return FlowsSettings(
        CELLPULSE_REDIS_URL="redis://nowhere",
        CELLPULSE_POSTGRES_URL="postgresql://nowhere/none",
        influx=InfluxSettings(INFLUXDB_URL="http://nowhere"),
    )


@pytest.fixture
def broker() -> StubBroker:
    """Return a broker in memory."""
    broker = StubBroker()
    broker.emit_after("process_boot")
    return broker


def test_each_store_has_an_actor_and_a_queue_of_its_own(
    broker: StubBroker, settings: FlowsSettings
) -> None:
    """Declaring the actors connects to nothing and gives each store its queue."""
    declare_actors(broker, MagicMock(), MagicMock(), settings)
    assert {actor.queue_name: name for name, actor in broker.actors.items()} == {
        "influxdb": "write_influxdb",
        "postgres": "write_postgres",
        "lake": "write_lake",
        "maintenance": "maintain",
    }


def test_statements_are_pushed_only_where_it_is_asked_for(
    broker: StubBroker, settings: FlowsSettings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A learning record store that is named has an actor of its own, if there is a key."""
    monkeypatch.setenv("CELLPULSE_DATA_DIR", str(tmp_path))
    push = settings.model_copy(update={"lrs": LrsSettings(CELLPULSE_LRS_URL="http://nowhere")})
    assert (*settings.stores, "lrs") == push.stores
    with pytest.raises(BadSettingError, match="CELLPULSE_AGENT_KEY can take its place"):
        declare_actors(broker, MagicMock(), MagicMock(), push)
    monkeypatch.setenv("CELLPULSE_AGENT_KEY", "k" * 32)
    broker.actors.clear()
    drainers = declare_actors(broker, MagicMock(), MagicMock(), push)
    assert [drainer.name for drainer in drainers] == ["postgres", "lake", "influxdb", "lrs"]
    assert broker.actors["write_lrs"].queue_name == "lrs"


def test_without_influxdb_there_is_no_actor_for_it(
    broker: StubBroker, settings: FlowsSettings
) -> None:
    """The full event log is written only where it is asked for."""
    off = settings.model_copy(update={"influx": InfluxSettings()})
    declare_actors(broker, MagicMock(), MagicMock(), off)
    assert "write_influxdb" not in broker.actors


def test_an_actor_that_fails_keeps_other_wake_ups_away(
    broker: StubBroker, settings: FlowsSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Arriving clears the wake-up; failing sets it again, for the message comes back by itself."""
    wake_ups = MagicMock()
    away = MagicMock(side_effect=StoreUnavailableError("away"))
    monkeypatch.setattr(flows.worker.drainer, "drain", away)
    declare_actors(broker, MagicMock(), wake_ups, settings)
    with pytest.raises(StoreUnavailableError):
        broker.actors["write_postgres"]()
    assert wake_ups.method_calls == [call.arrived("postgres"), call.hold("postgres")]


@pytest.mark.parametrize(("store", "other"), [("postgres", "lake"), ("lake", "postgres")])
def test_the_progress_of_what_the_api_reads_is_announced(
    store: str,
    other: str,
    broker: StubBroker,
    settings: FlowsSettings,
    event: Make,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What both have is told by `rollups-advanced`, with courses and position."""
    last = event(2)
    batch = Batch([event(0), event(1, course_id="b"), last], last.position)
    monkeypatch.setattr(
        flows.worker.drainer, "drain", lambda _log, _store, advanced: advanced(batch)
    )
    monkeypatch.setattr(LogReader, "committed", lambda _: {other: last.position})
    redis = MagicMock()
    declare_actors(broker, redis, MagicMock(), settings)
    broker.actors[f"write_{store}"]()
    [published] = redis.publish.call_args_list
    channel, message = published.args
    assert channel == "rollups-advanced"
    assert json.loads(message) == {"position": last.position, "courses": ["b", "demo"]}
    broker.actors["write_influxdb"]()
    assert redis.publish.call_count == 1


def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CELLPULSE_REDIS_URL", "redis://nowhere")
    monkeypatch.setenv("CELLPULSE_POSTGRES_URL", "postgresql://nowhere/none")


def test_the_worker_starts_says_that_it_lives_and_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    """With mocked connections the worker runs until SIGTERM and then stops its threads."""
    _environment(monkeypatch)
    redis, worker = MagicMock(), MagicMock()
    redis.set.side_effect = lambda *_, **__: os.kill(os.getpid(), signal.SIGTERM)
    monkeypatch.setattr(flows.worker.process, "connect_redis", lambda _: redis)
    monkeypatch.setattr(flows.worker.process, "RedisBroker", lambda **_: StubBroker())
    monkeypatch.setattr(flows.worker.process, "Worker", worker)
    handlers = {n: signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGINT)}
    try:
        done = CliRunner().invoke(flows.worker.process.work)
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    assert done.exit_code == 0, done.output
    worker.return_value.start.assert_called_once()
    worker.return_value.stop.assert_called_once()
    [alive] = redis.set.call_args_list
    assert alive.args[0] == "cellpulse:alive:worker"


async def test_the_relay_starts_listens_and_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    """With mocked connections the relay subscribes to the channel and stops at SIGTERM."""
    client = MagicMock()
    client.aclose = AsyncMock()
    client.register_script.return_value = AsyncMock(return_value=1)
    client.hgetall = AsyncMock(return_value={})
    client.get = AsyncMock(return_value=None)
    subscriber = client.pubsub.return_value.__aenter__.return_value

    async def subscribe(_: str) -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    async def get_message(**_: Any) -> None:
        await asyncio.Event().wait()

    subscriber.subscribe = AsyncMock(side_effect=subscribe)
    subscriber.get_message = get_message
    monkeypatch.setattr(flows.relay.process, "open_redis", lambda _: client)
    monkeypatch.setattr(flows.relay.process, "connect_redis", lambda _: MagicMock())
    monkeypatch.setattr(flows.relay.process, "RedisBroker", lambda **_: StubBroker())
    settings = RelaySettings(CELLPULSE_REDIS_URL="redis://nowhere", influx=InfluxSettings())
    async with asyncio.timeout(60):
        await flows.relay.process.relay(settings)
    subscriber.subscribe.assert_awaited_once_with("progress-events")
    client.aclose.assert_awaited_once()


def test_a_worker_without_a_key_for_its_push_ends_with_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It is said before anything is read or written."""
    _environment(monkeypatch)
    monkeypatch.setenv("CELLPULSE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("CELLPULSE_LRS_URL", "http://nowhere")
    monkeypatch.setattr(flows.worker.process, "RedisBroker", lambda **_: StubBroker())
    done = CliRunner().invoke(flows.worker.process.work)
    assert done.exit_code == 1
    assert "CELLPULSE_AGENT_KEY" in done.output
    assert "Traceback" not in done.output


@pytest.mark.parametrize("command", [flows.worker.process.work, flows.relay.process.run])
def test_a_bad_setting_ends_a_process_with_one_line(
    command: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong setting is named, and the process does not start."""
    _environment(monkeypatch)
    monkeypatch.setenv("CELLPULSE_REDIS_URL", "localhost")
    done = CliRunner().invoke(command)
    assert done.exit_code != 0
    assert "CELLPULSE_REDIS_URL" in str(done.exception or done.output)
