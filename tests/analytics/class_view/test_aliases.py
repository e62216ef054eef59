"""`GET /courses/{course_id}/aliases`: neutral stand-ins for names."""

from datetime import UTC, datetime, timedelta
from typing import Final

import httpx

from analytics.class_view.alias_answers import alias_numbers
from analytics.class_view.responses import ALIASES

DAY: Final = datetime(2026, 1, 12, tzinfo=UTC)
SECRET: Final = "a secret"


async def test_everybody_who_is_enrolled_has_an_alias(api: httpx.AsyncClient) -> None:
    """The same at each question, no two of a course alike, and with the name to be hidden."""
    first, again = [(await api.get("/courses/py/aliases")).json() for _ in range(2)]
    assert first == again
    names = {each["student_id"]: each["display_name"] for each in first["aliases"]}
    assert names == dict.fromkeys(("bob", "cy", "dan", "eve")) | {"ada": "Ada Lovelace"}
    assert len({each["number"] for each in first["aliases"]}) == len(names)
    assert (await api.get("/courses/nowhere/aliases")).status_code == 404


def test_aliases_stay_when_others_join() -> None:
    """No two of 3,000 are alike, and those of the first 500 are what they were without the rest."""
    everybody = [(DAY + timedelta(days=number // 500), f"s{number}") for number in range(3_000)]
    numbers = alias_numbers(everybody, "py", SECRET)
    assert len(set(numbers.values())) == len(everybody)
    early = alias_numbers(reversed(everybody[:500]), "py", SECRET)
    assert early == {student: numbers[student] for _, student in everybody[:500]}
    assert max(early.values()) < ALIASES <= max(numbers.values())


def test_an_alias_tells_nothing_without_the_secret() -> None:
    """It depends on the secret, and a student has another one in each course."""
    enrolled = [(DAY, f"s{number}") for number in range(100)]
    numbers = alias_numbers(enrolled, "py", SECRET)
    for other in (alias_numbers(enrolled, "py", "b"), alias_numbers(enrolled, "js", SECRET)):
        assert sum(numbers[student] == other[student] for student in numbers) < 5
