"""Keeps on Redis what the edge reads there of the master data, whatever Redis loses."""

import logging
import threading
from typing import Final

from redis import Redis
from sqlalchemy import Engine

from flows.accounts.publish_revoked import publish_revoked
from flows.course.publish import publish_what_lacks
from flows.enrollment.publish import publish_sections
from flows.notices import publish_notices, record_seen
from flows.pseudonyms.courses import publish_pseudonymous

logger = logging.getLogger(__name__)
_LOOK_SECONDS: Final = 5.0


def keep_published(engine: Engine, redis: Redis, stopped: threading.Event) -> None:
    """Publish what lacks at once, and then every 5 s until `stopped`, whatever happens."""
    complaint = ""
    while True:
        try:
            publish_pseudonymous(engine, redis)
            publish_what_lacks(engine, redis)
            publish_sections(engine, redis)
            publish_revoked(engine, redis)
            publish_notices(engine, redis)
            record_seen(engine, redis)
        except Exception as error:  # noqa: BLE001 - whatever it was, the next round tries again
            if str(error) != complaint:
                logger.warning(
                    "the edge can't be told of courses and revoked tokens for now: %s", error
                )
            complaint = str(error)
        else:
            complaint = ""
        if stopped.wait(_LOOK_SECONDS):
            return
