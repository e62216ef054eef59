"""`POST /student-progress` on a real Redis."""

import json
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from redis import Redis

from flows.embedded.part import free_port

RUN = {"course_id": "demo", "student_id": "s1", "status": "ok"}


def stored(redis: Redis) -> list[dict[str, Any]]:
    return [json.loads(fields["event"]) for _, fields in redis.xrange("progress-events:log")]


def test_an_event_is_in_the_log_when_202_is_answered(ingest: Any, redis_client: Redis) -> None:
    """A posted event is accepted with the position at which the log holds it."""
    answer = ingest.post(RUN)
    assert answer.status_code == 202
    [(position, fields)] = redis_client.xrange("progress-events:log")
    assert answer.json() == {
        "accepted": 1,
        "duplicates": 0,
        "rejected": [],
        "positions": [position],
    }
    assert json.loads(fields["event"]) | RUN == json.loads(fields["event"])


def test_an_array_is_accepted_in_order(ingest: Any, redis_client: Redis) -> None:
    """The events of an array get positions in the array's order."""
    answer = ingest.post([RUN | {"cell_id": str(i)} for i in range(1000)])
    assert answer.json()["accepted"] == 1000
    assert [event["cell_id"] for event in stored(redis_client)] == [str(i) for i in range(1000)]
    keys = [tuple(map(int, p.split("-"))) for p in answer.json()["positions"]]
    assert keys == sorted(set(keys))


def test_one_bad_event_does_not_take_the_others_down(ingest: Any, redis_client: Redis) -> None:
    """Bad events of an array are named by index; the others are accepted."""
    bad = {"course_id": "demo", "student_id": "s1", "status": "fine"}
    good, huge = json.dumps(RUN), json.dumps(RUN | {"huge": 1}).replace(": 1", ": 1e999")
    answer = ingest.client.post(
        "/student-progress",
        content=f"[{good}, {json.dumps(bad)}, {huge}, 7, {good}]",
        headers={"Authorization": f"Bearer {ingest.token()}"},
    )
    assert answer.status_code == 202
    body = answer.json()
    assert (body["accepted"], [r["index"] for r in body["rejected"]]) == (2, [1, 2, 3])
    assert [p is None for p in body["positions"]] == [False, True, True, True, False]
    assert body["rejected"][0]["errors"][0]["field"] == "status"
    assert len(stored(redis_client)) == 2


@pytest.mark.parametrize(
    "repeat",
    [
        {"session_id": "k1", "seq": 1},
        {"event_id": "0190b5a0-0000-7000-8000-000000000001"},
    ],
)
def test_a_repeat_is_stored_once(ingest: Any, redis_client: Redis, repeat: dict[str, Any]) -> None:
    """A repeated sequence number or event id counts as duplicate, in one request or in two."""
    first = ingest.post([RUN | repeat, RUN | repeat])
    second = ingest.post(RUN | repeat)
    assert (first.json()["accepted"], first.json()["duplicates"]) == (1, 1)
    assert (second.status_code, second.json()["duplicates"]) == (202, 1)
    assert second.json()["positions"] == [None]
    assert len(stored(redis_client)) == 1


def test_sequence_numbers_belong_to_a_session_of_a_student(ingest: Any) -> None:
    """The same number in another session or of another student is no repeat; nor is a late one."""
    numbered = RUN | {"session_id": "k1", "seq": 9_000}
    events = [
        numbered,
        numbered | {"session_id": "k2"},
        numbered | {"student_id": "s2"},
        numbered | {"course_id": "other"},
        numbered | {"seq": 3},
    ]
    assert ingest.post(events).json()["accepted"] == 5
    assert ingest.post(events).json()["duplicates"] == 5


def test_concurrent_repeats_are_stored_once(ingest: Any, redis_client: Redis) -> None:
    """Many clients that send the same events at once get each of them stored once."""
    events = [RUN | {"session_id": "k", "seq": i} for i in range(50)]
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: ingest.post(events), range(16)))
    assert sum(answer.json()["accepted"] for answer in answers) == 50
    assert len(stored(redis_client)) == 50


def test_a_large_run_is_recorded(ingest: Any, redis_client: Redis) -> None:
    """A run with texts far over their caps is cut, named and kept."""
    answer = ingest.post(RUN | {"code": "x" * 400_000, "error_message": "y" * 400_000})
    assert answer.status_code == 202
    [event] = stored(redis_client)
    assert (len(event["code"]), len(event["error_message"])) == (20_000, 2_000)
    assert sorted(event["truncated"]) == ["code", "error_message"]


def check_problem(answer: Any, status: int) -> dict[str, Any]:
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["status"] == status
    assert body["title"]
    assert len(body["detail"]) > 10
    return body


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"", 400),
        (b"\xff\xfe", 400),
        (b"[" * 100_000, 400),
        (b'{"a":' * 50_000, 400),
        (b"1" * 5_000, 400),
        (b"[]", 422),
        (b"null", 422),
        (b'"text"', 422),
        (b"{}", 422),
        (b"[" + b"{}," * 1000 + b"{}]", 422),
        (b'{"course_id":"demo","student_id":"s1","status":"ok","n":NaN}', 422),
        (b'{"course_id":"demo","student_id":"\\ud800","status":"ok"}', 422),
        (
            b'{"course_id":"demo","student_id":"s1","status":"ok","x":"' + b"x" * 1_100_000 + b'"}',
            413,
        ),
    ],
)
def test_bad_bodies_get_a_problem(ingest: Any, body: bytes, status: int) -> None:
    """Whatever a client sends gets a clear problem, and nothing gives a 500."""
    headers = {"Authorization": f"Bearer {ingest.token()}", "Content-Type": "application/json"}
    check_problem(ingest.client.post("/student-progress", content=body, headers=headers), status)


def test_a_fault_of_the_server_is_a_problem_too(ingest: Any) -> None:
    """It is said in the usual form, and the ingest goes on."""
    intake, ingest.app.state.intake = ingest.app.state.intake, None
    answer = ingest.post(RUN)
    assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
    assert "fault of the server" in answer.json()["detail"]
    ingest.app.state.intake = intake
    assert ingest.post(RUN).status_code == 202


def test_wrong_access_gets_a_problem(ingest: Any, redis_client: Redis) -> None:
    """No token, a bad one, and one for something else are told apart, and nothing is stored."""
    post = ingest.client.post
    bare = post("/student-progress", json=RUN)
    check_problem(bare, 401)
    assert bare.headers["www-authenticate"].startswith("Bearer")
    check_problem(ingest.post(RUN, "nonsense"), 401)
    check_problem(ingest.post(RUN, ingest.token("read")), 403)
    check_problem(ingest.post(RUN, ingest.token(course="other")), 403)
    check_problem(ingest.post(RUN, ingest.token(student="s2")), 403)
    check_problem(
        ingest.client.post(
            "/student-progress",
            content=b"x",
            headers={
                "Authorization": f"Bearer {ingest.token()}",
                "Content-Type": "text/csv",
            },
        ),
        415,
    )
    check_problem(ingest.client.get("/student-progress"), 405)
    check_problem(ingest.client.get("/nothing"), 404)
    assert stored(redis_client) == []


def test_a_students_token_in_an_array_covers_only_that_student(ingest: Any) -> None:
    """Of an array, the events that the token does not cover are rejected by index."""
    answer = ingest.post([RUN, RUN | {"student_id": "s2"}], ingest.token(student="s1"))
    assert answer.status_code == 202
    assert answer.json()["rejected"] == [
        {
            "index": 1,
            "errors": [{"field": "student_id", "message": "this token is for another student"}],
        }
    ]


def test_a_body_that_ends_early_hurts_nobody(ingest: Any) -> None:
    """A client that promises more than it sends is dropped, and the next one is served."""
    request = (
        f"POST /student-progress HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ingest.token()}\r\n"
        "Content-Type: application/json\r\nContent-Length: 100000\r\n\r\n{"
    )
    with socket.create_connection(("127.0.0.1", ingest.port)) as client:
        client.sendall(request.encode())
    assert ingest.post(RUN).status_code == 202


def test_redis_away_gives_503_with_retry_after(serve_ingest: Any) -> None:
    """Without Redis the ingest answers 503 with Retry-After, and is alive but not ready."""
    ingest = serve_ingest(f"redis://127.0.0.1:{free_port()}/0")
    answer = ingest.post(RUN)
    check_problem(answer, 503)
    assert int(answer.headers["retry-after"]) > 0
    assert ingest.client.get("/healthz").status_code == 200
    check_problem(ingest.client.get("/readyz"), 503)


def test_a_full_redis_gives_503_and_then_recovers(ingest: Any, redis_client: Redis) -> None:
    """While Redis is out of memory events are refused for later; afterwards they are accepted."""
    limit = redis_client.config_get("maxmemory")["maxmemory"]
    redis_client.config_set("maxmemory", 1)
    try:
        problem = check_problem(ingest.post(RUN), 503)
        assert "full" in problem["detail"]
    finally:
        redis_client.config_set("maxmemory", limit)
    assert ingest.post(RUN).status_code == 202


def test_a_full_log_gives_503_until_it_is_trimmed(
    serve_ingest: Any, redis_url: str, redis_client: Redis
) -> None:
    """Past its limit in bytes the log takes nothing, loses nothing, and goes on once it is less."""
    ingest = serve_ingest(redis_url, CELLPULSE_LOG_LIMIT_BYTES=1_000_000)
    batch = [RUN | {"code": "x" * 20_000}] * 40
    for _ in range(2):
        assert ingest.post(batch).status_code == 202
    answer = ingest.post(RUN)
    assert "the log is full" in check_problem(answer, 503)["detail"]
    assert int(answer.headers["retry-after"]) > 0
    check_problem(ingest.client.get("/readyz"), 503)
    assert redis_client.xlen("progress-events:log") == 80
    redis_client.xtrim("progress-events:log", maxlen=10, approximate=False)
    assert ingest.post(RUN).status_code == 202
    assert ingest.client.get("/readyz").status_code == 200


def test_health_metrics_and_schema_are_served(ingest: Any) -> None:
    """The ingest says that it is alive and ready, counts events, and publishes its contract."""
    ingest.post([RUN, {}])
    assert ingest.client.get("/healthz").json() == {"status": "ok"}
    assert ingest.client.get("/readyz").json() == {"status": "ok"}
    metrics = ingest.client.get("/metrics").text
    assert 'cellpulse_ingest_events_total{outcome="accepted"} 1.0' in metrics
    assert 'cellpulse_ingest_events_total{outcome="rejected"} 1.0' in metrics
    schema = ingest.client.get("/schema/event.json").json()
    assert schema["required"] == ["course_id", "student_id"]


def test_unique_ids_of_many_clients_are_all_kept(ingest: Any, redis_client: Redis) -> None:
    """Concurrent requests that share a step each get their own positions back."""
    seen: dict[str, str] = {}
    lock = threading.Lock()

    def send(_: int) -> None:
        event_id = str(uuid4())
        [position] = ingest.post(RUN | {"event_id": event_id}).json()["positions"]
        with lock:
            seen[position] = event_id

    with ThreadPoolExecutor(32) as pool:
        list(pool.map(send, range(200)))
    in_log = {
        position: json.loads(fields["event"])["event_id"]
        for position, fields in redis_client.xrange("progress-events:log")
    }
    assert in_log == seen


def test_a_clock_that_stands_still_keeps_positions_short(ingest: Any, redis_client: Redis) -> None:
    """Long before a millisecond holds a million events, the log goes on in the next one."""
    redis_client.xadd("progress-events:log", {"event": "{}"}, id="9999999999999-899998")
    positions = ingest.post([RUN] * 4).json()["positions"]
    assert positions == [
        "9999999999999-899999",
        "9999999999999-900000",
        "10000000000000-1",
        "10000000000000-2",
    ]


def test_far_sequence_numbers_take_little_memory(ingest: Any, redis_client: Redis) -> None:
    """Numbers far from each other are remembered in one key, near ones as bits, and all of them."""
    session = RUN | {"session_id": "k"}
    far = [session | {"seq": 10**9 * n} for n in range(1, 301)]
    near = [session | {"seq": n} for n in range(1, 20_000, 8)]
    for events in (far, far, near[:1000], near[1000:2000], near[2000:], near[:1000], far):
        answer = ingest.post(events)
        assert answer.status_code == 202, answer.text
    assert answer.json()["duplicates"] == 300
    assert redis_client.xlen("progress-events:log") == 300 + 2_500
    keys = redis_client.keys("progress-events:session:*")
    assert len(keys) == 1 + 3
    assert sum(redis_client.memory_usage(key) for key in keys) < 60_000
    assert all(redis_client.ttl(key) > 0 for key in keys)
