"""From a client to every store, through our real processes."""

import json
import subprocess
from collections.abc import Callable
from typing import Any

import httpx
from websockets.sync.client import connect

from flows.stores.lake_attach import attach_lake

RUN = {"course_id": "demo", "student_id": "s1", "status": "ok"}
WaitUntil = Callable[..., None]


def lake_rows(pipeline: Any, query: str) -> list[tuple[Any, ...]]:
    with attach_lake(pipeline.postgres_url, pipeline.lake_path, read_only=True) as lake:
        return lake.execute(query).fetchall()


def of_course(pipeline: Any) -> str:
    return f"course_id = '{pipeline.course}'"


def test_post_is_printed_by_a_real_redis_cli_subscribe(shared_pipeline: Any) -> None:
    """Step 1.3: a posted event is published on `progress-events`, as stored plus its position."""
    pipeline = shared_pipeline
    port = pipeline.redis_url.rpartition(":")[2].partition("/")[0]
    with subprocess.Popen(
        ("redis-cli", "-p", port, "SUBSCRIBE", "progress-events"),
        stdout=subprocess.PIPE,
        text=True,
    ) as subscriber:
        assert subscriber.stdout is not None
        greeting = [subscriber.stdout.readline() for _ in range(3)]
        assert greeting[0] == "subscribe\n"
        run = RUN | {"course_id": pipeline.course, "exercise": "1.1"}
        [position] = pipeline.post(run)["positions"]
        lines = [subscriber.stdout.readline() for _ in range(3)]
        subscriber.terminate()
    message = json.loads(lines[2])
    assert (message["position"], message["exercise"]) == (position, "1.1")
    stored = pipeline.redis_cli("XRANGE", "progress-events:log", position, position)
    assert json.loads(stored.splitlines()[2]) == {
        k: v for k, v in message.items() if k != "position"
    }


def test_the_ingest_needs_no_database(idle_pipeline: Any) -> None:
    """Step 1.3: with both databases away the ingest accepts events as ever."""
    idle_pipeline.postgres_url = "postgresql://nobody@127.0.0.1:1/none"
    idle_pipeline.influx = idle_pipeline.influx.model_copy(update={"url": "http://127.0.0.1:1"})
    idle_pipeline.start("ingest")
    assert idle_pipeline.post(RUN)["accepted"] == 1
    assert httpx.get(f"{idle_pipeline.ingest}/readyz").status_code == 200


def test_redis_cli_publish_reaches_psql_and_influxql(
    shared_pipeline: Any, wait_until: WaitUntil
) -> None:
    """Step 1.4: what redis-cli publishes is found with psql, with InfluxQL and in the lake."""
    pipeline = shared_pipeline
    pipeline.publish(RUN | {"course_id": pipeline.course, "exercise": "1.1"})
    states = f"SELECT student_id, exercise, runs FROM student_states WHERE {of_course(pipeline)}"
    wait_until(lambda: pipeline.psql(states) == "s1|1.1|1", "PostgreSQL")
    points = f"SELECT exercise, status FROM progress_event WHERE {of_course(pipeline)}"
    wait_until(lambda: len(pipeline.influxql(points)) == 1, "InfluxDB")
    assert pipeline.influxql(points)[0][1:] == ["1.1", "ok"]
    wait_until(lambda: pipeline.runs_by_api() == 1, "the lake")


def test_redis_cli_publish_reaches_a_websocket(shared_pipeline: Any) -> None:
    """Step 2.2: a connected client receives what redis-cli published, once it is in the log."""
    pipeline = shared_pipeline
    token = pipeline.bearer("read")["Authorization"].removeprefix("Bearer ")
    query = f"course_id={pipeline.course}&token={token}"
    address = f"ws://127.0.0.1:{pipeline.ingest_port}/ws/dashboard?{query}"
    with connect(address) as client:
        pipeline.publish(RUN | {"course_id": pipeline.course, "exercise": "1.1", "room": "B12"})
        message = json.loads(client.recv(timeout=60))
    assert (message["exercise"], message["extra"]) == ("1.1", {"room": "B12"})
    assert message["position"]


def test_an_invalid_message_lands_in_the_rejected_stream(
    shared_pipeline: Any, wait_until: WaitUntil
) -> None:
    """What redis-cli publishes and is no event is set aside with its reason."""
    sent = json.dumps({"course_id": shared_pipeline.course})
    shared_pipeline.publish(sent)

    def set_aside() -> list[str]:
        everything = shared_pipeline.redis_cli("XRANGE", "progress-events:rejected", "-", "+")
        return [entry for entry in everything.split("\nraw\n") if entry.startswith(sent)]

    wait_until(set_aside, "it")
    [entry] = set_aside()
    assert "student_id: Field required" in entry


def test_every_store_gets_each_event_once_across_restarts(
    pipeline: Any, wait_until: WaitUntil
) -> None:
    """Events posted while relay and worker are killed and restarted are in each store once."""
    for part in range(4):
        events = [
            RUN | {"student_id": f"s{n % 7}", "session_id": f"k{n % 7}", "seq": part * 100 + n + 1}
            for n in range(100)
        ]
        pipeline.post(events)
        pipeline.post(events)
        for name in ("relay", "worker"):
            pipeline.processes[name].kill()
            pipeline.processes.pop(name).wait()
            pipeline.start(name)
    wait_until(lambda: pipeline.psql("SELECT sum(runs) FROM student_states") == "400", "states")
    wait_until(lambda: pipeline.points() == 400, "points")
    wait_until(lambda: pipeline.runs_by_api() == 400, "the lake")
    assert lake_rows(pipeline, "SELECT count(*), count(DISTINCT event_id) FROM lake.events") == [
        (400, 400)
    ]


def test_one_store_that_is_away_holds_up_no_other(
    idle_pipeline: Any, wait_until: WaitUntil
) -> None:
    """With InfluxDB away the other stores get everything; when it is back it gets all too."""
    right = idle_pipeline.influx
    idle_pipeline.influx = right.model_copy(update={"url": "http://127.0.0.1:1"})
    idle_pipeline.start("ingest", "relay", "worker", "api")
    idle_pipeline.post([RUN] * 10)
    wait_until(lambda: idle_pipeline.runs_by_api() == 10, "the lake")
    wait_until(lambda: idle_pipeline.psql("SELECT runs FROM student_states") == "10", "PostgreSQL")
    idle_pipeline.stop("worker")
    idle_pipeline.influx = right
    idle_pipeline.start("worker")
    wait_until(lambda: idle_pipeline.points() == 10, "InfluxDB")


def test_the_lake_is_rebuilt_from_influxdb_alone(pipeline: Any, wait_until: WaitUntil) -> None:
    """`cellpulse rebuild` makes a damaged lake equal again, and new events go on after it."""
    pipeline.post(
        [
            RUN
            | {"student_id": f"s{n % 3}", "exercise": f"1.{n % 4}", "session_id": f"k{n % 3}"}
            | {"seq": n + 1, "duration_ms": n / 2, "status": "error" if n % 2 else "ok", "x": [n]}
            for n in range(60)
        ]
    )
    wait_until(lambda: pipeline.runs_by_api() == 60, "the lake")
    wait_until(lambda: pipeline.points() == 60, "InfluxDB")
    tables = ("events", "rollup_student_exercise", "rollup_course_minute")
    before = {t: sorted(map(repr, lake_rows(pipeline, f"FROM lake.{t}"))) for t in tables}
    with attach_lake(pipeline.postgres_url, pipeline.lake_path, read_only=False) as lake:
        lake.execute("DELETE FROM lake.events WHERE student_id = 's1'")
        lake.execute("UPDATE lake.rollup_student_exercise SET runs = 99")
    done = pipeline.cellpulse("rebuild")
    assert done.returncode == 0, done.stderr
    assert "60 events" in done.stdout
    after = {t: sorted(map(repr, lake_rows(pipeline, f"FROM lake.{t}"))) for t in tables}
    assert after == before
    pipeline.post(RUN)
    wait_until(lambda: pipeline.runs_by_api() == 61, "the lake")


def test_status_names_lag_and_losses(idle_pipeline: Any, wait_until: WaitUntil) -> None:
    """`cellpulse status --json` shows lag while no worker runs, then none, and counts losses."""
    idle_pipeline.start("ingest")
    events = [RUN | {"session_id": "k", "seq": seq} for seq in (1, 2, 5)]
    idle_pipeline.post([*events, events[0], {"course_id": "demo"}])
    idle_pipeline.start("relay")

    def status() -> dict[str, Any]:
        done = idle_pipeline.cellpulse("status", "--json")
        assert done.returncode == 1, "JupyterLab is not there, so all is not well"
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    found = status()
    assert {s["name"]: s["lag_events"] for s in found["stores"]} == {
        "influxdb": 3,
        "postgres": 3,
        "lake": 3,
    }
    states = {part["name"]: part["state"] for part in found["parts"]}
    assert (states["relay"], states["worker"], states["redis"]) == ("ok", "down", "ok")
    idle_pipeline.start("worker")
    wait_until(lambda: all(s["lag_events"] == 0 for s in status()["stores"]), "no lag")
    assert status()["events"] == {"accepted": 3, "duplicates": 1, "rejected": 1, "lost": 2}
    assert status()["log_length"] == 3
