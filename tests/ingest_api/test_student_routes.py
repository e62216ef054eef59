"""What a student's notebook asks the ingest for: the way to its own page, and what is allowed."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from redis import Redis

from ingest_api.preferences import Preferences, read_preferences, set_preferences
from ingest_api.student_link import redeem_code

ADA = {"course_id": "demo", "student_id": "ada"}
RUN = ADA | {"status": "ok", "session_id": "s", "code": "a = 1", "output": "1"}


def ask(ingest: Any, path: str, token: str, whose: dict[str, str] = ADA) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"}
    answer: httpx.Response = ingest.client.post(path, json=whose, headers=headers)
    return answer


def stored(redis: Redis) -> list[dict[str, Any]]:
    return [json.loads(fields["event"]) for _, fields in redis.xrange("progress-events:log")]


def test_a_students_token_gives_a_link_that_works_once(ingest: Any, redis_client: Redis) -> None:
    """The link leads to the dashboard beside the ingest, and its code names the student once."""
    answer = ask(ingest, "/student-page", ingest.token(student="ada"))
    assert answer.status_code == 200
    link = httpx.URL(answer.json()["link"])
    assert (link.host, link.port, link.path) == ("127.0.0.1", 8501, "/open")
    code = link.params["code"]
    keys = [str(key) for key in redis_client.keys("*student-link*")]
    assert len(keys) == 1
    assert code not in keys[0]
    assert 0 < redis_client.ttl(keys[0]) <= answer.json()["seconds"] == 300
    assert redeem_code(redis_client, code) == ("demo", "ada")
    assert redeem_code(redis_client, code) is None


def test_the_dashboards_address_can_be_set(
    serve_ingest: Callable[..., Any], redis_url: str
) -> None:
    """Where browsers reach the dashboard elsewhere, the link leads there."""
    settings = {"CELLPULSE_PUBLIC_DASHBOARD_URL": "https://pulse.school.example/"}
    ingest = serve_ingest(redis_url, **settings)
    answer = ask(ingest, "/student-page", ingest.token(student="ada"))
    assert answer.json()["link"].startswith("https://pulse.school.example/open?code=")


@pytest.mark.parametrize("path", ["/student-page", "/student-preferences"])
def test_only_the_students_own_token_opens_anything(ingest: Any, path: str) -> None:
    """A class's token, another student's, another course's and a read token are refused."""
    refused = {
        ingest.token(): "ask for one of your own",
        ingest.token(student="bob"): "another course or student",
        ingest.token(course="other", student="ada"): "another course or student",
        ingest.token("read", student="ada"): "scope 'read'",
    }
    for token, why in refused.items():
        answer = ask(ingest, path, token)
        assert (answer.status_code, why in answer.json()["detail"]) == (403, True)
    assert ask(ingest, path, "no token").status_code == 401
    too_much = ADA | {"more": "x" * 5_000}
    assert ask(ingest, path, ingest.token(student="ada"), too_much).status_code == 413
    assert ask(ingest, path, ingest.token(student="ada"), {"course_id": "demo"}).status_code == 422


def test_what_a_student_switched_off_is_not_kept(
    ingest: Any, redis_client: Redis, wait_until: Callable[..., None]
) -> None:
    """Code and output are dropped at the edge, and the student's own hook is told of it."""
    own = ingest.token(student="ada")
    assert ingest.post(RUN | {"seq": 1}, own).json()["preferences"] == {
        "recording": True,
        "code": True,
    }
    set_preferences(redis_client, "demo", "ada", Preferences(code=False))
    state = ingest.app.state
    wait_until(lambda: not state.preferences.of("demo", "ada").code, "the ingest to know of it")
    quoting = {"seq": 2, "status": "error", "error_message": "bad line: a = 1"}
    answer = ingest.post(RUN | quoting, own)
    assert answer.json()["preferences"] == {"recording": True, "code": False}
    assert "preferences" not in ingest.post(RUN | {"seq": 3, "student_id": "bob"}).json()
    first, second, third = stored(redis_client)
    assert (first["code"], first["output"]) == ("a = 1", "1")
    assert not {"code", "output"} & second.keys()
    assert "a = 1" not in second["error_message"]
    assert third["code"] == "a = 1"


def test_a_wish_that_is_not_understood_allows_nothing(redis_client: Redis) -> None:
    """What a newer version wrote is taken for the strictest wish that there is."""
    kept = '{"recording": true, "code": true, "errors": false}'
    redis_client.hset("progress-events:student-preferences", '["demo", "ada"]', kept)
    nothing = Preferences(recording=False, code=False)
    assert read_preferences(redis_client, "demo", "ada") == nothing
    assert read_preferences(redis_client, "demo", "bob") == Preferences()


def test_of_a_paused_student_a_sign_of_life_is_kept(
    ingest: Any, redis_client: Redis, wait_until: Callable[..., None]
) -> None:
    """A run that a hook still sends leaves only its number, so that it is not counted as lost."""
    set_preferences(redis_client, "demo", "ada", Preferences(recording=False))
    state = ingest.app.state
    wait_until(lambda: not state.preferences.of("demo", "ada").recording, "the ingest to know")
    started = ADA | {"type": "session_started", "session_id": "s", "seq": 1}
    check = ADA | {"type": "check_result", "check_name": "c", "passed": True, "exercise": "1.1"}
    ingest.post([started, RUN | {"seq": 2}, check], ingest.token(student="ada"))
    begin, run, result = stored(redis_client)
    assert begin["type"] == "session_started"
    assert run.keys() == {
        *("schema_version", "type", "event_id", "course_id", "student_id"),
        *("session_id", "seq", "occurred_at", "received_at"),
    }
    assert (run["type"], run["seq"], result["type"]) == ("heartbeat", 2, "heartbeat")
    token = ingest.token(student="ada")
    assert ask(ingest, "/student-preferences", token).json() == {"recording": False, "code": True}
    set_preferences(redis_client, "demo", "ada", Preferences())
    wait_until(lambda: state.preferences.of("demo", "ada").recording, "the ingest to know")
    assert redis_client.hgetall("progress-events:student-preferences") == {}
