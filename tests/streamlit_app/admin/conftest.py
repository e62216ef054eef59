"""The Admin page over an API that answers what the test decides."""

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from analytics.admin import examples as admin_examples

ADMIN = "/api/v1/admin"


@pytest.fixture
def open_part(made_up: Any, open_alone: Callable[..., AppTest]) -> Callable[..., AppTest]:
    """Return a function that opens a part of the page as an admin; answers can be replaced."""
    usual = {
        "courses": admin_examples.COURSES,
        "actions": admin_examples.ACTIONS,
        "accounts": admin_examples.ACCOUNTS,
        "tokens": admin_examples.TOKENS,
        "health": admin_examples.HEALTH,
        "courses/python-1/retention": admin_examples.RETENTION,
        "courses/python-1/stored": admin_examples.OF_COURSE,
        "students/s01/stored": admin_examples.ABOUT_STUDENT,
    }

    def open_part(part: str, query: dict[str, str] | None = None, **answers: Any) -> AppTest:
        for path, answer in (usual | answers).items():
            made_up.answer_with[f"{ADMIN}/{path}"] = answer.model_dump(mode="json")
        return open_alone("admin", course="python-1", part=part, **(query or {}))

    return open_part
