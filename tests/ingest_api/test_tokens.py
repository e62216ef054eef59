"""Tokens."""

import time

import jwt
import pytest

from ingest_api.tokens import (
    EndedTokenError,
    Grant,
    InvalidTokenError,
    TokenLife,
    issue_token,
    read_token,
    token_from_header,
)

SECRET = "a-secret-that-only-the-tests-know"


@pytest.mark.parametrize(
    "grant", [Grant("ingest", "demo", "s1"), Grant("read", "*"), Grant("ingest", "学 1/2")]
)
def test_a_token_grants_what_it_was_issued_for(grant: Grant) -> None:
    """Reading a token gives the grant back."""
    assert read_token((SECRET,), issue_token(SECRET, grant)) == grant


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        "a.b.c",
        issue_token("another-secret-of-another-place-that-is-long", Grant("read", "demo")),
        jwt.encode({"scope": "read", "course": "demo"}, key=None, algorithm="none"),
        jwt.encode({"scope": "root", "course": "demo"}, SECRET, algorithm="HS256"),
        jwt.encode({"scope": "read", "course": 7}, SECRET, algorithm="HS256"),
        jwt.encode({"scope": "read"}, SECRET, algorithm="HS256"),
        jwt.encode({"scope": "read", "course": "demo", "exp": 1}, SECRET, algorithm="HS256"),
        jwt.encode({"scope": "read", "course": "demo", "exp": "x"}, SECRET, algorithm="HS256"),
    ],
)
def test_any_other_token_is_refused(token: str) -> None:
    """Foreign, unsigned, incomplete and expired tokens grant nothing."""
    with pytest.raises(InvalidTokenError):
        read_token((SECRET,), token)


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer  ", "Basic abc", "abc"])
def test_a_header_of_another_kind_has_no_token(header: str | None) -> None:
    """Only 'Bearer TOKEN' is understood."""
    with pytest.raises(InvalidTokenError, match="Authorization"):
        token_from_header(header)


def test_a_grant_covers_its_course_and_student_only() -> None:
    """A star covers every course; a student's grant covers that student."""
    assert Grant("read", "*").allows_course("anything")
    assert not Grant("read", "demo").allows_course("other")
    assert Grant("ingest", "demo").allows_student("anyone")
    assert not Grant("ingest", "demo", "s1").allows_student("s2")


def test_a_token_ends_when_it_was_made_to() -> None:
    """Before that it is good; the end is looked at each time, not only at the first."""
    now = int(time.time())
    token = issue_token(SECRET, Grant("read", "demo", token=TokenLife("a", now, now + 100)))
    assert read_token((SECRET,), token).token == TokenLife("a", now, now + 100)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "time", lambda: now + 100.0)
        with pytest.raises(EndedTokenError, match="has ended"):
            read_token((SECRET,), token)


def test_the_secret_before_holds_until_it_is_taken_away() -> None:
    """Tokens of both secrets are read while both are named; then those of the new one alone."""
    other = "the-secret-that-replaces-the-one-of-the-tests"
    old, new = (issue_token(secret, Grant("read", "demo")) for secret in (SECRET, other))
    assert read_token((other, SECRET), old) == read_token((other, SECRET), new)
    with pytest.raises(InvalidTokenError):
        read_token((other,), old)


def test_a_token_without_an_id_has_one_all_the_same() -> None:
    """So one of any version can be revoked."""
    tokens = [
        jwt.encode({"scope": "read", "course": course}, SECRET, algorithm="HS256")
        for course in ("a", "a", "b")
    ]
    first, again, other = (read_token((SECRET,), token).token.token_id for token in tokens)
    assert first == again != other
