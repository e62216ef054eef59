"""Clients that lie, stall or flood, over raw sockets, before an ingest that is a real process."""

import gzip
import json
import re
import resource
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from redis import Redis

from flows.embedded.answers import http_answers
from flows.embedded.part import free_port
from ingest_api.open_files import raise_open_files_limit
from ingest_api.tokens import Grant, Scope, issue_token

SECRET = "a-secret-that-only-the-tests-know"
RUN = {"course_id": "demo", "student_id": "s1", "status": "ok"}
#: Soft limit of open files that a shell usually gives.
USUAL_FILES = 1_024


@dataclass
class Ingest:
    """An ingest that is a process of its own."""

    port: int
    log: Path

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def bearer(self, scope: Scope = "ingest") -> str:
        return f"Bearer {issue_token(SECRET, Grant(scope, '*'))}"

    def post(self, body: bytes | None = None, **headers: str) -> httpx.Response:
        return httpx.post(
            f"{self.address}/student-progress",
            content=json.dumps(RUN).encode() if body is None else body,
            headers={"Authorization": self.bearer()} | headers,
            timeout=30,
        )

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=30)

    def head(self, *headers: str) -> bytes:
        lines = ("POST /student-progress HTTP/1.1", "Host: x", f"Authorization: {self.bearer()}")
        return "\r\n".join((*lines, *headers, "", "")).encode()

    def handshake(self, *changed: str, method: str = "GET", query: str = "course_id=demo") -> bytes:
        headers = changed or (
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        )
        first = f"{method} /ws/dashboard?{query} HTTP/1.1"
        token = f"Authorization: {self.bearer('read')}"
        return "\r\n".join((first, "Host: x", token, *headers, "", "")).encode()


@pytest.fixture(scope="module")
def run_ingest(
    redis_server_url: str,
    tmp_path_factory: pytest.TempPathFactory,
    wait_until: Callable[..., None],
) -> Callable[..., Any]:
    """Return the context manager that runs an ingest with some settings."""

    @contextmanager
    def run(**settings: str) -> Iterator[Ingest]:
        folder = tmp_path_factory.mktemp("ingest")
        ingest = Ingest(free_port(), folder / "log")
        environment = {
            "CELLPULSE_DATA_DIR": str(folder),
            "CELLPULSE_REDIS_URL": redis_server_url,
            "CELLPULSE_SECRET": SECRET,
            "CELLPULSE_INGEST_PORT": str(ingest.port),
            **settings,
        }
        serve = f"ulimit -S -n {USUAL_FILES}; exec {sys.executable} -m ingest_api.serve"
        with ingest.log.open("ab") as log:
            process = subprocess.Popen(
                ("/bin/sh", "-c", serve), env=environment, stdout=log, stderr=log
            )
        try:
            wait_until(lambda: http_answers(f"{ingest.address}/healthz"), "the ingest")
            yield ingest
            assert ingest.post().status_code == 202
        finally:
            process.terminate()
            process.wait(60)
        assert "Traceback" not in ingest.log.read_text()

    return run


@pytest.fixture(scope="module")
def ingest(run_ingest: Callable[..., Any]) -> Iterator[Ingest]:
    """Return an ingest that waits a second for whatever it waits for."""
    with run_ingest(
        CELLPULSE_HEAD_SECONDS="1", CELLPULSE_BODY_SECONDS="1", CELLPULSE_PING_SECONDS="1"
    ) as ingest:
        yield ingest


def answer_to(ingest: Ingest, *parts: bytes, pause: float = 0) -> tuple[int, bytes]:
    """Send something, and return the status and the rest of what comes back until the end."""
    with closing(ingest.connect()) as client:
        received = b""
        try:
            for part in parts:
                client.sendall(part)
                time.sleep(pause)
        except OSError:
            pass  # the ingest has heard enough
        try:
            while got := client.recv(65_536):
                received += got
        except ConnectionResetError:
            pass
    head, _, body = received.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 "), (parts, received[:200])
    assert b"\r\ncontent-type: application/problem+json" in head, received
    return int(head.split()[1]), body


def read_answer(client: socket.socket) -> bytes:
    """Read one answer with its whole body, and nothing behind it."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += client.recv(1)
    (length,) = re.findall(rb"content-length: (\d+)", received)
    return received + client.recv(int(length), socket.MSG_WAITALL)


def check_problem(status: int, body: bytes) -> None:
    problem = json.JSONDecoder().raw_decode(body.decode())[0]
    assert problem["status"] == status
    assert problem.keys() >= {"type", "title", "detail"}
    assert len(problem["detail"]) > 10


CHUNKED = "Transfer-Encoding: chunked"
BODY = json.dumps(RUN).encode()
LIES = {
    "a body that never ends": (408, ("Content-Length: 1000",), BODY),
    "a body that is longer than it says": (400, ("Content-Length: 5",), BODY),
    "two ways to tell the length": (
        400,
        ("Content-Length: 5", CHUNKED),
        b"5\r\nabcde\r\n0\r\n\r\n",
    ),
    "two lengths": (400, ("Content-Length: 5", "Content-Length: 6"), BODY),
    "a negative length": (400, ("Content-Length: -1",), BODY),
    "a length in words": (400, ("Content-Length: five",), BODY),
    "a length with an exponent": (400, ("Content-Length: 1e3",), BODY),
    "a length that no number holds": (400, (f"Content-Length: {10**30}",), BODY),
    "a length that nobody has": (413, (f"Content-Length: {10**15}",), BODY),
    "a chunk whose length is no number": (400, (CHUNKED,), b"zz\r\nabc\r\n"),
    "a chunk with a negative length": (400, (CHUNKED,), b"-5\r\nabcde\r\n"),
    "a chunk that is longer than it says": (400, (CHUNKED,), b"2\r\nabcdef\r\n"),
    "a chunk that never ends": (408, (CHUNKED,), b"ff\r\nabc"),
    "chunks that never end": (408, (CHUNKED,), b"3\r\n[{}\r\n"),
    "a chunk that no number holds": (400, (CHUNKED,), b"f" * 40 + b"\r\nabc"),
    "a coding that nobody asked for": (400, ("Transfer-Encoding: gzip",), BODY),
    "a header without a name": (400, (": x", "Content-Length: 2"), b"{}"),
    "a header with a NUL": (400, ("X: a\0b", "Content-Length: 2"), b"{}"),
    "a header that never ends": (431, (f"X: {'x' * 70_000}",), b""),
    "a header's name of 10 MB": (431, ("x" * 10_000_000 + ": x",), b""),
    "headers without end": (431, ("X: y",) * 20_000, b""),
}


@pytest.mark.parametrize("status", [408, 400, 413, 431])
def test_what_lies_about_its_length_gets_a_problem(ingest: Ingest, status: int) -> None:
    """A request whose length is not what it says is refused with a problem, and hurts nobody."""
    for name, (expected, headers, body) in LIES.items():
        if expected == status:
            got, problem = answer_to(ingest, ingest.head(*headers) + body)
            assert got == status, name
            check_problem(status, problem)


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"hello\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET http:// HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /ä HTTP/1.1\r\nHost: x\r\n\r\n".encode(),
        b"\0" * 100,
    ],
)
def test_what_is_not_http_gets_a_problem(ingest: Ingest, sent: bytes) -> None:
    """Garbage, other protocols and odd addresses are refused with a problem."""
    status, problem = answer_to(ingest, sent)
    assert status in (400, 404)
    check_problem(status, problem)


def test_what_is_no_websocket_handshake_gets_a_problem(ingest: Ingest) -> None:
    """A handshake that can't succeed is refused with a problem, and leaves nothing behind."""
    upgrade = ("Connection: Upgrade", "Upgrade: websocket")
    key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
    version = "Sec-WebSocket-Version: 13"
    wrong = {
        "another method": ingest.handshake(*upgrade, key, version, method="POST"),
        "no key": ingest.handshake(*upgrade, version),
        "a short key": ingest.handshake(*upgrade, version, "Sec-WebSocket-Key: x"),
        "another version": ingest.handshake(*upgrade, key, "Sec-WebSocket-Version: 7"),
        "no version": ingest.handshake(*upgrade, key),
        "a long address": ingest.handshake(*upgrade, key, version, query="x=" + "y" * 20_000),
        "a long header": ingest.handshake(*upgrade, key, version, "X: " + "y" * 20_000),
        "many headers": ingest.handshake(*upgrade, key, version, *["X: y"] * 300),
        "another token": ingest.handshake().replace(b"Bearer ", b"Bearer x"),
        "no course": ingest.handshake(query="course=demo"),
    }
    for name, request in wrong.items():
        status, problem = answer_to(ingest, request)
        assert 400 <= status < 500, name
        check_problem(status, problem)


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "gzip, identity", "x"])
def test_a_bomb_is_not_unpacked(ingest: Ingest, coding: str) -> None:
    """A compressed body is refused as it is, however large it would be."""
    answer = ingest.post(gzip.compress(b" " * 50_000_000), **{"Content-Encoding": coding})
    assert answer.status_code == 415
    check_problem(415, answer.content)


def with_field(value: str) -> bytes:
    return (json.dumps(RUN)[:-1] + f', "x": {value}' + "}").encode()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (with_field("NaN"), 422),
        (with_field("-Infinity"), 422),
        (with_field("1e400"), 422),
        (with_field("1" + "0" * 5_000), 400),
        (with_field('"\\ud800"'), 422),
        (with_field("[" * 101 + "]" * 101), 422),
        (with_field("[" * 254 + "1" + "]" * 254), 422),
        (with_field("[" * 200_000 + "]" * 200_000), 400),
        (json.dumps(RUN | {"student_id": "x" * 900_000}).encode(), 422),
        (json.dumps(RUN | {"student_id": "x" * 10_000_000}).encode(), 413),
        (json.dumps({"x" * 10_000_000: 1}).encode(), 413),
        (json.dumps(RUN | {"course_id": "\x00"}).encode(), 422),
        (json.dumps(RUN | {"student_id": "a\nb"}).encode(), 422),
        (BODY[:-1] + b"\xff}", 400),
        (BODY.decode().encode("utf-16-le"), 202),
        (BODY.decode().encode("utf-8-sig"), 202),
        (b'{"course_id": "x\\u0000", ' + BODY[1:], 202),
        (with_field('"\\u0000"'), 202),
        (with_field("1" + "0" * 4_000), 202),
        (with_field("[" * 100 + "]" * 100), 202),
        (json.dumps({"x" * 900_000: 1} | RUN).encode(), 202),
    ],
)
def test_odd_json_is_stored_or_refused(
    ingest: Ingest, redis_client: Redis, body: bytes, status: int
) -> None:
    """JSON that is hard to read is stored as its reader means it, or refused with a reason."""
    answer = ingest.post(body, **{"Content-Type": "application/json"})
    assert answer.status_code == status
    if status != 202:
        check_problem(status, answer.content)
        assert redis_client.xlen("progress-events:log") == 0
    else:
        [(_, fields)] = redis_client.xrange("progress-events:log")
        stored = json.loads(fields["event"])
        assert stored | RUN == stored


@pytest.mark.parametrize("what", ["head", "body"])
def test_a_client_that_sends_byte_by_byte_gets_408(ingest: Ingest, what: str) -> None:
    """Headers or a body that come byte by byte are given up in time, and with a problem."""
    head = ingest.head("Content-Length: 500")
    slow = head if what == "head" else BODY
    at_once = b"" if what == "head" else head
    parts = [at_once, *(slow[at : at + 1] for at in range(30))]
    status, problem = answer_to(ingest, *parts, pause=0.05)
    assert status == 408
    check_problem(408, problem)


def test_a_slow_second_request_is_given_up_as_well(ingest: Ingest) -> None:
    """A connection that was used well before does not get more time."""
    first = ingest.head(f"Content-Length: {len(BODY)}") + BODY
    with closing(ingest.connect()) as client:
        client.sendall(first)
        assert read_answer(client).startswith(b"HTTP/1.1 202")
        client.sendall(first[:20])
        assert read_answer(client).startswith(b"HTTP/1.1 408")
        assert client.recv(65_536) == b""


def test_bytes_after_an_answer_do_not_keep_a_connection(ingest: Ingest) -> None:
    """A client that was refused before its body came can't hold the connection with the body."""
    refused = ingest.head("Content-Type: text/csv", "Content-Length: 100000")
    with closing(ingest.connect()) as client:
        client.sendall(refused)
        assert read_answer(client).startswith(b"HTTP/1.1 415")
        client.sendall(b"x")
        assert client.recv(65_536) == b""


def test_many_slow_clients_do_not_stop_the_ingest(run_ingest: Callable[..., Any]) -> None:
    """With 500 clients that stall in the middle of a request, an event is accepted."""
    with run_ingest() as ingest, ExitStack() as open_until_end:
        for number in range(500):
            client = open_until_end.enter_context(closing(ingest.connect()))
            head = ingest.head("Content-Length: 500")
            client.sendall(head[:-5] if number % 2 else head + b"{")
        assert ingest.post().status_code == 202


def test_idle_websockets_are_pinged_and_the_dead_are_closed(ingest: Ingest) -> None:
    """A quiet WebSocket gets a ping; who does not answer it is closed with 1011."""
    with closing(ingest.connect()) as client:
        client.sendall(ingest.handshake())
        received = b""
        while got := client.recv(65_536):
            received += got
    head, _, frames = received.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 101")
    assert frames[:2] == b"\x89\x04"  # a ping with four bytes
    assert frames[6:7] == b"\x88"  # then the end
    assert struct.unpack("!H", frames[8:10]) == (1011,)


def test_two_thousand_idle_websockets_do_not_stop_the_ingest(
    run_ingest: Callable[..., Any], wait_until: Callable[..., None]
) -> None:
    """Started with 1,024 open files at most, the ingest holds 2,000 dashboards and takes events."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert raise_open_files_limit() > 2_100, "these tests need a hard limit of 2,100 open files"
    try:
        quiet = run_ingest(CELLPULSE_PING_SECONDS="600")
        with quiet as ingest, ExitStack() as open_until_end:
            clients = []
            for _ in range(2_000):
                client = open_until_end.enter_context(closing(ingest.connect()))
                client.sendall(ingest.handshake())
                clients.append(client)
            for client in clients:
                while not (got := client.recv(65_536)).endswith(b"\r\n\r\n"):
                    assert got, "the ingest closed a dashboard"
            assert ingest.post().json()["accepted"] == 1
            for client in clients:
                assert b'"student_id":"s1"' in client.recv(65_536)
            metrics = httpx.get(f"{ingest.address}/metrics").text
            assert "cellpulse_ingest_websockets 2000.0" in metrics
            open_until_end.close()
            wait_until(
                lambda: "websockets 0.0" in httpx.get(f"{ingest.address}/metrics", timeout=30).text,
                "the ingest to forget them",
            )
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_connections_over_the_limit_get_503(run_ingest: Callable[..., Any]) -> None:
    """The connection after the last one is told to come back; the others go on."""
    with run_ingest(CELLPULSE_CONNECTIONS="3") as ingest:
        with ExitStack() as open_until_end:
            for _ in range(3):
                client = open_until_end.enter_context(closing(ingest.connect()))
                client.sendall(ingest.head("Content-Type: text/csv", "Content-Length: 0"))
                assert read_answer(client).startswith(b"HTTP/1.1 415")
            status, problem = answer_to(ingest)
            assert status == 503
            check_problem(503, problem)
        httpx.get(f"{ingest.address}/healthz").raise_for_status()
