"""Examples of the answers about exports, for the API's documentation."""

from datetime import UTC, datetime, timedelta
from typing import Final

from analytics.export.responses import Export, Exports

_STARTED_AT: Final = datetime(2026, 9, 14, 9, 30, tzinfo=UTC)

DONE: Final = Export(
    export_id="0198f2a0c1d47b3e9f605a7c8d9e0f12",
    course_id="python-1",
    format="parquet",
    section="A",
    start=_STARTED_AT - timedelta(days=7),
    until=None,
    study=None,
    started_by="ada",
    started_at=_STARTED_AT,
    state="done",
    done=48_211,
    total=48_211,
    snapshot=4711,
    file_bytes=1_940_112,
    kept_until=_STARTED_AT + timedelta(hours=24),
    detail=None,
)
RUNNING: Final = DONE.model_copy(
    update={"state": "running", "done": 0, "total": None, "snapshot": None}
    | {"file_bytes": None, "kept_until": None}
)
CANCELLED: Final = RUNNING.model_copy(
    update={
        "state": "cancelled",
        "cancelled_by": "ada",
        "done": 12_288,
        "total": 48_211,
        "snapshot": 4711,
        "detail": "it was cancelled: start it again if it is needed after all",
    }
)
EXPORTS: Final = Exports(course_id="python-1", exports=[DONE])
