"""`cellpulse audit`: does every store hold what was accepted, once and in order?

How it works while the class runs: the log's end is taken first, and each store gets a moment to
come to it. Then PostgreSQL and the lake are read, each in one snapshot with the position that was
committed with it, then the log, and InfluxDB. Each store is compared as of its own position with
all that was accepted up to there, so any two stores are compared on what both must hold.

What counts as accepted is in `accepted.sql`; each check is a SQL file in `checks/`. Order: the
position in the log is the order of events, and a client may send parts of a session late, so a
sequence number below the highest one is legal. Out of order is a store that has an event at another
position than the log has it, or whose own order keys contradict each other.
"""

from typing import Final

from flows.audit.checks import (
    all_checks,
    count_findings,
    read_findings,
    read_known_losses,
    read_set_aside,
    run_check,
)
from flows.audit.gather import Gathered, Progress, gather
from flows.audit.positions import position_faults
from flows.audit.report import KEPT, AuditReport
from flows.audit.workspace import Workspace, open_workspace
from flows.log.logged_event import position_from_ns
from flows.redis_client import connect_redis
from flows.settings import FlowsSettings
from flows.stores.known_names import UnknownNameError, course_ids, meant
from flows.stores.postgres import engine_for

#: How much there is of the only course that is audited.
_KNOWN: Final = """
SELECT (SELECT count(*) FROM postgres_courses) + (SELECT count(*) FROM lake_event)
    + (SELECT count(*) FROM log_event) + (SELECT count(*) FROM influxdb_event)
    + (SELECT count(*) FROM set_aside_event)
"""


def audit(settings: FlowsSettings, course: str | None, progress: Progress) -> AuditReport:
    """Compare the log and every store, as of their positions.

    Args:
        settings: Where everything is.
        course: The only course to audit; None for all.
        progress: Shows how far it is.

    Raises:
        UnknownNameError: No store, nor the log, knows of the course.
        StoreUnavailableError: A store can't be read.
        redis.RedisError: Redis can't be read.
    """
    with (
        open_workspace(settings, course) as workspace,
        connect_redis(settings.redis_url) as redis,
    ):
        gathered = gather(settings, workspace, redis, progress)
        if course is not None and not workspace.number(_KNOWN):
            raise _unknown_course(settings.postgres_url, course)
        workspace.run_script("prepare.sql")
        workspace.run_script("accepted.sql")
        workspace.compare_contents()
        workspace.run_script("findings.sql")
        _check(workspace, gathered, progress)
        return _report(workspace, gathered, full_log=settings.influx.url is not None)


def _unknown_course(postgres_url: str, course: str) -> UnknownNameError:
    engine = engine_for(postgres_url)
    try:
        near = meant(course, course_ids(engine))
    finally:
        engine.dispose()
    return UnknownNameError(f"no store knows a course {course!r}{near}")


def _check(workspace: Workspace, gathered: Gathered, progress: Progress) -> None:
    for position in gathered.positions:
        for fault in position_faults(position, gathered.log_end.position_ns):
            workspace.connection.execute(
                "INSERT INTO finding BY NAME SELECT 'wrong_state' AS kind, $store AS store, "
                "0 AS events, $fault AS message",
                {"store": position.store, "fault": fault},
            )
    checks = all_checks()
    with progress("checks", len(checks)) as done:
        for check in checks:
            run_check(workspace.connection, check)
            done(1)


def _report(workspace: Workspace, gathered: Gathered, *, full_log: bool) -> AuditReport:
    connection = workspace.connection
    return AuditReport(
        as_of={store: position_from_ns(at) for store, at in gathered.as_of.items()},
        events=workspace.number(
            "SELECT count(*) FROM accepted, bound WHERE position_ns <= target_ns"
        ),
        counts=count_findings(connection),
        findings=read_findings(connection, KEPT, full_log=full_log),
        known_losses=read_known_losses(connection, KEPT),
        known_loss_events=workspace.number("SELECT sum(events) FROM counted_gap"),
        set_aside=read_set_aside(connection, KEPT),
        set_aside_events=workspace.number("SELECT count(*) FROM set_aside_shown"),
        notes=_notes(workspace, full_log=full_log),
    )


def _notes(workspace: Workspace, *, full_log: bool) -> list[str]:
    notes = []
    if not full_log:
        notes.append(
            "INFLUXDB_URL is not set, so the full log is off: what the log has dropped is "
            "compared with PostgreSQL and the lake's own rows only"
        )
    if workspace.course is not None:
        notes.append(
            "running numbers count all courses, so what is lost from every store below the log's "
            "start is found without --course only"
        )
    elif workspace.number(
        "SELECT count(*) FROM accepted, bound WHERE position_ns < log_start_ns"
    ) > workspace.number("SELECT first_number - 1 - erased_below FROM bound"):
        notes.append(
            "Redis counted fewer events than there are below the log's start, so it is not the "
            "Redis that accepted them: what is lost from every store there can't be found"
        )
    return notes
