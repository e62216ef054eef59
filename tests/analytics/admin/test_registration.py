"""What admins look after over HTTP: of which notebooks a course consists."""

import io
import json
import zipfile

import httpx
import pytest
from redis import Redis

from flows.course import notebook_zip
from flows.course.notebook_zip import MOST_ENTRIES
from ingest_api.registered_courses import VERSIONS
from tests.analytics.admin.admins import REGISTRATION, ZIP, last_action, last_values


def notebook(*cells: tuple[str, list[str]]) -> bytes:
    """Return a notebook of code cells: each its source and its tags."""
    return json.dumps(
        {
            "nbformat": 4,
            "nbformat_minor": 5,
            "metadata": {},
            "cells": [
                {
                    "cell_type": "code",
                    "id": f"c{place}",
                    "metadata": {"tags": tags},
                    "source": source,
                }
                for place, (source, tags) in enumerate(cells)
            ],
        }
    ).encode()


def zipped(files: dict[str, bytes]) -> bytes:
    with io.BytesIO() as whole:
        with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        return whole.getvalue()


async def test_notebooks_are_looked_at_then_registered(
    admin: httpx.AsyncClient, redis_server_url: str
) -> None:
    """The preview changes nothing; registering tells the ingest and retires what is gone."""
    first = notebook(("x = 1", ["exercise:1.1"]), ("assert x", ["exercise:1.1", "check:one"]))
    second = notebook(("y = 1", ["exercise:2.1"]))
    sent = zipped({"py/01.ipynb": first, "py/02.ipynb": second, "py/.x/a.ipynb": b"", "a.txt": b""})
    address = REGISTRATION.format("py")
    preview = (await admin.post(f"{address}/preview", content=sent, headers=ZIP)).json()
    assert preview["notebooks"] == ["py/01.ipynb", "py/02.ipynb"]
    assert [(each["exercise"], each["checks"]) for each in preview["exercises"]] == [
        ("1.1", ["one"]),
        ("2.1", []),
    ]
    assert preview["unmatched"] == ["scratch"]
    with Redis.from_url(redis_server_url) as redis:
        assert not redis.hexists(VERSIONS, "py")
        registered = await admin.post(address, content=sent, headers=ZIP)
        assert registered.json() == preview
        assert redis.hexists(VERSIONS, "py")
    later = zipped({"py/01.ipynb": first})
    changed = (await admin.post(address, content=later, headers=ZIP)).json()
    assert changed["retired"] == [{"exercise": "2.1", "notebook": "py/02.ipynb"}]
    assert changed["new"] == 0
    assert await last_action(admin) == (
        "root",
        "course registered",
        "py",
        "1 notebooks, 1 exercises, 0 new, 1 retired",
    )
    counted = {"notebooks": 1, "exercises": 1, "new": 0, "retired": 1}
    assert await last_values(admin) == counted
    courses = {
        each["course_id"]: each for each in (await admin.get("/admin/courses")).json()["courses"]
    }
    assert courses["py"]["exercises"] == 1
    assert courses["py"]["registered_at"] is not None


def encrypted() -> bytes:
    """Return a zip file whose entry says that it needs a password."""
    whole = bytearray(zipped({"a.ipynb": b"{}"}))
    whole[6] |= 1
    whole[whole.index(b"PK\x01\x02") + 8] |= 1
    return bytes(whole)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"no zip file", "no zip file that can be read"),
        (zipped({"a.ipynb": b"{}"})[:-30], "no zip file that can be read"),
        (encrypted(), "without a password"),
        (zipped({}), "no notebook (*.ipynb) in the zip file"),
        (zipped({"a.txt": b""}), "no notebook (*.ipynb) in the zip file"),
        (zipped({"../a.ipynb": b"{}"}), "no path below its folder"),
        (zipped({"a/../../a.ipynb": b"{}"}), "no path below its folder"),
        (zipped({"/etc/a.ipynb": b"{}"}), "no path below its folder"),
        (zipped({"a\\b.ipynb": b"{}"}), "no path below its folder"),
        (zipped({"a" * 300 + ".ipynb": b"{}"}), "can't be unpacked"),
        (zipped({"a/./b.ipynb": b"{}", "a/b.ipynb": b"{}"}), "is in the zip file twice"),
        (zipped({f"{number}.txt": b"" for number in range(MOST_ENTRIES + 1)}), "2,001 files"),
        (zipped({"a.ipynb": b"{"}), "a.ipynb, line 1, column 2: not JSON"),
        (zipped({"f/a.ipynb": notebook(("x", []))}), "no exercise in these notebooks"),
    ],
    ids=lambda value: value if isinstance(value, str) else "zip",
)
async def test_a_zip_file_that_can_be_no_course_is_refused(
    content: bytes, words: str, admin: httpx.AsyncClient
) -> None:
    """Each is a problem that says what to do, and nothing of it is kept."""
    answer = await admin.post(f"{REGISTRATION.format('no')}/preview", content=content, headers=ZIP)
    assert answer.status_code == 422
    assert words in answer.json()["detail"]
    assert "/tmp" not in answer.json()["detail"]


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        ("MOST_BYTES", "a notebook may not have more: clear its outputs"),
        ("MOST_UNPACKED_BYTES", "when unpacked: clear the notebooks' outputs"),
    ],
)
async def test_a_zip_file_that_unpacks_to_too_much_is_refused(
    limit: str, words: str, admin: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is measured while it is unpacked, one notebook and all together."""
    monkeypatch.setattr(notebook_zip, limit, 3_000_000)
    bomb = zipped({f"{number}.ipynb": b" " * 1_600_000 for number in range(2)})
    if limit == "MOST_BYTES":
        bomb = zipped({"a.ipynb": b" " * 3_000_001})
    assert len(bomb) < 10_000
    answer = await admin.post(f"{REGISTRATION.format('no')}/preview", content=bomb, headers=ZIP)
    assert answer.status_code == 422
    assert words in answer.json()["detail"]
