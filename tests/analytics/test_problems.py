"""Errors of the aggregation API: one shape for all, each with what to do."""

import httpx
import pytest

HISTORY = "/courses/py/students/ada/history"
TIMELINE = "/courses/py/timeline"
NOT_FOUND = [
    "/courses/nowhere/progress",
    "/courses/nowhere/students",
    "/courses/nowhere/exercises",
    "/courses/nowhere/timeline",
    "/courses/nowhere/events",
    "/courses/nowhere/students/ada/history",
    "/courses/py/students/nobody/history",
    "/courses/pages/students/ada/history",
    "/courses/py/students//history",
    "/courses//progress",
    "/courses/%00/progress",
    "/courses/%FF/progress",
    "/courses/a%5Cb/progress",
    "/courses/%20/progress",
    "/courses/py/students/%0A/history",
    "/courses/py",
    "/courses/py/progress/",
    "/nothing",
]
INVALID = [
    f"{HISTORY}?limit=0",
    f"{HISTORY}?limit=1001",
    f"{HISTORY}?limit=ten",
    f"{HISTORY}?limit=1.5",
    f"{HISTORY}?before=",
    f"{HISTORY}?before=1",
    f"{HISTORY}?before=1-2-3",
    f"{HISTORY}?before=-1-0",
    f"{HISTORY}?before=1-0%0A",
    f"{HISTORY}?before=%D9%A1-0",
    f"{HISTORY}?before=99999999999999999-0",
    "/courses/py/events?limit=0",
    "/courses/py/events?before=1",
    f"{TIMELINE}?bucket=0m",
    f"{TIMELINE}?bucket=1441m",
    f"{TIMELINE}?bucket=25h",
    f"{TIMELINE}?bucket=5",
    f"{TIMELINE}?bucket=1s",
    f"{TIMELINE}?bucket=",
    f"{TIMELINE}?bucket=-1m",
    f"{TIMELINE}?from=yesterday",
    f"{TIMELINE}?from=0001-01-01T00:00:00Z",
    f"{TIMELINE}?to=9999-12-31T23:59:59Z",
    f"{TIMELINE}?from=2024-03-04T10:00Z&to=2024-03-04T10:00Z",
    f"{TIMELINE}?from=2024-03-04T10:00Z&to=2024-03-04T09:00Z",
    f"{TIMELINE}?from=1970-01-01",
    f"{TIMELINE}?to=2199-12-31&from=1970-01-01&bucket=24h",
]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        *(("GET", path, 404) for path in NOT_FOUND),
        *(("GET", path, 422) for path in INVALID),
        ("POST", "/courses", 405),
        ("DELETE", HISTORY, 405),
    ],
)
async def test_every_error_has_the_shape_of_a_problem(
    method: str, path: str, status: int, api: httpx.AsyncClient
) -> None:
    """An error is application/problem+json with type, title, status and a detail to act on."""
    response = await api.request(method, path)
    problem = response.json()
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert {"type", "title", "status", "detail"} <= problem.keys()
    assert problem["status"] == status
    assert len(problem["detail"]) > 10
    for error in problem.get("errors", []):
        assert error.keys() == {"field", "message"}


@pytest.mark.parametrize("name", ["limit", "before", "bucket", "from", "to"])
async def test_a_bad_parameter_is_named(name: str, api: httpx.AsyncClient) -> None:
    """The errors of a 422 say which parameter is wrong."""
    path = HISTORY if name in ("limit", "before") else TIMELINE
    problem = (await api.get(path, params={name: "?"})).json()
    assert [error["field"] for error in problem["errors"]] == [f"query.{name}"]
