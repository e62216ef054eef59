"""Measures over HTTP and in notebooks: every one answers, explains itself, and can be opened."""

import math
import re
from collections.abc import Callable
from typing import Any

import duckdb
import httpx
import pytest

from analytics.lake.connection import connect
from analytics.measures.measure import (
    GRAINS,
    STANDARD_COLUMNS,
    STANDARD_PARAMETERS,
    load_measure,
    measure_names,
    parse_measure,
)
from analytics.queries.header import BadHeaderError

COURSE = "/courses/py"


@pytest.fixture(scope="module")
def notebook(known_class: Any) -> Any:
    with connect(known_class.settings.postgres_url, known_class.settings.lake_path) as connection:
        yield connection


@pytest.mark.parametrize("name", measure_names())
def test_a_header_is_complete_and_true(name: str, notebook: duckdb.DuckDBPyConnection) -> None:
    """A header's name, parameters and columns are those of the SQL below it."""
    measure = load_measure(name)
    assert measure.name == name
    texts = (measure.title, measure.meaning, measure.formula, measure.unit, measure.source)
    for text in (*texts, measure.adapted, measure.limits):
        assert len(text) > 3
    assert measure.named_parameters <= STANDARD_PARAMETERS | measure.parameters.keys()
    assert measure.parameters.keys() <= measure.named_parameters
    columns = notebook.sql(f"FROM {name}('py')").columns
    assert columns == [*STANDARD_COLUMNS[:3], *measure.columns]
    assert next(iter(measure.columns)) == "value"


@pytest.mark.parametrize("name", measure_names())
@pytest.mark.parametrize("by", GRAINS)
async def test_every_measure_answers_for_everyone_and_everything(
    name: str, by: str, api: httpx.AsyncClient
) -> None:
    """Class, exercises, students, both and runs: each of them has a row, with null for no data."""
    answer = await api.get(f"{COURSE}/measures/{name}", params={"by": by})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found["as_of"]["position"]
    assert found["measure"]["name"] == name
    keys = {
        "course": set(),
        "exercise": {"exercise"},
        "student": {"student_id"},
        "student_exercise": {"student_id", "exercise"},
        "run": {"student_id", "exercise", "position"},
    }[by]
    for row in found["rows"]:
        assert row.keys() == keys | found["measure"]["columns"].keys()
        assert row["value"] is None or math.isfinite(row["value"])
    if by == "course":
        assert len(found["rows"]) == 1
    if by == "student":
        assert [row["student_id"] for row in found["rows"]] == ["ada", "bob", "cy", "dan", "eve"]
    if by == "exercise":
        assert [row["exercise"] for row in found["rows"]] == [None, "0.5", "1.2", "1.10"]


@pytest.mark.parametrize("name", measure_names())
def test_every_measure_is_a_macro_that_describes_itself(
    name: str, notebook: duckdb.DuckDBPyConnection
) -> None:
    """In a notebook a measure is a table macro with the same numbers and a comment."""
    values = notebook.execute(f"SELECT value FROM {name}('py', by := 'student')").fetchall()
    assert len(values) <= 5
    [(comment,)] = notebook.execute(
        "SELECT comment FROM duckdb_functions() WHERE function_name = ?", [name]
    ).fetchall()
    assert load_measure(name).meaning in comment


async def test_the_list_explains_every_measure(api: httpx.AsyncClient) -> None:
    """The list has each file's texts, its SQL and the digest to cite it by."""
    found = (await api.get("/measures")).json()["measures"]
    assert [measure["name"] for measure in found] == measure_names()
    one = (await api.get("/measures/error_quotient")).json()
    assert one in found
    assert "doi:10.1145/1151588.1151600" in one["source"]
    assert one["sql"] == load_measure("error_quotient").sql
    assert re.fullmatch("[0-9a-f]{64}", one["sha256"])


async def test_a_student_singles_nobody_out(
    api: httpx.AsyncClient, bearer: Callable[..., dict[str, str]]
) -> None:
    """Parameters could make a class of one classmate, or tell when another one solved something.

    And some measures tell of others as they are.
    """
    headers = bearer(course="py", student="ada")
    asked = {"by": "student", "student_id": "ada"}
    of_others = {"completion_forecast", "pace", "time_to_first_run", "watwin"}
    for name in measure_names():
        address = f"{COURSE}/measures/{name}"
        answer = await api.get(address, params=asked, headers=headers)
        assert answer.status_code == (403 if name in of_others else 200)
        kinds = {"section": "section", "as_of": "position"} | {
            own: parameter.kind for own, parameter in load_measure(name).parameters.items()
        }
        for own, kind in kinds.items():
            values = {"course": "py", "section": "B", "number": "0", "text": "x", "position": "1-0"}
            value = values[kind]
            refused = await api.get(address, params={**asked, own: value}, headers=headers)
            assert refused.status_code == 403
            assert name in of_others or f"leave out {own}" in refused.json()["detail"]


async def test_a_span_of_time_and_the_past_are_measured_alone(
    api: httpx.AsyncClient,
) -> None:
    """`from`, `to` and `as_of` leave out what lies outside of them."""

    async def runs_of_ada(**params: str) -> list[dict[str, Any]]:
        params |= {"by": "run", "student_id": "ada"}
        answer = await api.get(f"{COURSE}/measures/error_quotient", params=params)
        rows: list[dict[str, Any]] = answer.json()["rows"]
        return rows

    everything = await runs_of_ada()
    assert len(everything) == 6
    assert everything[-1]["value"] == 8 / 11
    assert len(await runs_of_ada(to="2024-03-04T09:01:30Z")) == 1
    assert len(await runs_of_ada(**{"from": "2024-03-04T09:03:30Z"})) == 3
    assert await runs_of_ada(as_of="2024-03-04T09:01:30Z") == everything[:3]
    assert await runs_of_ada(as_of=everything[1]["position"]) == everything[:2]
    assert len(await runs_of_ada(exercise="1.10")) == 3


async def test_an_answer_names_the_position_that_it_was_asked_for(
    api: httpx.AsyncClient,
) -> None:
    """An answer about the past says how far it goes, and can be asked for again by that."""
    address = f"{COURSE}/measures/error_quotient"
    past = {"as_of": "2024-03-04T09:01:30Z", "by": "student"}
    answer = (await api.get(address, params=past)).json()
    again = {"as_of": answer["as_of"]["position"], "by": "student"}
    assert (await api.get(address, params=again)).json()["rows"] == answer["rows"]


@pytest.mark.parametrize(
    ("params", "status", "says"),
    [
        ({"by": "week"}, 422, "by"),
        ({"from": "2024-03-04T10:00Z", "to": "2024-03-04T09:00Z"}, 422, "before"),
        ({"as_of": "yesterday"}, 422, "as_of"),
        ({"cap": "5"}, 422, "has no parameter 'cap'"),
        ({"student_id": "nobody"}, 404, "no such student"),
    ],
)
async def test_a_bad_question_is_told_what_is_wrong(
    params: dict[str, str], status: int, says: str, api: httpx.AsyncClient
) -> None:
    """Each wrong parameter gets a problem that names it."""
    answer = await api.get(f"{COURSE}/measures/error_quotient", params=params)
    assert answer.status_code == status
    assert says in answer.text


async def test_an_unknown_measure_is_answered_with_those_that_there_are(
    api: httpx.AsyncClient,
) -> None:
    """The 404 for a wrong name lists the right ones."""
    answer = await api.get(f"{COURSE}/measures/..%2Fsettings")
    assert answer.status_code == 404
    assert "error_quotient" in answer.json()["detail"]


async def test_a_student_reads_the_own_numbers_only(api: httpx.AsyncClient, bearer: Any) -> None:
    """A student's token opens the own rows, and neither the class nor another student."""
    own = bearer("py", "ada")
    address = f"{COURSE}/measures/error_quotient"

    async def ask(**params: str) -> httpx.Response:
        return await api.get(address, params=params, headers=own)

    allowed = await ask(by="student", student_id="ada")
    assert [row["student_id"] for row in allowed.json()["rows"]] == ["ada"]
    assert (await ask(by="student", student_id="bob")).status_code == 403
    assert (await ask(by="student")).status_code == 403
    assert (await ask(by="course", student_id="ada")).status_code == 403
    assert (await api.get("/measures", headers=own)).status_code == 200


@pytest.mark.parametrize(
    "key", ["title", "meaning", "formula", "unit", "parameters", "columns", "source", "adapted"]
)
def test_an_incomplete_header_is_refused(key: str) -> None:
    """A measure without one of its entries does not load, and the error names it."""
    sql = load_measure("error_quotient").sql.replace(f"-- {key}:", "-- other:")
    with pytest.raises(BadHeaderError, match=key):
        parse_measure(sql)


def test_a_parameter_without_a_default_is_refused() -> None:
    """A measure's own parameter needs a value to begin with."""
    sql = load_measure("error_quotient").sql
    sql = sql.replace("-- parameters: none", "-- parameters:\n--   cap: In minutes.")
    with pytest.raises(BadHeaderError, match="default"):
        parse_measure(sql)
