"""Records tokens that are handed out, in a pseudonymous course without the student's own id."""

from collections.abc import Callable

from sqlalchemy import Engine

from flows.pseudonyms.names import Name, Names
from flows.pseudonyms.who import hiding
from flows.settings import WhoIsWhoSettings
from flows.stores import issued_tokens
from ingest_api.tokens import Grant


def record_handed_out(
    engine: Engine,
    settings: WhoIsWhoSettings,
    grant: Grant,
    record: Callable[[Engine, Grant], None] = issued_tokens.record,
) -> Grant:
    """Record a token that is handed out, and return the grant that it shall carry.

    To send events one has to be named by the own id, which the ingest is told; whoever reads asks
    for what is stored. That somebody got a token tells who is who, before any roster does.

    Raises:
        PseudonymError: It is one student's for every course, or the course's key is not here.
        StoreUnavailableError: PostgreSQL, or the store of the names, does not answer.
    """
    recorded = hiding(engine, settings).recorded(grant)
    record(engine, recorded)
    if grant.student_id is None or recorded.student_id in (None, grant.student_id):
        return grant
    names = Names(settings.names_url)
    if recorded.student_id not in names.of_course(grant.course_id):
        names.keep(grant.course_id, {recorded.student_id: Name(grant.student_id)})
    return grant if grant.scope == "ingest" else recorded
