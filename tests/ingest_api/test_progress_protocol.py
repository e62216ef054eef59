"""What a connection answers by itself is what the app answers, over raw sockets."""

import json
import socket
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from redis import Redis

from ingest_api.progress import DirectProgress
from ingest_api.progress_protocol import ProgressProtocol
from ingest_api.revoked_tokens import REVOKED, VERSION
from ingest_api.tokens import Grant, issue_token, read_token
from tests.ingest_api.conftest import SECRET

RUN = {"course_id": "demo", "student_id": "s1", "status": "ok"}
#: What makes a request unusual without changing what it means.
TWICE = ("X-Other: 1", "X-Other: 2")
Answer = tuple[int, dict[str, str], Any]


@pytest.fixture
def by_itself(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Return, of each request for events from now on, whether the connection answers it itself."""
    noted: list[bool] = []
    decide = ProgressProtocol._exchange

    def note(protocol: ProgressProtocol) -> Any:
        exchange = decide(protocol)
        noted.append(exchange is not None)
        return exchange

    monkeypatch.setattr(ProgressProtocol, "_exchange", note)
    return noted


def request(ingest: Any, body: bytes, *headers: str, token: str | None = None) -> bytes:
    lines = (
        "POST /student-progress HTTP/1.1",
        "Host: x",
        f"Authorization: Bearer {token or ingest.token()}",
        f"Content-Length: {len(body)}",
        *headers,
    )
    return "\r\n".join((*lines, "", "")).encode() + body


def read_answers(client: socket.socket) -> Iterator[Answer]:
    with client.makefile("rb") as lines:
        while status := lines.readline():
            headers = {}
            while line := lines.readline().decode().strip():
                name, _, value = line.partition(": ")
                assert name not in headers
                headers[name] = value
            body = lines.read(int(headers["content-length"]))
            yield int(status.split()[1]), headers, json.loads(body)


def answer_to(ingest: Any, sent: bytes) -> Answer:
    with closing(socket.create_connection(("127.0.0.1", ingest.port), timeout=60)) as client:
        client.sendall(sent)
        return next(read_answers(client))


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (json.dumps(RUN).encode(), 202),
        (json.dumps([RUN, {"course_id": "demo"}, RUN | {"x": "\x00"}]).encode(), 202),
        (b"{", 400),
        (b"[]", 422),
        (b"[1]", 422),
        (json.dumps(RUN | {"course_id": "other"}).encode(), 403),
    ],
)
def test_both_ways_answer_the_same(
    ingest: Any, by_itself: list[bool], body: bytes, status: int
) -> None:
    """The connection's answer differs from the app's in date, id and positions only."""
    given = ("Content-Type: application/json", "X-Request-ID: lesson-1")
    own = answer_to(ingest, request(ingest, body, *given))
    common = answer_to(ingest, request(ingest, body, *given, *TWICE))
    assert by_itself == [True, False]
    assert own[0] == common[0] == status
    for _, headers, told in (own, common):
        assert headers["x-request-id"] == "lesson-1"
        assert headers["x-content-type-options"] == "nosniff"
        headers["date"] = ""
        told["positions"] = [place is not None for place in told.get("positions", ())]
    assert own[1:] == common[1:]


@pytest.mark.parametrize("proxy", [(), ("X-Forwarded-Proto: https",), ("X-Forwarded-Proto: x",)])
def test_only_a_trusted_proxys_clients_are_told_of_tls(
    ingest: Any, by_itself: list[bool], proxy: tuple[str, ...]
) -> None:
    """Behind a TLS proxy an answer says that this host is spoken to by TLS alone."""
    body = json.dumps(RUN).encode()
    own = answer_to(ingest, request(ingest, body, *proxy))
    common = answer_to(ingest, request(ingest, body, *proxy, *TWICE))
    assert by_itself[0] == (proxy != ("X-Forwarded-Proto: x",))
    for _, headers, _ in (own, common):
        is_told = "strict-transport-security" in headers
        assert is_told == (proxy == ("X-Forwarded-Proto: https",))


def test_requests_that_come_at_once_are_answered_in_order(
    ingest: Any, by_itself: list[bool], redis_client: Redis
) -> None:
    """A client need not wait for an answer before its next request, of whatever kind."""
    bodies = [json.dumps(RUN | {"cell_id": str(number)}).encode() for number in range(6)]
    sent = [request(ingest, body, *(TWICE if at == 3 else ())) for at, body in enumerate(bodies)]
    sent[4] = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    sent[5] = request(ingest, bodies[5], "Connection: close")
    with closing(socket.create_connection(("127.0.0.1", ingest.port), timeout=60)) as client:
        client.sendall(b"".join(sent))
        answers = list(read_answers(client))
    assert [status for status, _, _ in answers] == [202, 202, 202, 202, 200, 202]
    assert answers[-1][1]["connection"] == "close"
    assert by_itself[0]
    stored = redis_client.xrange("progress-events:log")
    named = [json.loads(fields["event"])["cell_id"] for _, fields in stored]
    assert named == ["0", "1", "2", "3", "5"]
    places = [told["positions"] for _, _, told in answers if "positions" in told]
    assert places == [[position] for position, _ in stored]


@pytest.mark.parametrize("others", [(), TWICE])
def test_who_says_no_more_gets_the_answers(ingest: Any, others: tuple[str, ...]) -> None:
    """A client may close its half of the connection behind its requests; then all of it ends."""
    body = json.dumps(RUN).encode()
    with closing(socket.create_connection(("127.0.0.1", ingest.port), timeout=60)) as client:
        client.sendall(request(ingest, body, *others) * 3)
        client.shutdown(socket.SHUT_WR)
        assert [status for status, _, _ in read_answers(client)] == [202] * 3
        assert client.recv(1) == b""


def test_a_body_in_parts_is_put_together(ingest: Any, by_itself: list[bool]) -> None:
    """A large body comes in many parts; one that ends early is nobody's event."""
    body = json.dumps([RUN | {"code": "x" * 900} for _ in range(900)]).encode()
    sent = request(ingest, body)
    with closing(socket.create_connection(("127.0.0.1", ingest.port), timeout=60)) as client:
        for begin in range(0, len(sent), 50_000):
            client.sendall(sent[begin : begin + 50_000])
        status, _, told = next(read_answers(client))
    assert (status, told["accepted"]) == (202, 900)
    with closing(socket.create_connection(("127.0.0.1", ingest.port), timeout=60)) as client:
        client.sendall(sent[: len(sent) // 2])
    assert answer_to(ingest, request(ingest, json.dumps(RUN).encode()))[0] == 202
    assert by_itself == [True, True, True]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (("Expect: 100-continue",), 202),
        (("Content-Type: text/plain",), 415),
        (("Content-Type: application/json; charset=utf-8",), 202),
        (("Content-Encoding: gzip",), 415),
        (("Content-Length: 7",), 400),
    ],
)
def test_what_is_unusual_goes_the_common_way(
    ingest: Any, by_itself: list[bool], headers: tuple[str, ...], status: int
) -> None:
    """What the connection does not understand for certain it leaves to the app."""
    with closing(socket.create_connection(("127.0.0.1", ingest.port), timeout=60)) as client:
        client.sendall(request(ingest, json.dumps(RUN).encode(), *headers))
        with client.makefile("rb") as lines:
            line = lines.readline()
            while b" 100 " in line or not line.strip():
                line = lines.readline()
    assert int(line.split()[1]) == status
    assert not any(by_itself)


def test_a_token_that_is_revoked_is_refused_on_an_open_connection(
    ingest: Any, by_itself: list[bool], redis_client: Redis, wait_until: Any
) -> None:
    """Whether a token holds is asked for each request, not for each connection."""
    token = issue_token(SECRET, Grant("ingest", "demo"))
    sent = request(ingest, json.dumps(RUN).encode(), token=token)
    with closing(socket.create_connection(("127.0.0.1", ingest.port), timeout=60)) as client:
        answers = read_answers(client)
        client.sendall(sent)
        assert next(answers)[0] == 202
        redis_client.sadd(REVOKED, read_token((SECRET,), token).token.token_id)
        redis_client.set(VERSION, "another")
        progress = DirectProgress(ingest.app)
        wait_until(lambda: progress.known_grant(f"Bearer {token}") is None, "it to be known")
        client.sendall(sent)
        status, headers, told = next(answers)
    assert (status, headers["content-type"]) == (401, "application/problem+json")
    assert "revoked" in told["detail"]
    assert by_itself == [True, False]


def test_each_request_is_counted(ingest: Any, by_itself: list[bool]) -> None:
    """Operators see what connections answer by themselves as they see all else."""
    answer_to(ingest, request(ingest, json.dumps(RUN).encode()))
    answer_to(ingest, request(ingest, b"{"))
    assert by_itself == [True, True]
    metrics = ingest.client.get("/metrics").text
    name = 'cellpulse_http_request_duration_seconds_count{method="POST",route="/student-progress"'
    assert f'{name},status="202"}} 1.0' in metrics
    assert f'{name},status="400"}} 1.0' in metrics
