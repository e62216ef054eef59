"""The folder of one export: what the API and the process that makes it write there."""

import shutil
from pathlib import Path
from typing import Final

from pydantic import BaseModel

from analytics.export.responses import ExportRequest

ORDER: Final = "order.json"
PROGRESS: Final = "progress.json"
CANCELLED: Final = "cancelled.json"
FILE: Final = "export.zip"
#: What a job makes on its way; nothing of it stays.
LEFT_OVER: Final = ("files", "scratch", "export.part", f".{PROGRESS}")


class Order(BaseModel):
    """What the API wrote into the folder: a request, and whose it is."""

    course_id: str
    started_by: str | None
    started_at: float
    request: ExportRequest


class Progress(BaseModel):
    """How far an export is; `is_ended` without `detail` means that its file is there."""

    done: int = 0
    total: int | None = None
    snapshot: int | None = None
    is_ended: bool = False
    detail: str | None = None


class Cancelled(BaseModel):
    """What an API writes into the folder of an export that is not wanted any more."""

    by: str | None


def clear(folder: Path) -> None:
    """Delete what a job made on its way."""
    for left in LEFT_OVER:
        if (folder / left).is_dir():
            shutil.rmtree(folder / left, ignore_errors=True)
        else:
            (folder / left).unlink(missing_ok=True)
