"""`GET /courses/{course_id}/code_groups`: who wrote the same at one exercise."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx
import psycopg
import pytest

from analytics.code_groups.similarity import MOST_GROUPS, grouped, most_alike, pairs_of, similarity
from analytics.code_groups.similarity import tokens_of as tokens
from analytics.queries.query import load_query
from tests.analytics.measures.memory_lake import COURSE, MemoryLake

NOW: Final = datetime(2026, 1, 12, 9, 30, tzinfo=UTC)
LOOP: Final = "total = 0\nfor n in numbers:\n    total += n\nprint(total)"
TYPO: Final = "total = 0\nfor n in numbers:\n    totl += n\nprint(total)"
SUM: Final = "print(sum(numbers))"


def test_blanks_comments_and_quotes_within_make_no_difference_to_tokens() -> None:
    """What makes a difference to Python does: the block, and each name."""
    assert tokens("a=1 # one\n\n\nb = a") == tokens("a = 1\nb  =  a\n")
    assert tokens("if a:\n  b\n") == tokens("if a:\n        b")
    assert tokens("if a:\n  b\nc") != tokens("if a:\n  b\n  c")


@pytest.mark.parametrize(
    "code", ["%%bash\nls 'x", "def f(:", "x = '''", "SELECT  a\nFROM b", "  a\n b", "\0", ""]
)
def test_what_is_no_python_has_tokens_too(code: str) -> None:
    """Then blanks make no difference."""
    assert tokens(code) == tokens(f"{code}\n\n")
    assert similarity(pairs_of(tokens(code)), pairs_of(tokens(code))) == 1


def test_programs_that_are_alike_are_one_group() -> None:
    """With the commonest one for all; the rest stands alone; the largest group comes first."""
    found = grouped([SUM, TYPO, LOOP, f"{LOOP}  # done", "import math"])
    assert [(group.code, group.members) for group in found] == [
        (LOOP, (2, 3, 1)),
        (SUM, (0,)),
        ("import math", (4,)),
    ]
    assert most_alike(TYPO, [SUM, LOOP]) == LOOP
    assert most_alike(TYPO, []) is None


def test_many_programs_that_differ_are_all_in_a_group() -> None:
    """Also those that are compared with no other any more."""
    programs = [f"v{number} = f{number}(w{number})" for number in range(MOST_GROUPS + 20)]
    found = grouped(programs)
    assert sorted(place for group in found for place in group.members) == [*range(len(programs))]


def attempts(lake: MemoryLake, *events: dict[str, Any]) -> dict[str, Any]:
    lake.write(
        {"exercise": "1", "occurred_at": NOW + timedelta(seconds=number)} | event
        for number, event in enumerate(events)
    )
    rows = load_query("code_attempts").rows(
        lake.connection, course_id=COURSE, section=None, of_exercise="1", row_limit=10
    )
    assert {row["sharing"] for row in rows} <= {len(rows)}
    return {row["student_id"]: (row["code"], row["has_solved"]) for row in rows}


def test_the_latest_code_up_to_the_solution_counts(lake: MemoryLake) -> None:
    """Not what was tried after it, and not the check's own cell."""
    ada: dict[str, Any] = {"student_id": "ada", "cell_id": "a", "status": "ok"}
    check: dict[str, Any] = {"student_id": "ada", "cell_id": "c"}
    found = attempts(
        lake,
        ada | {"code": "first"},
        ada | {"code": "second"},
        check | {"status": "ok", "code": "check(it)"},
        check | {"type": "check_result", "check_name": "a", "passed": True},
        ada | {"code": "played on"},
        {"student_id": "bob", "status": "ok", "code": "x"},
        {"student_id": "bob", "status": "error", "code": "y", "exercise": "2"},
        {"student_id": "cy", "status": "ok"},
        {"student_id": "dan", "status": "ok", "code": " \n"},
        {"student_id": "eve", "status": "ok", "cell_id": "c", "code": "check(it)"},
    )
    assert found == {"ada": ("second", True), "bob": ("x", False), "eve": ("check(it)", False)}


def test_a_check_in_the_solutions_own_cell_is_told_before_the_run_that_solved_it(
    lake: MemoryLake,
) -> None:
    """That run is the solution; what was run in the cell afterwards is not."""
    cell, other = {"cell_id": "a"}, {"cell_id": "b"}
    check: dict[str, Any] = {"cell_id": "c", "status": "ok", "code": "check(it)"}
    told: dict[str, Any] = {"type": "check_result", "check_name": "a", "passed": True}
    ada, bob, cy = ({"student_id": each} for each in ("ada", "bob", "cy"))
    found = attempts(
        lake,
        ada | cell | {"status": "error", "code": "wrong; check(it)"},
        ada | cell | told,
        ada | cell | {"status": "ok", "code": "right; check(it)"},
        ada | cell | {"status": "ok", "code": "played on"},
        bob | other | {"status": "ok", "code": "right"},
        bob | {"cell_id": "c"} | told,
        bob | check,
        bob | other | {"status": "ok", "code": "played on"},
        cy | {"status": "ok", "code": "no cell"},
        cy | told,
        cy | {"status": "ok", "code": "played on"},
    )
    assert found == {
        "ada": ("right; check(it)", True),
        "bob": ("right", True),
        "cy": ("no cell", True),
    }


def test_without_any_check_a_run_without_an_error_has_solved_it(lake: MemoryLake) -> None:
    """The weaker evidence, as everywhere."""
    found = attempts(
        lake,
        {"student_id": "ada", "status": "error", "code": "x"},
        {"student_id": "ada", "status": "ok", "code": "y"},
        {"student_id": "bob", "status": "error", "code": "z"},
    )
    assert found == {"ada": ("y", True), "bob": ("z", False)}


async def test_groups_with_a_solution_that_is_like_them(
    stores: Any, api_of: Callable[..., httpx.AsyncClient]
) -> None:
    """Largest first; who solved it and who did not are never in one group."""
    codes = {"ada": TYPO, "bob": TYPO, "cy": LOOP, "dan": SUM}
    events = []
    for place, (student, code) in enumerate(codes.items()):
        of = {"course_id": "py", "student_id": student, "exercise": "1"}
        failed = {"status": "error", "error_name": "NameError"}
        run = of | {"code": code} | (failed if code == TYPO else {"status": "ok"})
        events.append(stores.log(NOW + timedelta(seconds=place), **run))
    stores.write(*events)
    client = api_of(stores.settings)
    ask = "/courses/py/code_groups"
    answer = (await client.get(ask, params={"exercise": "1"})).json()
    assert answer["sharing"] == 4
    assert [
        (
            group["code"],
            [each["student_id"] for each in group["who"]],
            group["has_solved"],
            group["error_name"],
            group["solved_code"],
        )
        for group in answer["groups"]
    ] == [
        (TYPO, ["bob", "ada"], False, "NameError", LOOP),
        (SUM, ["dan"], True, None, None),
        (LOOP, ["cy"], True, None, None),
    ]
    with psycopg.connect(stores.settings.postgres_url) as connection:
        connection.execute("UPDATE enrollments SET section = 'B' WHERE student_id = 'cy'")
    of_b = (await client.get(ask, params={"exercise": "1", "section": "B"})).json()
    assert [[each["student_id"] for each in group["who"]] for group in of_b["groups"]] == [["cy"]]
    nothing = (await client.get(ask, params={"exercise": "9"})).json()
    assert (nothing["sharing"], nothing["groups"]) == (0, [])
    assert (await client.get(ask)).status_code == 422
