"""The sending thread against a server that refuses, fails, and comes back."""

import json
import random
import sys
import threading
import time
from collections.abc import Callable, Iterator
from email.utils import formatdate
from http import HTTPStatus
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from cellpulse_hook.answer import Meaning, read_answer
from cellpulse_hook.backlog import Backlog
from cellpulse_hook.ingest import Ingest
from cellpulse_hook.notice import Notice
from cellpulse_hook.post import Post
from cellpulse_hook.preferences import Preferences
from cellpulse_hook.report import Report
from cellpulse_hook.sender import Sender
from cellpulse_hook.settings import read_settings
from cellpulse_hook.spool import Spool
from cellpulse_hook.spool_folder import folder_of, leftovers

from ingest_api.problems import Problem


class Session:
    """A spool and its sender, whose pauses are written down instead of waited for."""

    def __init__(self, root: Path, url: str, session_id: str, environ: dict[str, str]) -> None:
        """Put together what the hook puts together."""
        folder = folder_of(root, "c", "s")
        self.spool = Spool(root, folder, session_id, 50_000_000)
        self.report = Report()
        self.pauses: list[float] = []
        self._id = session_id
        environ.update(CELLPULSE_URL=url, CELLPULSE_TOKEN="first")
        self.sender = Sender(
            Backlog(self.spool, leftovers(folder)),
            lambda record: record.content(),
            Post(Ingest(read_settings(environ), environ), Preferences(), Notice(lambda: None)),
            self.report,
            lambda: None,
        )
        wait = self.sender._stop.wait

        def note_pause(seconds: float) -> bool:
            self.pauses.append(seconds)
            return wait(0.01)

        self.sender._stop.wait = note_pause  # type: ignore[method-assign]

    def add(self, count: int, **fields: Any) -> None:
        """Record events."""
        for _ in range(count):
            self.spool.append("{", {"session_id": self._id, "status": "ok", **fields})
        self.sender.wake()

    def stop(self) -> None:
        """End as a kernel does."""
        self.sender.stop(30)
        self.spool.close()


@pytest.fixture(name="environ")
def _environ() -> dict[str, str]:
    return {}


@pytest.fixture(name="begin")
def _begin(
    tmp_path: Path, ingest: Any, environ: dict[str, str]
) -> Iterator[Callable[..., Session]]:
    """Return a starter of sessions, all ended after the test."""
    sessions: list[Session] = []

    def begin(count: int = 0, **fields: Any) -> Session:
        sessions.append(Session(tmp_path, ingest.url, f"session-{len(sessions)}", environ))
        sessions[-1].add(count, **fields)
        sessions[-1].sender.start()
        return sessions[-1]

    yield begin
    for session in sessions:
        session.stop()


def _numbers(events: list[dict[str, Any]]) -> list[int]:
    return [event["seq"] for event in events]


def test_what_waits_is_sent_in_batches(begin: Callable[..., Session], ingest: Any) -> None:
    """Many events go in few requests, as a JSON array with the bearer's token."""
    begin(450)
    ingest.wait_until(lambda: len(ingest.events) == 450)
    assert list(map(len, ingest.requests)) == [200, 200, 50]
    assert ingest.headers[0]["Content-Type"] == "application/json"
    assert ingest.headers[0]["Authorization"] == "Bearer first"


def test_a_busy_server_is_asked_again_when_it_says(
    begin: Callable[..., Session], ingest: Any
) -> None:
    """After 503 with Retry-After the same events are sent again, not before that time."""
    ingest.answers.append((503, {"Retry-After": "7"}, {"detail": "the log is full"}))
    session = begin(3)
    ingest.wait_until(lambda: len(ingest.events) == 3)
    assert list(map(_numbers, ingest.requests)) == [[1, 2, 3], [1, 2, 3]]
    assert [pause for pause in session.pauses if pause >= 7]


def test_pauses_grow(begin: Callable[..., Session], ingest: Any) -> None:
    """While a server fails it is asked ever less often, at random, until it takes the events."""
    ingest.answers.extend([(500, {}, {})] * 40)
    session = begin(1)
    ingest.wait_until(lambda: ingest.events)
    assert len(ingest.requests) == 41
    pauses = [pause for pause in session.pauses if pause > 0.5]
    assert pauses[0] <= 3
    assert 8 <= pauses[1] <= 24
    assert len(set(pauses)) == 40
    assert max(pauses) > 24


def test_pauses_leave_the_notebooks_random_numbers_alone(
    begin: Callable[..., Session], ingest: Any
) -> None:
    """A notebook that seeds `random` draws the same numbers whether or not the server is away."""
    random.seed(42)
    before = random.getstate()
    ingest.answers.extend([(500, {}, {})] * 3)
    begin(1)
    ingest.wait_until(lambda: ingest.events)
    assert random.getstate() == before


@pytest.mark.parametrize("status", [401, 403, 404, 302])
def test_wrong_settings_keep_the_events(
    begin: Callable[..., Session], ingest: Any, environ: dict[str, str], status: int
) -> None:
    """A token or address that is wrong loses nothing; a new token is used when it comes."""
    ingest.answers.extend([(status, {"Location": ingest.url}, {"detail": "ask for a token"})] * 2)
    session = begin(2)
    ingest.wait_until(lambda: len(ingest.requests) >= 1)
    environ["CELLPULSE_TOKEN"] = "second"
    ingest.wait_until(lambda: len(ingest.events) == 2)
    assert ingest.headers[-1]["Authorization"] == "Bearer second"
    assert len([pause for pause in session.pauses if 30 <= pause <= 60]) == 2


def test_a_token_that_is_none_is_not_told(
    begin: Callable[..., Session], ingest: Any, environ: dict[str, str]
) -> None:
    """A token with a line break, set in mid-session, keeps the events, and status its secret."""
    session = begin()
    environ["CELLPULSE_TOKEN"] = "sec\nret"
    session.add(1)
    while not session.report.numbers()[2]:
        time.sleep(0.01)
    assert session.report.numbers()[2] == "CELLPULSE_TOKEN must be one line of ASCII text"
    environ["CELLPULSE_TOKEN"] = "good"
    ingest.wait_until(lambda: len(ingest.events) == 1)


def test_a_fault_of_the_address_tells_no_token() -> None:
    """Whatever is wrong with an address is told without quoting the request."""
    environ = {"CELLPULSE_URL": "http://[::1", "CELLPULSE_TOKEN": "secret"}
    answer = Post(Ingest(read_settings(environ), environ), Preferences(), Notice(lambda: None))(
        [], 1.0
    )
    assert answer.meaning is Meaning.LATER
    assert "secret" not in answer.reason


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_an_ingest_on_this_machine_is_asked_without_a_proxy(
    ingest: Any, monkeypatch: pytest.MonkeyPatch, host: str, free_port: int
) -> None:
    """The environment's proxy is for other machines."""
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port}")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    events = [{"session_id": "s", "seq": 1}]
    for at, meaning in ((host, Meaning.ACCEPTED), ("ingest.invalid", Meaning.LATER)):
        environ = {"CELLPULSE_URL": f"http://{at}:{ingest.port}", "CELLPULSE_TOKEN": "t"}
        assert (
            Post(Ingest(read_settings(environ), environ), Preferences(), Notice(lambda: None))(
                events, 10.0
            ).meaning
            is meaning
        )


def test_one_poison_event_does_not_block_the_rest(
    begin: Callable[..., Session], ingest: Any
) -> None:
    """An event that the server can't take is set aside with the reason; all others arrive."""
    ingest.poison = lambda event: event["seq"] == 37
    session = begin(100)
    session.add(1)
    ingest.wait_until(lambda: len(ingest.events) == 100)
    assert 37 not in _numbers(ingest.find())
    session.stop()
    assert session.report.numbers() == (100, 1, "")
    (refusal,) = session.report.refusals()
    assert refusal.seq == 37
    assert "there is poison in it" in refusal.reason


@pytest.mark.parametrize("status", [400, 413, 422])
def test_only_the_ingest_itself_refuses_an_event(
    begin: Callable[..., Session], ingest: Any, status: int
) -> None:
    """A proxy's or a firewall's own 400, 413 or 422 loses nothing: the events are sent later."""
    ingest.answers.extend([(status, {}, {"detail": "a firewall"})] * 4)
    session = begin(4)
    ingest.wait_until(lambda: len(ingest.events) == 4)
    session.stop()
    assert session.report.numbers() == (4, 0, "")


def test_what_is_too_large_for_a_proxy_is_sent_in_parts(
    begin: Callable[..., Session], ingest: Any
) -> None:
    """Where something on the way takes only short requests, the events go in short ones."""
    ingest.answers.extend([(413, {}, {}), (413, {}, {})])
    begin(100)
    ingest.wait_until(lambda: len(ingest.events) == 100)
    assert list(map(len, ingest.requests)) == [100, 50, 25, 25, 50]


def test_events_that_are_all_refused_cost_one_request(
    begin: Callable[..., Session], ingest: Any
) -> None:
    """Where a 422 names each event, its reasons are taken from it without asking again."""
    rejected = [
        {"index": i, "errors": [{"field": "seq", "message": f"wrong {i}"}]} for i in range(3)
    ]
    ingest.answers.append(ingest.problem(422, "no event was accepted", rejected=rejected))
    session = begin(3)
    ingest.wait_until(lambda: ingest.requests)
    session.stop()
    assert len(ingest.requests) == 1
    assert session.report.numbers() == (0, 3, "")
    assert "wrong 2" in session.report.refusals()[2].reason


def test_another_students_token_loses_no_event(begin: Callable[..., Session], ingest: Any) -> None:
    """Events that a 422 refuses for whose they are wait for the right token."""
    theirs = {"index": 1, "errors": [{"field": "student_id", "message": "is another student's"}]}
    wrong = {"index": 0, "errors": [{"field": "seq", "message": "wrong"}]}
    ingest.answers.append(ingest.problem(422, "none was accepted", rejected=[wrong, theirs]))
    session = begin(2)
    ingest.wait_until(lambda: len(ingest.events) == 2)
    session.stop()
    assert session.report.numbers() == (2, 0, "")


def test_a_record_of_which_no_event_can_be_made_is_set_aside(
    begin: Callable[..., Session], ingest: Any
) -> None:
    """What no event can be made of is told as refused; all before and after it arrives."""
    session = begin()
    event_of = session.sender._event_of

    def fail_for_some(record: Any) -> dict[str, Any]:
        if record.seq in (1, 3, 4, 7):
            raise TypeError("is no text")
        return event_of(record)

    session.sender._event_of = fail_for_some
    session.add(7)
    ingest.wait_until(lambda: len(ingest.events) == 3)
    session.stop()
    assert _numbers(ingest.find()) == [2, 5, 6]
    assert session.report.numbers() == (3, 4, "")
    assert [refusal.seq for refusal in session.report.refusals()] == [1, 3, 4, 7]
    assert "is no text" in session.report.refusals()[0].reason
    assert session.spool.count_waiting() == 0


def test_what_is_rejected_in_a_batch_is_told(begin: Callable[..., Session], ingest: Any) -> None:
    """Events that a 202 names as rejected are not sent again, and their reasons are kept."""
    rejected = [{"index": 1, "errors": ["status: is wrong"]}, {"index": 99}, {"index": "x"}, 3]
    ingest.answers.append((202, {}, {"accepted": 2, "duplicates": 0, "rejected": rejected}))
    session = begin(3)
    ingest.wait_until(lambda: ingest.requests)
    session.stop()
    assert len(ingest.requests) == 1
    assert session.report.numbers() == (2, 1, "")
    assert "status: is wrong" in session.report.refusals()[0].reason
    assert session.spool.count_waiting() == 0


def test_what_dead_sessions_left_is_sent(
    begin: Callable[..., Session], ingest: Any, tmp_path: Path
) -> None:
    """A new session sends its own events first, then all that dead ones left, and tidies up."""
    for name in ("dead-1", "dead-2"):
        dead = Session(tmp_path, ingest.url, name, {})
        dead.add(250)
        dead.spool.close()
    session = begin(1)
    ingest.wait_until(lambda: len(ingest.events) == 501)
    assert ingest.requests[0][0]["session_id"] == "session-0"
    assert sum(map(len, ingest.requests)) == 501
    session.stop()
    assert list(tmp_path.glob("*/*")) == []


def test_the_end_waits_for_no_server(begin: Callable[..., Session], ingest: Any) -> None:
    """A session that ends while the server is away leaves its events for the next one."""
    ingest.stop()
    session = begin(5)
    session.stop()
    assert session.spool.count_waiting() == 5
    ingest.start()
    begin()
    ingest.wait_until(lambda: len(ingest.events) == 5)


def _is_interrupted_at(opcode: int, call: Callable[[], None]) -> bool:
    """Call, with a Ctrl-C before the given opcode; return False where it ended before."""
    opcodes = iter(range(opcode))

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        frame.f_trace_opcodes = True
        if event == "opcode" and next(opcodes, None) is None:
            raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        call()
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(before)
    return False


def test_an_interruption_leaves_the_sender_awake(
    begin: Callable[..., Session], ingest: Any
) -> None:
    """Wherever in the callback Ctrl-C comes, the next cell finds the sending thread reachable."""
    session = begin()
    interrupted = 0
    while _is_interrupted_at(interrupted, session.sender.wake):
        interrupted += 1
        next_cell = threading.Thread(target=session.sender.wake, daemon=True)
        next_cell.start()
        next_cell.join(60)
        assert not next_cell.is_alive()
    assert interrupted > 0
    session.add(1)
    ingest.wait_until(lambda: ingest.events)


def test_a_fault_of_the_hook_does_not_end_the_sending(
    begin: Callable[..., Session], ingest: Any
) -> None:
    """Whatever fails in the thread, it goes on and sends the events later."""
    session = begin()
    send = session.sender._send
    faults = iter([MemoryError()])

    def fail_once(events: list[dict[str, Any]], timeout_s: float) -> Any:
        for fault in faults:
            raise fault
        return send(events, timeout_s)

    session.sender._send = fail_once
    session.add(2)
    ingest.wait_until(lambda: len(ingest.events) == 2)


PROBLEM = {"Content-Type": "application/problem+json; charset=utf-8"}


@pytest.mark.parametrize(
    ("status", "body", "meaning"),
    [
        (202, {"accepted": 1}, Meaning.ACCEPTED),
        (202, {}, Meaning.LATER),
        (200, {"accepted": 1}, Meaning.LATER),
        (400, {"status": 400, "detail": "the body ended early"}, Meaning.LATER),
        (413, {"status": 413, "detail": "too large"}, Meaning.REFUSED),
        (422, {"status": 422, "detail": "wrong"}, Meaning.REFUSED),
        (422, {"status": 400, "detail": "wrong"}, Meaning.DENIED),
        (422, {"status": 422}, Meaning.DENIED),
        (413, {}, Meaning.TOO_LARGE),
        (429, {}, Meaning.LATER),
        (503, {}, Meaning.LATER),
        (415, {}, Meaning.DENIED),
        (301, {}, Meaning.DENIED),
    ],
)
def test_each_answer_has_its_meaning(status: int, body: dict[str, Any], meaning: Meaning) -> None:
    """Only the ingest's own 202 takes events, and only its own 413 or 422 refuses them."""
    assert read_answer(status, json.dumps(body).encode(), PROBLEM).meaning is meaning


def test_the_ingests_errors_are_known_as_its_own() -> None:
    """What the real ingest answers when it takes no event is known as the ingest's own word."""
    rejected = [{"index": 0, "errors": [{"field": "status", "message": "is wrong"}]}]
    response = Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "wrong", rejected=rejected).to_response()
    answer = read_answer(response.status_code, bytes(response.body), response.headers)
    assert (answer.meaning, answer.rejected) == (Meaning.REFUSED, tuple(rejected))


@pytest.mark.parametrize("status", [400, 422])
def test_an_error_without_the_ingests_type_is_not_the_ingests(status: int) -> None:
    """An error that is not `application/problem+json` refuses nothing, whatever it says."""
    body = json.dumps({"status": status, "detail": "wrong"}).encode()
    for headers in ({}, {"Content-Type": "application/json"}):
        assert read_answer(status, body, headers).meaning is Meaning.DENIED


def test_an_answer_that_is_no_json_is_not_the_ingests() -> None:
    """A login page in between, which answers everything, takes no events."""
    assert read_answer(202, b"<html>Log in</html>", PROBLEM).meaning is Meaning.LATER
    assert read_answer(202, b"[]", PROBLEM).meaning is Meaning.LATER


@pytest.mark.parametrize(
    ("header", "low", "high"),
    [
        ("12", 12, 12),
        (formatdate(1.7e9, usegmt=True), 0, 0),
        (formatdate(4e9, usegmt=True), 3600, 3600),
        ("99999999", 3600, 3600),
        ("-5", 0, 0),
        ("nan", 0, 0),
        ("soon", 0, 0),
        (None, 0, 0),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str | None, low: float, high: float) -> None:
    """Both forms of the header are read, nonsense counts as none, and an hour is the most."""
    headers = {"Retry-After": header} if header else {}
    assert low <= read_answer(503, b"", headers).retry_after_s <= high
