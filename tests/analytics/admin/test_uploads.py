"""Files that admins send: of which kind, and how large they may be."""

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.analytics.admin.admins import REGISTRATION, ROSTER


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "", "x"])
async def test_a_file_comes_with_its_own_content_type(kind: str, admin: httpx.AsyncClient) -> None:
    """What a form of another site could send is no file."""
    headers = {"Content-Type": kind}
    for address in (ROSTER, REGISTRATION):
        answer = await admin.post(address.format("py"), content=b"x", headers=headers)
        assert answer.status_code == 415
        assert "Content-Type: " in answer.json()["detail"]


@pytest.mark.parametrize(
    ("path", "kind", "size"),
    [
        (ROSTER.format("py"), "text/csv", 10_000_001),
        (REGISTRATION.format("py"), "application/zip", 50_000_001),
        ("/admin/courses", "application/json", 1_000_001),
        ("/sign-in", "application/json", 1_000_001),
    ],
)
async def test_a_body_that_is_too_large_is_not_taken(
    path: str, kind: str, size: int, admin: httpx.AsyncClient
) -> None:
    """However it is sent: whole or in pieces."""

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(10):
            yield b"x" * (size // 10 + 1)

    for content in (b"x" * size, pieces()):
        answer = await admin.post(path, content=content, headers={"Content-Type": kind})
        assert answer.status_code == 413
        assert answer.headers["content-type"] == "application/problem+json"
        assert "at most" in answer.json()["detail"]
