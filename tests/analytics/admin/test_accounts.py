"""What admins look after over HTTP: who signs in, and sees what."""

from typing import Any

import httpx
import pytest

from tests.analytics.admin.admins import last_action, last_values


async def test_an_account_is_made_reset_and_removed(admin: httpx.AsyncClient) -> None:
    """Its link sets a password once; a reset and a removal end every session of it."""
    asked = {"account": "eva/1", "role": "instructor", "courses": ["py"]}
    link = (await admin.post("/admin/accounts", json=asked)).json()["path"]
    assert await last_action(admin) == ("root", "account made", None, "eva/1, instructor of py")
    assert await last_values(admin) == {**asked, "sections": []}
    assert (await admin.post("/admin/accounts", json=asked)).status_code == 409
    known = (await admin.get("/admin/accounts")).json()
    eva = {
        "account": "eva/1",
        "role": "instructor",
        "courses": ["py"],
        "sections": [],
        "has_password": False,
    }
    assert eva in known["accounts"]
    assert {"admin", "instructor"} <= set(known["roles"])
    code = httpx.URL(link).params["code"]
    chosen = {"code": code, "password": "correct horse battery"}
    session = (await admin.post("/password", json=chosen)).json()
    own = {"Authorization": f"Bearer {session['token']}"}
    assert (await admin.get("/viewer", headers=own)).json()["courses"] == ["py"]
    again = (await admin.post("/admin/accounts/eva%2F1/reset")).json()
    assert again["path"] != link
    assert (await admin.get("/viewer", headers=own)).status_code == 401
    assert (await admin.delete("/admin/accounts/eva%2F1")).json() == {"account": "eva/1"}
    assert await last_action(admin) == ("root", "account removed", None, "eva/1")
    assert await last_values(admin) == {"account": "eva/1"}
    for method, end in (("POST", "/reset"), ("DELETE", "")):
        gone = await admin.request(method, f"/admin/accounts/eva%2F1{end}")
        assert gone.status_code == 404
        assert "there is no account 'eva/1'" in gone.json()["detail"]


async def test_an_assistant_is_made_of_sections_of_one_course(admin: httpx.AsyncClient) -> None:
    """Whoever follows the link sees these sections, and nothing of the whole course."""
    asked = {"account": "ben", "role": "assistant", "courses": ["py"], "sections": ["A", "B"]}
    link = (await admin.post("/admin/accounts", json=asked)).json()["path"]
    assert await last_action(admin) == (
        "root",
        "account made",
        None,
        "ben, assistant of py (section A, B)",
    )
    [ben] = [
        each
        for each in (await admin.get("/admin/accounts")).json()["accounts"]
        if each["account"] == "ben"
    ]
    assert ben == asked | {"has_password": False}
    chosen = {"code": httpx.URL(link).params["code"], "password": "correct horse battery"}
    token = (await admin.post("/password", json=chosen)).json()["token"]
    own = {"Authorization": f"Bearer {token}"}
    viewer = (await admin.get("/viewer", headers=own)).json()
    assert viewer["courses"] == ["py"]
    assert [each["section"] for each in viewer["sections"]] == ["A", "B"]
    assert viewer["is_admin"] is False
    assert (await admin.get("/courses/py/exports", headers=own)).status_code == 403
    assert (await admin.delete("/admin/accounts/ben")).status_code == 200


OF_SECTION = {"account": "x", "role": "assistant", "courses": ["py"], "sections": ["A"]}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (OF_SECTION | {"sections": []}, "one course and at least one section of it"),
        (OF_SECTION | {"courses": []}, "one course and at least one section of it"),
        (OF_SECTION | {"courses": ["py", "a"]}, "one course and at least one section of it"),
        (OF_SECTION | {"sections": [" "]}, "sections"),
        (OF_SECTION | {"role": "instructor"}, "only an assistant has sections"),
        (OF_SECTION | {"role": "admin"}, "only an assistant has sections"),
        ({"account": "x", "role": "admin", "courses": ["py"]}, "an admin sees every course"),
        ({"account": "x", "role": "instructor"}, "any other role needs at least one"),
        ({"account": "x", "role": "instructor", "courses": ["*"]}, "give the role admin"),
        ({"account": "x", "role": "king"}, "Input should be"),
        ({"account": "a\nb", "role": "admin"}, "must not contain"),
    ],
)
async def test_a_bad_account_is_refused(body: Any, words: str, admin: httpx.AsyncClient) -> None:
    """No account opens more than its role says."""
    answer = await admin.post("/admin/accounts", json=body)
    assert answer.status_code == 422
    assert words in answer.text


async def test_nobody_shuts_themselves_out(admin: httpx.AsyncClient) -> None:
    """An admin can neither reset nor remove the own account."""
    for method, end in (("POST", "/reset"), ("DELETE", "")):
        answer = await admin.request(method, f"/admin/accounts/root{end}")
        assert answer.status_code == 409
        assert "ask another admin" in answer.json()["detail"]
