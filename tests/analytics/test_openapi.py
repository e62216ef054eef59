"""The API's own documentation."""

import re
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import TypeAdapter

from analytics import responses
from analytics.admin import account_responses as admin_account_responses
from analytics.admin import course_responses as admin_course_responses
from analytics.admin import enrolment_responses as admin_enrolment_responses
from analytics.admin import health_responses as admin_health_responses
from analytics.admin import hook_token_responses
from analytics.admin import registration_responses as admin_registration_responses
from analytics.admin import stored_responses as admin_stored_responses
from analytics.admin import token_responses as admin_token_responses
from analytics.after_class import responses as after_class_responses
from analytics.api import create_app
from analytics.attention import responses as attention_responses
from analytics.class_marks import responses as class_marks_responses
from analytics.class_view import responses as class_view_responses
from analytics.code_groups import responses as code_groups_responses
from analytics.export import responses as export_responses
from analytics.live import responses as live_responses
from analytics.measures import responses as measures_responses
from analytics.my_progress import responses as my_progress_responses
from analytics.plan import responses as plan_responses
from analytics.settings import ApiSettings
from analytics.sign_in import responses as sign_in_responses
from analytics.student import responses as student_responses
from analytics.written import WRITTEN

OWN = "/api/v1/courses/{course_id}/students/{student_id}"
ANSWERS = {
    "/api/v1/courses": responses.Courses,
    "/api/v1/courses/{course_id}/progress": responses.Progress,
    "/api/v1/courses/{course_id}/students": responses.Students,
    "/api/v1/courses/{course_id}/students/{student_id}/history": responses.History,
    "/api/v1/courses/{course_id}/students/{student_id}/sittings": student_responses.Sittings,
    "/api/v1/courses/{course_id}/students/{student_id}/notes": student_responses.Notes,
    "/api/v1/courses/{course_id}/events": responses.Events,
    "/api/v1/courses/{course_id}/exercises": responses.Exercises,
    "/api/v1/courses/{course_id}/timeline": responses.Timeline,
    "/api/v1/courses/{course_id}/class_map": class_view_responses.ClassMap,
    "/api/v1/courses/{course_id}/live": live_responses.Live,
    "/api/v1/courses/{course_id}/class_sessions": class_view_responses.ClassSessions,
    "/api/v1/courses/{course_id}/class_stream": class_view_responses.ClassStream,
    "/api/v1/courses/{course_id}/marks": class_marks_responses.ClassMarks,
    "/api/v1/courses/{course_id}/plan": plan_responses.ClassPlan,
    "/api/v1/courses/{course_id}/code_groups": code_groups_responses.CodeGroups,
    "/api/v1/courses/{course_id}/aliases": class_view_responses.Aliases,
    "/api/v1/measures": measures_responses.Measures,
    "/api/v1/measures/{name}": measures_responses.MeasureDefinition,
    "/api/v1/courses/{course_id}/measures/{name}": measures_responses.MeasureRows,
    "/api/v1/courses/{course_id}/error_clusters": attention_responses.ErrorClusters,
    "/api/v1/courses/{course_id}/attention": attention_responses.Attention,
    "/api/v1/courses/{course_id}/attention/thresholds": attention_responses.AttentionThresholds,
    "/api/v1/courses/{course_id}/tables": responses.Tables,
    f"{OWN}/overview": my_progress_responses.OwnOverview,
    f"{OWN}/preferences": my_progress_responses.OwnPreferences,
    f"{OWN}/deletion": my_progress_responses.DeletionRequest,
    "/api/v1/deletion_requests": my_progress_responses.DeletionRequests,
    "/api/v1/courses/{course_id}/report": after_class_responses.Report,
    "/api/v1/courses/{course_id}/exports": export_responses.Exports,
    "/api/v1/courses/{course_id}/exports/{export_id}": export_responses.Export,
    "/api/v1/viewer": sign_in_responses.Viewer,
    "/api/v1/admin/courses": admin_course_responses.AdminCourses,
    "/api/v1/admin/courses/{course_id}/retention": admin_course_responses.CourseRetention,
    "/api/v1/admin/courses/{course_id}/stored": admin_stored_responses.StoredOfCourse,
    "/api/v1/admin/students/{student_id}/stored": admin_stored_responses.StoredAboutStudent,
    "/api/v1/admin/accounts": admin_account_responses.Accounts,
    "/api/v1/admin/tokens": admin_token_responses.HandedOutTokens,
    "/api/v1/admin/actions": admin_course_responses.AdminActions,
    "/api/v1/admin/health": admin_health_responses.Health,
    "/healthz": dict[str, str],
    "/readyz": dict[str, str],
}
#: The way in needs no token.
DOOR = {
    ("post", "/api/v1/sign-in"): sign_in_responses.NewSession,
    ("post", "/api/v1/password"): sign_in_responses.NewSession,
    ("post", "/api/v1/student-page"): sign_in_responses.NewSession,
    ("post", "/api/v1/sign-in/provider"): sign_in_responses.BegunSignIn,
    ("post", "/api/v1/sign-in/provider/answer"): sign_in_responses.NewSession,
    ("post", "/api/v1/sign-out"): sign_in_responses.SignedOutAnswer,
}
FILES = {
    "/api/v1/courses/{course_id}/tables/{table}",
    "/api/v1/courses/{course_id}/exports/{export_id}/file",
    f"{OWN}/data",
}
#: Addresses that change something: method and path.
CHANGES = {
    ("put", f"{OWN}/preferences"): my_progress_responses.OwnPreferences,
    ("post", f"{OWN}/deletion"): my_progress_responses.DeletionRequest,
    ("delete", f"{OWN}/deletion"): my_progress_responses.DeletionRequest,
    ("post", "/api/v1/courses/{course_id}/marks"): class_marks_responses.ClassMarkSet,
    ("put", "/api/v1/courses/{course_id}/plan"): plan_responses.PlanSet,
    (
        "delete",
        "/api/v1/courses/{course_id}/marks/{mark_id}",
    ): class_marks_responses.ClassMarkRemoved,
    (
        "put",
        "/api/v1/courses/{course_id}/attention/thresholds",
    ): attention_responses.AttentionThresholds,
    ("post", "/api/v1/courses/{course_id}/students/{student_id}/notes"): student_responses.Notes,
    (
        "delete",
        "/api/v1/courses/{course_id}/students/{student_id}/notes/{note_id}",
    ): student_responses.Notes,
    (
        "post",
        "/api/v1/courses/{course_id}/students/{student_id}/notes/{note_id}/restore",
    ): student_responses.Notes,
    (
        "post",
        "/api/v1/courses/{course_id}/attention/{student_id}/snooze",
    ): attention_responses.Snoozed,
    (
        "delete",
        "/api/v1/courses/{course_id}/attention/{student_id}/snooze",
    ): attention_responses.Snoozed,
    ("post", "/api/v1/courses/{course_id}/attention/{student_id}/mark"): attention_responses.Marked,
    ("post", "/api/v1/admin/courses"): admin_course_responses.NewCourse,
    ("put", "/api/v1/admin/courses/{course_id}"): admin_course_responses.CourseSettings,
    ("post", "/api/v1/admin/courses/{course_id}/roster"): admin_enrolment_responses.Enrolment,
    (
        "post",
        "/api/v1/admin/courses/{course_id}/roster/preview",
    ): admin_enrolment_responses.Enrolment,
    (
        "post",
        "/api/v1/admin/courses/{course_id}/registration",
    ): admin_registration_responses.RegistrationPreview,
    (
        "post",
        "/api/v1/admin/courses/{course_id}/registration/preview",
    ): admin_registration_responses.RegistrationPreview,
    ("post", "/api/v1/admin/courses/{course_id}/hook_tokens"): hook_token_responses.HookToken,
    ("post", "/api/v1/admin/accounts"): admin_account_responses.AccountLink,
    ("post", "/api/v1/admin/accounts/{account}/reset"): admin_account_responses.AccountLink,
    ("post", "/api/v1/admin/tokens/{token_id}/revoke"): admin_token_responses.RevokedToken,
    ("delete", "/api/v1/admin/accounts/{account}"): admin_account_responses.RemovedAccount,
    (
        "delete",
        "/api/v1/courses/{course_id}/attention/{student_id}/mark",
    ): attention_responses.Marked,
    ("post", "/api/v1/courses/{course_id}/exports"): export_responses.Export,
    ("post", "/api/v1/courses/{course_id}/exports/{export_id}/cancel"): export_responses.Export,
}
OPERATIONS = {("get", path): answer for path, answer in ANSWERS.items()} | CHANGES
OF_API = [
    operation
    for operation in (*OPERATIONS, *(("get", path) for path in sorted(FILES)))
    if operation[1].startswith("/api")
]
OPERATIONS |= DOOR


@pytest.fixture
def document() -> Any:
    app: FastAPI = create_app(
        ApiSettings(postgres_url="postgresql://nowhere", lake_path="nowhere", secret="x" * 32)
    )
    return app.openapi()


@pytest.fixture
def paths(document: Any) -> Any:
    return document["paths"]


def test_what_somebody_wrote_is_known_as_such(document: Any) -> None:
    """So that names in it are hidden where a page is projected, and told where they may be."""
    texts = {
        name
        for schema in document["components"]["schemas"].values()
        for name, field in schema.get("properties", {}).items()
        if {"string"} <= {each.get("type") for each in (field, *field.get("anyOf", []))}
    }
    named = re.compile(r"(^|_)(code|line|message|output|pattern|reason|text)$")
    assert {name for name in texts if named.search(name)} == WRITTEN


def test_every_address_is_documented(paths: Any) -> None:
    """The addresses are those of the contract, no more and no fewer."""
    assert {
        (method, path) for path, operations in paths.items() for method in operations
    } == OPERATIONS.keys() | {("get", path) for path in FILES}


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_address_shows_a_true_example(method: str, path: str, paths: Any) -> None:
    """The example of an answer is one that the answer's own model accepts."""
    answers = paths[path][method]["responses"]
    success = answers.get("200") or answers["202"]
    example = success["content"]["application/json"]["example"]
    TypeAdapter(OPERATIONS[method, path]).validate_python(example, strict=False)


@pytest.mark.parametrize(("method", "path"), OF_API)
def test_every_address_shows_its_errors_and_its_token(method: str, path: str, paths: Any) -> None:
    """Errors are documented as problems with an example, and the token as a bearer's."""
    operation = paths[path][method]
    for status in ("401", "403", "404", "422", "503"):
        problem = operation["responses"][status]["content"]["application/problem+json"]["example"]
        assert problem["status"] == int(status)
    assert operation["security"] == [{"HTTPBearer": []}]


@pytest.mark.parametrize(("method", "path"), OF_API)
def test_every_parameter_is_described(method: str, path: str, paths: Any) -> None:
    """Each parameter has a meaning in words."""
    for parameter in paths[path][method].get("parameters", []):
        assert parameter["description"], parameter["name"]


@pytest.mark.parametrize("page", ["/docs", "/redoc"])
async def test_the_documentation_needs_nobody_else(page: str) -> None:
    """Whatever the page loads comes from this very server, so it works without the internet."""
    app = create_app(
        ApiSettings(postgres_url="postgresql://nowhere", lake_path="nowhere", secret="x" * 32)
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://api") as api:
        shown = await api.get(page)
        loaded = re.findall(r'(?:src|href)="([^"]+)"', shown.text)
        assert loaded
        for address in loaded:
            assert address.startswith("/")
            assert (await api.get(address)).status_code == 200
