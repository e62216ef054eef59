"""Both OpenAPI documents against the processes that they describe: schemathesis makes requests."""

from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
STUDENT = {"course_id": "demo", "student_id": "s1"}
KNOWN = STUDENT | {
    "name": "error_quotient",
    "table": "events",
    "mark_id": "1",
    "note_id": "0" * 32,
    "account": "a1",
    "export_id": "0" * 32,
    "token_id": "0" * 32,
}
PROBLEM = "application/problem+json"
#: Files that are uploaded: what they should be, almost that, and anything.
ROSTER = b"student_id,name,section\ns1,Ada,A\n"
schemathesis.openapi.media_type(
    "text/csv", st.sampled_from([ROSTER, ROSTER[:-9], b"\xff\xfe"]) | st.binary(max_size=40)
)
schemathesis.openapi.media_type(
    "application/zip", st.sampled_from([b"PK\x05\x06" + bytes(18), b"PK"]) | st.binary(max_size=40)
)


@pytest.fixture(scope="module")
def taught(shared_stores: Any) -> Any:
    """Return a pipeline with a class whose events the API knows."""
    shared_stores.post(
        [STUDENT | {"status": "error", "exercise": "1.1", "room": {"a": [None, "é"]}}] * 5
    )
    shared_stores.wait_until(lambda: shared_stores.runs_by_api() >= 5, "the lake")
    return shared_stores


def fuzz(schema: BaseSchema, headers: dict[str, str], examples: int) -> set[int]:
    """Send requests of each kind to each address; return the statuses that were answered."""
    answered: set[int] = set()
    #: What was seen to answer nobody without a token: once is enough, and takes two more requests.
    guarded: set[str] = set()
    session = requests.Session()
    for found in schema.get_all_operations():
        operation = found.ok()
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            cases = operation.as_strategy(generation_mode=mode)

            @settings(max_examples=examples, suppress_health_check=list(HealthCheck))
            @given(case=cases, is_known=st.booleans())
            def check(case: Case, is_known: bool) -> None:
                if is_known and case.path_parameters:
                    case.path_parameters |= {n: KNOWN[n] for n in case.path_parameters}
                where = case.operation.label
                checks = CHECKS if where in guarded else [*CHECKS, ignored_auth]
                response = case.call_and_validate(session=session, headers=headers, checks=checks)
                answered.add(response.status_code)
                if response.status_code >= 400:
                    check_problem(response)
                elif response.status_code < 300:
                    guarded.add(where)

            try:
                check()
            except Unsatisfiable:  # nothing can be wrong about an address without parameters
                assert mode is GenerationMode.NEGATIVE
    session.close()
    return answered


def check_problem(response: Any) -> None:
    assert response.headers["content-type"] == [PROBLEM]
    problem = response.json()
    assert problem["status"] == response.status_code
    assert problem.keys() >= {"type", "title", "detail"}
    assert len(problem["detail"]) > 10


@pytest.mark.timeout(900)
def test_the_ingest_does_what_its_document_says(taught: Any) -> None:
    """No request that can be made of the document gives a 500 or an undocumented answer."""
    schema = schemathesis.openapi.from_url(f"{taught.ingest}/openapi.json")
    answered = fuzz(schema, taught.bearer(course="*"), examples=50)
    assert {200, 202, 422} <= answered


@pytest.mark.timeout(900)
def test_the_aggregation_api_does_what_its_document_says(taught: Any) -> None:
    """The same holds for each address of the aggregation API, known course or not."""
    schema = schemathesis.openapi.from_url(f"{taught.api}/openapi.json")
    answered = fuzz(schema, taught.bearer("read", "*"), examples=15)
    assert {200, 404, 422} <= answered
