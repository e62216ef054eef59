"""Every address of the aggregation API, in the order in which they are tried."""

from typing import Final

from fastapi import APIRouter, FastAPI

from analytics import (
    class_mark_routes,
    class_routes,
    code_routes,
    health,
    hook_token_routes,
    live_routes,
    measure_routes,
    own_page_routes,
    plan_routes,
    report_routes,
    routes,
    student_routes,
    table_routes,
)
from analytics.admin import account_routes as admin_account_routes
from analytics.admin import course_routes as admin_course_routes
from analytics.admin import enrolment_routes as admin_enrolment_routes
from analytics.admin import health_routes as admin_health_routes
from analytics.admin import registration_routes as admin_registration_routes
from analytics.admin import stored_routes as admin_stored_routes
from analytics.admin import token_routes as admin_token_routes
from analytics.attention import routes as attention_routes
from analytics.exports import routes as export_routes
from analytics.sign_in import routes as sign_in_routes

_ROUTERS: Final[tuple[APIRouter, ...]] = (
    admin_stored_routes.router,
    admin_enrolment_routes.router,
    hook_token_routes.router,
    admin_registration_routes.router,
    admin_course_routes.router,
    admin_account_routes.router,
    admin_token_routes.router,
    admin_health_routes.router,
    # First the addresses with a name at their end, which the others' course could swallow.
    routes.history_router,
    own_page_routes.router,
    student_routes.router,
    table_routes.router,
    measure_routes.router,
    attention_routes.router,
    class_mark_routes.router,
    class_routes.router,
    live_routes.router,
    code_routes.router,
    export_routes.router,
    plan_routes.router,
    report_routes.router,
    routes.router,
    sign_in_routes.router,
    health.router,
)


def include_addresses(app: FastAPI) -> None:
    """Give an app every address."""
    for router in _ROUTERS:
        app.include_router(router)
