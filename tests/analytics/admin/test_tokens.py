"""What admins look after over HTTP: which tokens were handed out, and an end to one."""

import httpx
import psycopg
import pytest
from redis import Redis

from ingest_api.revoked_tokens import REVOKED
from tests.analytics.admin.admins import last_action, last_values
from tests.analytics.conftest import TwoStores


async def test_a_token_is_listed_without_itself_and_revoked(
    admin: httpx.AsyncClient, redis_server_url: str
) -> None:
    """The list has its id and whose it is; revoking it is told to the ingest and noted."""
    address = "/admin/courses/py/hook_tokens"
    made = await admin.post(address, json={"student_id": "ada", "days": 2})
    listed = await admin.get("/admin/tokens")
    assert made.json()["token"] not in listed.text
    assert listed.json()["next_before"] is None
    token = listed.json()["tokens"][0]
    token_id = token.pop("token_id")
    assert token.pop("issued_at") < token.pop("expires_at")
    assert token == {
        "scope": "ingest",
        "course_id": "py",
        "student_id": "ada",
        "revoked_at": None,
    }
    for _ in range(2):
        revoked = await admin.post(f"/admin/tokens/{token_id}/revoke")
        assert revoked.json() == {"token_id": token_id}
    assert (await admin.get("/admin/tokens")).json()["tokens"][0]["revoked_at"] is not None
    with Redis.from_url(redis_server_url) as redis:
        assert redis.sismember(REVOKED, token_id)
    details = f"{token_id[:8]}, ingest, of one student"
    assert await last_action(admin) == ("root", "token revoked", "py", details)
    assert await last_values(admin) == {
        "token": token_id[:8],
        "scope": "ingest",
        "every_course": False,
        "of_one_student": True,
    }
    unknown = await admin.post("/admin/tokens/nothing/revoke")
    assert unknown.status_code == 404
    assert "no token with this id" in unknown.json()["detail"]


async def test_tokens_come_in_pages_newest_first(
    admin: httpx.AsyncClient, school: TwoStores
) -> None:
    """Each once, also those of the same moment, and while further ones are handed out."""
    with psycopg.connect(school.settings.postgres_url, autocommit=True) as database:
        database.execute("DELETE FROM issued_tokens")
        database.execute(
            "INSERT INTO issued_tokens (token_id, scope, course_id, issued_at) "
            "SELECT 't-' || n, 'read', 'py', timestamptz '2024-03-04 12:00Z' "
            "+ make_interval(secs => n / 2) FROM generate_series(0, 6) AS n"
        )
    seen, query = [], {"limit": "3"}
    while True:
        page = (await admin.get("/admin/tokens", params=query)).json()
        seen += [each["token_id"] for each in page["tokens"]]
        if page["next_before"] is None:
            break
        assert len(page["tokens"]) == 3
        query["before"] = page["next_before"]
        await admin.post("/admin/courses/py/hook_tokens", json={"student_id": "late"})
    assert seen == [f"t-{n}" for n in (6, 5, 4, 3, 2, 1, 0)]
    assert len((await admin.get("/admin/tokens")).json()["tokens"]) == 9


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("limit=0", "greater than or equal to 1"),
        ("limit=1001", "less than or equal to 1000"),
        ("limit=x", "valid integer"),
        ("before=", "match pattern"),
        ("before=t-1", "match pattern"),
        ("before=99999999999999999-x", "match pattern"),
        ("before=1-%00", "match pattern"),
    ],
)
async def test_a_page_of_tokens_that_can_t_be_is_refused(
    query: str, words: str, admin: httpx.AsyncClient
) -> None:
    """It says which parameter is wrong."""
    answer = await admin.get(f"/admin/tokens?{query}")
    assert answer.status_code == 422
    assert words in answer.text


@pytest.mark.parametrize(
    ("course", "body", "status", "words"),
    [
        ("py", b"", 422, "Field required"),
        ("py", b"{", 422, "JSON decode error"),
        ("py", b"[]", 422, "valid dictionary"),
        ("py", b'"ada"', 422, "valid dictionary"),
        ("py", b"{}", 422, "Field required"),
        ("py", b'{"student_id": 5}', 422, "valid string"),
        ("py", b'{"student_id": ""}', 422, "student_id"),
        ("py", b'{"student_id": "a\\u0000b"}', 422, "student_id"),
        ("py", b'{"student_id": "a\\\\b"}', 422, "student_id"),
        ("py", b'{"student_id": "ada", "days": 0}', 422, "greater than or equal to 1"),
        ("py", b'{"student_id": "ada", "days": 367}', 422, "less than or equal to 366"),
        ("py", b'{"student_id": "ada", "days": 1.5}', 422, "valid integer"),
        ("py", b'{"student_id": "ada", "days": null}', 422, "valid integer"),
        ("py", b'{"student_id": "ada", "scope": "read"}', 422, "not permitted"),
        ("*", b'{"student_id": "ada"}', 422, "for one course"),
        ("%00", b'{"student_id": "ada"}', 404, "no course can have this id"),
        ("a%5Cb", b'{"student_id": "ada"}', 404, "no course can have this id"),
        ("py", b"\xff\xfe", 422, "JSON decode error"),
    ],
)
async def test_a_bad_request_for_a_hooks_token_is_refused(
    course: str, body: bytes, status: int, words: str, admin: httpx.AsyncClient
) -> None:
    """Each fault is a problem that names it, and no token is noted as handed out."""
    before = (await admin.get("/admin/tokens")).json()
    answer = await admin.post(
        f"/admin/courses/{course}/hook_tokens",
        content=body,
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert words in answer.text
    assert (await admin.get("/admin/tokens")).json() == before
