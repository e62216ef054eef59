import asyncio

import httpx
import pytest

from streamlit_app.sign_in.access import (
    AWAY_SECONDS,
    REMEMBER_SECONDS,
    REMEMBERED,
    AccessCheck,
    Verdict,
)


class Api:
    """An API that answers with the status that the test sets, and counts the questions."""

    def __init__(self) -> None:
        self.status: int | None = 200
        self.viewer: dict[str, str | None] = {"student_id": None}
        self.questions: list[str] = []
        self.now = 1_000.0

    async def answer(self, request: httpx.Request) -> httpx.Response:
        """Answer a question about a token, or don't."""
        self.questions.append(request.headers["authorization"])
        assert request.url.path == "/api/v1/viewer"
        await asyncio.sleep(0)
        if self.status is None:
            raise httpx.ConnectError("nobody listens", request=request)
        return httpx.Response(self.status, json=self.viewer)

    def check(self) -> AccessCheck:
        """Return a check that asks this API and lives by this clock."""
        http = httpx.AsyncClient(base_url="http://api", transport=httpx.MockTransport(self.answer))
        return AccessCheck(http, clock=lambda: self.now)


@pytest.fixture
def api() -> Api:
    """Return an API that accepts every token."""
    return Api()


async def test_an_accepted_token_is_remembered_for_a_minute(api: Api) -> None:
    """The API is asked once a minute about a token, not for every file of a page."""
    check = api.check()
    assert [await check.verdict("good") for _ in range(3)] == [Verdict.ACCEPTED] * 3
    assert api.questions == ["Bearer good"]
    api.now += REMEMBER_SECONDS
    await check.verdict("good")
    assert len(api.questions) == 2


async def test_a_students_token_is_told_from_an_instructors(api: Api) -> None:
    """A token of one student opens that student's page, also while the API is away later."""
    check = api.check()
    api.viewer = {"student_id": "ada"}
    assert await check.verdict("own") is Verdict.STUDENT
    api.status = None
    api.now += REMEMBER_SECONDS
    assert await check.verdict("own") is Verdict.STUDENT


async def test_files_asked_for_at_once_share_one_question(api: Api) -> None:
    """Thirty files of one page, asked for at once, make one question."""
    check = api.check()
    verdicts = await asyncio.gather(*(check.verdict("good") for _ in range(30)))
    assert set(verdicts) == {Verdict.ACCEPTED}
    assert len(api.questions) == 1


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (401, Verdict.UNKNOWN),
        (403, Verdict.FORBIDDEN),
        (500, Verdict.CANNOT_TELL),
        (None, Verdict.CANNOT_TELL),
    ],
)
async def test_whom_the_api_does_not_accept_stays_outside(
    api: Api, status: int | None, verdict: Verdict
) -> None:
    """A token that was never accepted opens nothing, whatever the reason."""
    api.status = status
    assert await api.check().verdict("other") is verdict


async def test_a_token_that_is_taken_back_stops_to_open(api: Api) -> None:
    """A minute after the API refuses a token, it opens nothing any more, even when asked again."""
    check = api.check()
    await check.verdict("good")
    api.status, api.now = 401, api.now + REMEMBER_SECONDS
    assert await check.verdict("good") is Verdict.UNKNOWN
    api.status = None
    assert await check.verdict("good") is Verdict.CANNOT_TELL


async def test_the_api_is_asked_again_when_it_had_no_answer(api: Api) -> None:
    """Some seconds after the API did not answer, a link is checked as usual."""
    check = api.check()
    api.status = None
    assert await check.verdict("good") is Verdict.CANNOT_TELL
    api.status, api.now = 200, api.now + AWAY_SECONDS
    assert await check.verdict("good") is Verdict.ACCEPTED


async def test_who_was_let_in_stays_in_while_the_api_is_away(api: Api) -> None:
    """While the API is away a known token still opens the page, and the API is left in peace."""
    check = api.check()
    await check.verdict("good")
    api.status, api.now = None, api.now + REMEMBER_SECONDS
    assert [await check.verdict("good") for _ in range(3)] == [Verdict.ACCEPTED] * 3
    assert len(api.questions) == 2
    api.now += AWAY_SECONDS
    await check.verdict("good")
    assert len(api.questions) == 3


@pytest.mark.parametrize("token", ["ünreadable", "two\nlines", "x" * 5_000])
async def test_what_cannot_be_a_token_is_not_asked_about(api: Api, token: str) -> None:
    """What could never stand in a header is refused without a question."""
    assert await api.check().verdict(token) is Verdict.UNKNOWN
    assert api.questions == []


async def test_only_so_many_tokens_are_remembered(api: Api) -> None:
    """The memory has a limit; the token that was accepted first goes first."""
    check = api.check()
    for number in range(REMEMBERED + 1):
        await check.verdict(f"token-{number}")
    api.questions.clear()
    await check.verdict(f"token-{REMEMBERED}")
    assert api.questions == []
    await check.verdict("token-0")
    assert api.questions == ["Bearer token-0"]
