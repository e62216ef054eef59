"""The edge in a pseudonymous course: what it keeps of whom, and when it takes nothing."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner
from hypothesis import assume, given
from hypothesis import strategies as st
from redis import Redis

from ingest_api.events import TEXT_CAPS, ProgressEvent
from ingest_api.names_in_texts import CONTENTS, VERSIONS, NamesInTexts, seal, unseal
from ingest_api.preferences import Preferences, set_preferences
from ingest_api.pseudonym import PseudonymKey, hidden, is_pseudonym
from ingest_api.pseudonymous_courses import PSEUDONYMOUS, Published
from ingest_api.serve import serve
from ingest_api.student_link import redeem_code
from tests.ingest_api.conftest import SECRET

KEY = "a-key-that-only-these-tests-know-of"
ADA = "ada.lovelace"
OF_ADA = {"course_id": "hid", "student_id": ADA}
RUN: dict[str, Any] = {
    **OF_ADA,
    "status": "error",
    "session_id": f"kernel-of-{ADA}",
    "seq": 1,
    "notebook": f"home/{ADA}/a.ipynb",
    "error_message": f"nothing at /home/{ADA.upper()}/a.csv",
    "room": {f"of {ADA}": [ADA, 7]},
}


def publish(redis: Redis, **checks: str) -> None:
    redis.set(PSEUDONYMOUS, Published(courses=checks).model_dump_json())


@pytest.fixture
def key() -> PseudonymKey:
    """Return the key of the course `hid`."""
    return PseudonymKey(KEY)


@pytest.fixture
def hiding(
    serve_ingest: Callable[..., Any], redis_url: str, redis_client: Redis, key: PseudonymKey
) -> Any:
    """Return an ingest that has the key of the course `hid`."""
    publish(redis_client, hid=key.check)
    return serve_ingest(redis_url, CELLPULSE_PSEUDONYM_KEY=KEY)


def stored(redis: Redis) -> list[dict[str, Any]]:
    return [json.loads(fields["event"]) for _, fields in redis.xrange("progress-events:log")]


def texts_of(redis: Redis) -> str:
    """Return everything that Redis holds."""
    read: dict[str, Callable[[str], Any]] = {
        "string": redis.get,
        "hash": redis.hgetall,
        "set": redis.smembers,
        "stream": redis.xrange,
    }
    return repr([(name, read[redis.type(name)](name)) for name in redis.scan_iter()]).lower()


def test_an_event_is_kept_under_a_pseudonym(
    hiding: Any, redis_client: Redis, key: PseudonymKey
) -> None:
    """The token is judged by the real id; nothing that is kept has it, and repeats are known."""
    own = hiding.token(course="hid", student=ADA)
    assert hiding.post(RUN, own).status_code == 202
    assert hiding.post(RUN, own).json()["duplicates"] == 1
    assert hiding.post(RUN | {"student_id": "bob"}, own).status_code == 403
    assert hiding.post(RUN, hiding.token(course="hid", student="bob")).status_code == 403
    [event] = stored(redis_client)
    pseudonym = key.of("hid", ADA)
    assert is_pseudonym(pseudonym)
    assert event["student_id"] == pseudonym
    assert is_pseudonym(event["session_id"])
    assert event["session_id"] != pseudonym
    assert event["notebook"] == f"home/{pseudonym}/a.ipynb"
    assert event["error_message"] == f"nothing at /home/{pseudonym}/a.csv"
    assert event["extra"] == {"room": {f"of {pseudonym}": [pseudonym, 7]}}
    assert ADA not in texts_of(redis_client)
    # Whoever sends a pseudonym is somebody of that name, and no other's events.
    hiding.post(RUN | {"student_id": pseudonym}, hiding.token(course="hid"))
    assert stored(redis_client)[-1]["student_id"] not in (pseudonym, ADA)


def test_an_ordinary_course_beside_it_is_as_ever(hiding: Any, redis_client: Redis) -> None:
    """Only what is published as pseudonymous is hidden."""
    assert hiding.post(RUN | {"course_id": "open"}).status_code == 202
    assert stored(redis_client)[0]["student_id"] == ADA


def test_what_a_student_asks_for_is_kept_under_the_pseudonym_too(
    hiding: Any, redis_client: Redis, key: PseudonymKey, wait_until: Callable[..., None]
) -> None:
    """The link to the own page, what is allowed and what was seen."""
    own = {"Authorization": f"Bearer {hiding.token(course='hid', student=ADA)}"}

    def ask(path: str, **more: str) -> httpx.Response:
        answer: httpx.Response = hiding.client.post(path, json={**OF_ADA, **more}, headers=own)
        assert answer.status_code == 200, answer.text
        return answer

    code = httpx.URL(ask("/student-page").json()["link"]).params["code"]
    ask("/student-notice", version="v1")
    assert ADA not in texts_of(redis_client)
    assert redeem_code(redis_client, code) == ("hid", key.of("hid", ADA))
    set_preferences(redis_client, "hid", key.of("hid", ADA), Preferences(recording=False))
    wait_until(
        lambda: ask("/student-preferences").json() == {"recording": False, "code": True},
        "what is allowed",
    )
    hiding.post(RUN, hiding.token(course="hid", student=ADA))
    assert stored(redis_client)[-1]["type"] == "heartbeat"


def test_without_the_right_key_it_takes_nothing_of_the_course(
    serve_ingest: Callable[..., Any], redis_url: str, redis_client: Redis, key: PseudonymKey
) -> None:
    """The events stay with the notebooks (503); a course that is closed for good refuses (403)."""
    publish(redis_client, hid=key.check, closed="")
    without = serve_ingest(redis_url)
    another = serve_ingest(redis_url, CELLPULSE_PSEUDONYM_KEY="another key, which is long enough")
    for ingest in (without, another):
        refused = ingest.post(RUN)
        assert refused.status_code == 503
        assert "CELLPULSE_PSEUDONYM_KEY" in refused.json()["detail"]
        assert ingest.post(RUN | {"course_id": "closed"}).status_code == 403
        assert ingest.post(RUN | {"course_id": "open"}).status_code == 202
    assert {event["course_id"] for event in stored(redis_client)} == {"open"}


def test_an_ingest_with_a_key_waits_to_be_told_and_never_forgets(
    serve_ingest: Callable[..., Any],
    redis_url: str,
    redis_client: Redis,
    key: PseudonymKey,
    wait_until: Callable[..., None],
) -> None:
    """A Redis that has lost everything makes no course an ordinary one."""
    ingest = serve_ingest(redis_url, CELLPULSE_PSEUDONYM_KEY=KEY)
    assert ingest.post(RUN | {"course_id": "open"}).status_code == 503
    publish(redis_client, hid=key.check)
    wait_until(lambda: ingest.post(RUN | {"course_id": "open"}).status_code == 202, "the courses")
    publish(redis_client, other=key.check)
    wait_until(lambda: "other" in ingest.app.state.pseudonymous, "another course")
    redis_client.flushall()
    redis_client.set(PSEUDONYMOUS, "{}")
    assert ingest.post(RUN).status_code == 202
    assert stored(redis_client)[-1]["student_id"] == key.of("hid", ADA)


@pytest.mark.parametrize(
    ("given_key", "said"),
    [
        (None, "CELLPULSE_PSEUDONYM_KEY is not set"),
        ("another key, which is long enough", "CELLPULSE_PSEUDONYM_KEY is not the key"),
        ("short", "CELLPULSE_PSEUDONYM_KEY: "),
    ],
)
def test_a_wrong_key_stops_the_start(
    given_key: str | None,
    said: str,
    redis_url: str,
    redis_client: Redis,
    key: PseudonymKey,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """The process ends with one line that names the course and says what to do."""
    publish(redis_client, hid=key.check)
    monkeypatch.setenv("CELLPULSE_DATA_DIR", str(tmp_path))  # `make up` leaves a key in its own
    monkeypatch.setenv("CELLPULSE_REDIS_URL", redis_url)
    monkeypatch.setenv("CELLPULSE_SECRET", SECRET)
    monkeypatch.setenv("CELLPULSE_LOSSY_REDIS", "1")
    if given_key is not None:
        monkeypatch.setenv("CELLPULSE_PSEUDONYM_KEY", given_key)
    done = CliRunner().invoke(serve)
    assert done.exit_code == 1
    assert said in done.output
    assert done.output.count("\n") == 1
    assert KEY not in done.output


@given(
    student=st.text("abcXYZ012.-@_é学", min_size=2, max_size=40),
    around=st.text("abc /._-:é\n", max_size=10),
    name=st.sampled_from(sorted(TEXT_CAPS)),
)
def test_an_id_stands_in_no_text(student: str, around: str, name: str) -> None:
    """Wherever it is a word of its own, it is replaced; texts stay within their caps."""
    assume(not student.isdigit() or len(student) > 4)
    given_event = {"course_id": "c", "student_id": student, "status": "ok"}
    text = f"{around} {student} {around}"
    event = ProgressEvent(**given_event, **{name: text, "extra": {"deep": [{"x": text}]}})
    kept = hidden(event, PseudonymKey(KEY))
    assert f" {student} " not in str(getattr(kept, name))
    assert f" {student} " not in str(kept.extra)
    assert len(getattr(kept, name)) <= TEXT_CAPS[name]


@pytest.mark.parametrize(
    ("student", "text", "is_changed"),
    [
        ("7", "line 7 of 7", False),
        ("1234", "1234 rows", False),
        ("x", "name 'x' is not defined", False),
        ("12345", "at 12345", True),
        ("s1", "s12 and as1b", False),
        ("s1", "_s1_ and /s1/", True),
        ("ada", "adapter", False),
        ("lovelace", "xlovelacey and LOVELACE", True),
    ],
)
def test_what_is_no_id_by_chance_stays(student: str, text: str, is_changed: bool) -> None:
    """A short id counts as a word only, and what is as likely a number or a variable not at all."""
    event = ProgressEvent(course_id="c", student_id=student, status="ok", error_message=text)
    kept = hidden(event, PseudonymKey(KEY)).error_message
    assert (kept != text) is is_changed
    assert not is_changed or student.lower() not in str(kept).lower()


WHO = {
    "p-ada": ["ada.l", "Ada Lovelace"],
    "p-taro": ["t1", "田中 太郎"],
    "p-zoe": ["zz", "Zoë O'Neil"],
    "p-max": ["m9", "max planck"],
    "p-7": ["7", None],
}


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Ada Lovelace asks ADA.L", "p-ada asks p-ada"),
        ("of Lovelace's, not of Adam or ada", "of p-ada's, not of Adam or ada"),
        ("/home/ada.l/x", "/home/p-ada/x"),
        ("田中さんと太郎です", "p-taroさんとp-taroです"),
        ("Zoë, Neil and O", "p-zoe, p-zoe and O"),
        ("max(7) of Max", "max(7) of Max"),
        ("", ""),
    ],
)
def test_names_of_the_class_are_found_in_what_somebody_writes(text: str, kept: str) -> None:
    """A name as the roster writes it, an id in any case; not what is a program's as likely."""
    assert NamesInTexts(WHO).hidden(text) == kept


def test_the_edges_copy_of_the_names_is_sealed(
    hiding: Any, redis_client: Redis, key: PseudonymKey, wait_until: Callable[..., None]
) -> None:
    """It tells nothing without the key; one that can't be opened stops nobody."""
    sealed = seal(key, WHO)
    assert unseal(key, sealed.encode()) == WHO
    for other in (PseudonymKey("k" * 32), key):
        with pytest.raises(ValueError, match="sealed with another key"):
            unseal(other, sealed.encode()[: None if other is not key else -9])

    redis_client.hset(CONTENTS, "hid", sealed)
    redis_client.hset(VERSIONS, "hid", "1")
    own, seqs = hiding.token(course="hid", student=ADA), iter(range(2, 100_000))

    def question() -> str:
        asked = {"type": "help_requested", "help_message": "ask Zoë", "exercise": "Lovelace"}
        assert hiding.post(RUN | asked | {"seq": next(seqs)}, own).status_code == 202
        last = stored(redis_client)[-1]
        assert last["exercise"] == "Lovelace"
        return str(last["help_message"])

    wait_until(lambda: question() == "ask p-zoe", "the names")
    redis_client.hset(CONTENTS, "hid", "nothing")
    redis_client.hset(VERSIONS, "hid", "2")
    redis_client.hset(VERSIONS, "next", "1")
    wait_until(lambda: "next" in _versions(hiding), "the next version")
    assert question() == "ask p-zoe"


def _versions(ingest: Any) -> str:
    return repr(ingest.app.state.pseudonymous._names._versions)


def test_a_pseudonym_tells_course_and_student_apart() -> None:
    """The same student has another one in each course, and with each key."""
    key = PseudonymKey(KEY)
    made = {
        key.of("ab", "c"),
        key.of("a", "bc"),
        key.of("abc", "d"),
        PseudonymKey("k" * 32).of("a", "bc"),
    }
    assert len(made) == 4
    assert all(map(is_pseudonym, made))
    assert key.check != PseudonymKey("k" * 32).check
