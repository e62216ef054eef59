"""What browsers are told of every answer, and which pages may open a stream."""

from typing import Any

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from streamlit_app.sign_in.gate import COOKIE

BY_TLS = {"X-Forwarded-Proto": "https"}


def answers(pipeline: Any, headers: dict[str, str]) -> dict[str, httpx.Response]:
    """Return answers of every kind, good and bad, of each process that a browser can ask."""
    reader = pipeline.bearer("read", course="*")["Authorization"].split()[1]
    asked = {
        "ingest": pipeline.ingest,
        "api": pipeline.api,
        "dashboard": pipeline.dashboard,
    }
    found = {}
    with httpx.Client(timeout=30, headers=headers) as client:
        for name, address in asked.items():
            for path in ("/healthz", "/nothing-is-here", "/docs", "/metrics", "/"):
                found[f"{name}{path}"] = client.get(address + path)
        found["ingest refusal"] = client.post(f"{pipeline.ingest}/student-progress", json={})
        found["api data"] = client.get(
            f"{pipeline.api}/api/v1/courses", headers={"Authorization": f"Bearer {reader}"}
        )
        cookie = {"Cookie": f"{COOKIE}={reader}"}
        found["page"] = client.get(pipeline.dashboard, headers=cookie | {"Accept": "text/html"})
        found["sign-in"] = client.get(f"{pipeline.dashboard}/sign-in")
    return found


def test_every_answer_says_what_it_is_not_for(with_dashboard: Any) -> None:
    """No guessing of types, no frames of others, a policy for what is loaded, no referrer."""
    for what, answer in answers(with_dashboard, {}).items():
        headers = answer.headers
        assert headers["x-content-type-options"] == "nosniff", what
        assert headers["x-frame-options"] in {"DENY", "SAMEORIGIN"}, what
        assert headers["referrer-policy"] in {"same-origin", "no-referrer"}, what
        policy = headers["content-security-policy"]
        assert "frame-ancestors 'none'" in policy or "frame-ancestors 'self'" in policy, what
        assert "*" not in policy.replace("*:", ""), what
        assert "strict-transport-security" not in headers, what
    data = answers(with_dashboard, {})["api data"]
    assert data.status_code == 200
    assert data.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"


def test_a_page_sends_data_nowhere_but_home(with_dashboard: Any) -> None:
    """The dashboard's policy names this host and the live feed, the forms before it even less."""
    found = answers(with_dashboard, {})
    assert found["page"].status_code == 200
    parts = dict(
        part.strip().split(" ", 1)
        for part in found["page"].headers["content-security-policy"].split(";")
    )
    port = with_dashboard.ingest_port
    assert parts["default-src"] == parts["form-action"] == parts["base-uri"] == "'self'"
    assert parts["connect-src"] == f"'self' ws://*:{port} wss://*:{port}"
    assert parts["object-src"] == "'none'"
    assert "http" not in " ".join(parts.values())
    assert found["sign-in"].headers["content-security-policy"].startswith("default-src 'none'")


def test_behind_tls_a_browser_is_told_to_stay_there(with_dashboard: Any) -> None:
    """HSTS is in every answer that a TLS proxy passes on, and in no other."""
    for what, answer in answers(with_dashboard, BY_TLS).items():
        assert answer.headers["strict-transport-security"] == "max-age=31536000", what


@pytest.mark.parametrize("origin", ["https://evil.example", "http://127.0.0.1:1", "null"])
def test_a_foreign_page_can_t_open_a_pages_stream(with_dashboard: Any, origin: str) -> None:
    """With the right cookie too: only the dashboard's own pages, or a program, may."""
    token = with_dashboard.bearer("read", course="*")["Authorization"].split()[1]
    cookie = {"Cookie": f"{COOKIE}={token}"}
    stream = with_dashboard.dashboard.replace("http", "ws") + "/_stcore/stream"
    with pytest.raises(InvalidStatus) as refused:
        connect(stream, additional_headers=cookie, origin=origin)
    assert refused.value.response.status_code == 403
    with connect(stream, additional_headers=cookie, origin=with_dashboard.dashboard):
        pass


def test_the_live_feed_opens_to_no_cookie(with_dashboard: Any) -> None:
    """What a browser sends along by itself opens nothing: the token must be given by the page."""
    token = with_dashboard.bearer("read", course="*")["Authorization"].split()[1]
    live = with_dashboard.ingest.replace("http", "ws") + "/ws/dashboard?course_id=demo"
    for name in (COOKIE, "token"):
        with pytest.raises(InvalidStatus) as refused:
            connect(live, additional_headers={"Cookie": f"{name}={token}"})
        assert refused.value.response.status_code == 401
