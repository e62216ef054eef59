"""Tokens."""

import jwt
import pytest

from ingest_api.tokens import Grant, InvalidTokenError, issue_token, read_token, token_from_header

SECRET = "a-secret-that-only-the-tests-know"


@pytest.mark.parametrize(
    "grant", [Grant("ingest", "demo", "s1"), Grant("read", "*"), Grant("ingest", "学 1/2")]
)
def test_a_token_grants_what_it_was_issued_for(grant: Grant) -> None:
    """Reading a token gives the grant back."""
    assert read_token(SECRET, issue_token(SECRET, grant)) == grant


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
    ],
)
def test_any_other_token_is_refused(token: str) -> None:
    """Foreign, unsigned, incomplete and expired tokens grant nothing."""
    with pytest.raises(InvalidTokenError):
        read_token(SECRET, token)


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
