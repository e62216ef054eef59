"""Every address of the aggregation API, in the order in which they are tried."""

from typing import Final

from fastapi import APIRouter, FastAPI

from analytics import health, routes
from analytics.admin import account_routes as admin_account_routes
from analytics.admin import course_routes as admin_course_routes
from analytics.admin import enrolment_routes as admin_enrolment_routes
from analytics.admin import health_routes as admin_health_routes
from analytics.admin import hook_token_routes
from analytics.admin import registration_routes as admin_registration_routes
from analytics.admin import stored_routes as admin_stored_routes
from analytics.admin import token_routes as admin_token_routes
from analytics.after_class import routes as after_class_routes
from analytics.attention import routes as attention_routes
from analytics.class_marks import routes as class_marks_routes
from analytics.class_view import routes as class_view_routes
from analytics.code_groups import routes as code_groups_routes
from analytics.export import routes as export_routes
from analytics.live import routes as live_routes
from analytics.measures import routes as measures_routes
from analytics.my_progress import routes as my_progress_routes
from analytics.plan import routes as plan_routes
from analytics.sign_in import routes as sign_in_routes
from analytics.student import routes as student_routes
from analytics.tables import routes as tables_routes

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
    my_progress_routes.router,
    student_routes.router,
    tables_routes.router,
    measures_routes.router,
    attention_routes.router,
    class_marks_routes.router,
    class_view_routes.router,
    live_routes.router,
    code_groups_routes.router,
    export_routes.router,
    plan_routes.router,
    after_class_routes.router,
    routes.router,
    sign_in_routes.router,
    health.router,
)


def include_addresses(app: FastAPI) -> None:
    """Give an app every address."""
    for router in _ROUTERS:
        app.include_router(router)
