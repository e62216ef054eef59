"""Accounts and tokens on the Admin page."""

from collections.abc import Callable

import httpx
import pytest
from streamlit.testing.v1 import AppTest

from analytics.admin import examples as admin_examples
from analytics.admin.account_responses import AccountLink, NewAccount
from streamlit_app.api.admin_client import AdminClient


def test_a_token_that_holds_is_revoked_after_a_question(
    open_part: Callable[..., AppTest],
    text_of: Callable[[AppTest], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """All are listed by a short id; what is revoked already is not offered."""
    asked: list[str] = []
    monkeypatch.setattr(AdminClient, "revoke_token", lambda _, token_id: asked.append(token_id))
    app = open_part("tokens")
    text = text_of(app)
    holds, revoked = admin_examples.TOKENS.tokens
    assert holds.token_id[:8] in text
    assert "revoked 14 Sept 2026 09:30" in text
    choice = app.selectbox(key="admin_token")
    assert choice.options == ["3f2a9c0e, send events, python-1, ada"]
    assert revoked.token_id[:8] in text
    assert not app.button
    choice.set_value(holds.token_id).run()
    assert "is shut out from now on" in text_of(app)
    app.button(key=f"admin_revoke/{holds.token_id}").click().run()
    assert asked == [holds.token_id]
    assert "The token 3f2a9c0e was revoked." in text_of(app)


def test_tokens_of_all_pages_are_shown() -> None:
    """The client asks for page after page, however many there are."""
    first, second = admin_examples.TOKENS.tokens
    pages = {
        None: admin_examples.TOKENS.model_copy(update={"tokens": [first], "next_before": "1-a"}),
        "1-a": admin_examples.TOKENS.model_copy(update={"tokens": [second]}),
    }

    def answer(request: httpx.Request) -> httpx.Response:
        page = pages[request.url.params.get("before")]
        return httpx.Response(200, text=page.model_dump_json())

    with httpx.Client(transport=httpx.MockTransport(answer), base_url="http://api") as http:
        assert AdminClient(http, "t").tokens() == admin_examples.TOKENS


def test_a_link_is_shown_once(
    open_part: Callable[..., AppTest], text_of: Callable[[AppTest], str]
) -> None:
    """After the account was made, and not any more after anything else."""
    app = open_part("accounts")
    link = admin_examples.LINK
    app.session_state["admin_new_link"] = link
    app.run()
    assert [code.value.endswith(link.path) for code in app.code] == [True]
    app.run()
    assert not app.code
    assert "ada" in text_of(app)


def test_each_role_is_asked_for_what_it_takes(
    open_part: Callable[..., AppTest],
    text_of: Callable[[AppTest], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An instructor for courses, an assistant for sections of one, an admin for neither."""
    asked: list[NewAccount] = []

    def make(_: AdminClient, account: NewAccount) -> AccountLink:
        asked.append(account)
        return admin_examples.LINK

    monkeypatch.setattr(AdminClient, "add_account", make)
    app = open_part("accounts")
    assert "python-1 (section A)" in text_of(app)
    app.text_input(key="account_name/0").set_value("cy")
    app.selectbox(key="account_role/0").set_value("instructor").run()
    assert app.multiselect(key="account_courses/0").options == ["python-1"]
    app.selectbox(key="account_role/0").set_value("admin").run()
    assert not app.multiselect
    app.selectbox(key="account_role/0").set_value("assistant").run()
    app.selectbox(key="account_course/0").set_value("python-1").run()
    sections = app.multiselect(key="account_sections/0/python-1")
    assert sections.options == ["A", "B"]
    sections.set_value(["B"])
    app.button(key="admin_make_account").click().run()
    assert [each.model_dump() for each in asked] == [
        {"account": "cy", "role": "assistant", "courses": ["python-1"], "sections": ["B"]}
    ]
    assert "The account cy was made" in text_of(app)
    assert app.text_input(key="account_name/1").value == ""
