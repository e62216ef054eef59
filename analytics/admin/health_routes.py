"""The address by which an admin sees how the platform is."""

from functools import partial
from typing import Final

from fastapi import APIRouter, Request

from analytics import examples
from analytics.admin import examples as admin_examples
from analytics.admin.access import PROBLEMS, Admin
from analytics.admin.health_responses import Health, HealthLine
from analytics.settings import ApiSettings
from flows.embedded.answers import http_answers
from flows.platform_status import BackupStatus, PartStatus, PlatformStatus, Room, StoreStatus
from flows.status import Sources, ask_status

router = APIRouter(prefix="/api/v1/admin", responses=PROBLEMS)
_READY: Final = "/readyz"
_DASHBOARD: Final = "/_stcore/health"


@router.get("/health", responses=examples.answer(admin_examples.HEALTH))
def get_admin_health(request: Request, _: Admin) -> Health:
    """Return how each part and each store is; what does not answer is told, and is no error."""
    return _told(ask_status(_sources(request.app.state.settings)))


def _sources(settings: ApiSettings) -> Sources:
    parts = {"api": lambda: True}  # it is this very process
    if settings.ingest_url is not None:
        parts["ingest"] = partial(http_answers, settings.ingest_url.rstrip("/") + _READY)
    if settings.dashboard_url is not None:
        parts["dashboard"] = partial(http_answers, settings.dashboard_url.rstrip("/") + _DASHBOARD)
    return Sources(
        settings.redis_url, settings.postgres_url, None, parts, lake_path=settings.lake_path
    )


def _told(status: PlatformStatus) -> Health:
    return Health(
        ok=status.ok,
        words=status.words,
        parts=[_part(part) for part in status.parts],
        stores=[_store(store) for store in status.stores],
        rooms=[_room(room) for room in status.rooms],
        backup=status.backup and _backup(status.backup),
        log_length=status.log_length,
        events=status.events,
    )


def _part(part: PartStatus) -> HealthLine:
    return HealthLine(
        name=part.name, level=part.level, code=part.state, values={}, words=part.state
    )


def _store(store: StoreStatus) -> HealthLine:
    values = {"events": store.lag_events, "seconds": store.lag_seconds, "missed": store.missed}
    return HealthLine(
        name=store.name,
        level=store.level,
        code="missed" if store.missed else "lag",
        values=values,
        words=store.words,
    )


def _room(room: Room) -> HealthLine:
    values = {"used_bytes": room.used_bytes}
    if room.limit_bytes is not None:
        values["limit_bytes"] = room.limit_bytes
    return HealthLine(
        name=room.name,
        level=room.level,
        code="used" if room.limit_bytes is None else "used_of",
        values=values,
        words=room.words,
    )


def _backup(backup: BackupStatus) -> HealthLine:
    age = backup.age_seconds
    return HealthLine(
        name="backup",
        level=backup.level,
        code="never" if age is None else "made",
        values={} if age is None else {"age_seconds": age},
        words=backup.words,
    )
