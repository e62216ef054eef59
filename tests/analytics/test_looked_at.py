"""Who looked at which student: noted beside the requests, shown by a command."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

import httpx
from fastapi import FastAPI

from analytics.api import create_app
from flows.stores.store import StoreUnavailableError
from flows.stores.student_views import KEPT, delete_old, of_student
from ingest_api.tokens import Grant, SignedIn
from tests.cellpulse import cellpulse

NOW = datetime.now(UTC)


async def test_what_is_asked_about_a_student_is_noted_with_who_asked(
    stores: Any, bearer: Callable[..., dict[str, str]], lake_path: str
) -> None:
    """Answers about one student count, by hour; the student's own and the class's do not."""
    run = {"course_id": "py", "status": "ok"}
    stores.write(*(stores.log(NOW, student_id=student, **run) for student in ("ada", "bob")))
    app: FastAPI = create_app(stores.settings)
    looked_at = app.state.looked_at
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://api/api/v1", timeout=60
    ) as client:
        instructor, ada = bearer("py"), bearer("py", "ada")
        for path, headers in (
            ("students/ada/history", instructor),
            ("students/ada/sittings", instructor),
            ("events?student_id=ada", instructor),
            ("students/ada/history", ada),
            ("students", instructor),
            ("students/nobody/history", instructor),
        ):
            answer = await client.get(f"/courses/py/{path}", headers=headers)
            assert answer.status_code in (200, 404), answer.text
        refused = await client.get("/courses/py/students/bob/history", headers=ada)
        assert refused.status_code == 403
    account = SignedIn(account="grace", issued_at=0, expires_at=0, token_id="t")
    looked_at.note(Grant("read", "py", signed_in=account), "py", "ada")
    away = StoreUnavailableError("away")
    with patch("analytics.looked_at.add", side_effect=away):
        looked_at.flush()
    looked_at.flush()
    looked_at.note(Grant("read", "py", signed_in=account), "py", "ada")
    looked_at.close()
    app.state.lake.close()

    found: Counter[str] = Counter()
    for view in of_student(stores.engine, "ada"):
        found[view.who.partition(" ")[0]] += view.answers
    assert found == {"token": 3, "grace": 2}
    assert of_student(stores.engine, "nobody") == of_student(stores.engine, "bob") == []
    environment = {
        "CELLPULSE_POSTGRES_URL": stores.settings.postgres_url,
        "CELLPULSE_LAKE_PATH": lake_path,
    }
    shown = cellpulse(environment, "looked-at", "--student", "ada", "--course", "py").stdout
    assert "  py  grace  " in shown
    assert "nobody looked" in cellpulse(environment, "looked-at", "--student", "bob").stdout

    assert delete_old(stores.engine) == 0
    with stores.engine.begin() as connection:
        connection.exec_driver_sql(
            f"UPDATE student_views SET last_at = now() - interval '{KEPT.days + 1} days' "
            "WHERE who = 'grace'"
        )
    assert delete_old(stores.engine) == 1
