"""All lines, in the order of the table."""

from typing import Final

from bench.line import Line
from bench.lines import (
    api,
    disk,
    fan_out,
    growth,
    hook,
    ingest_batches,
    ingest_cost,
    ingest_single,
    stores,
)

LINES: Final[tuple[Line, ...]] = (
    ingest_single.LINE,
    ingest_batches.LINE,
    ingest_cost.LINE,
    fan_out.LINE,
    hook.LINE,
    stores.LINE,
    api.LINE,
    growth.LINE,
    disk.LINE,
)
