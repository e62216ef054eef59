"""All lines, in the order of the table."""

from typing import Final

from bench.line import Line
from bench.lines import (
    api,
    big_lake,
    cell_to_page,
    class_size,
    dashboard,
    disk,
    fan_out,
    growth,
    hook,
    ingest_batches,
    ingest_cost,
    ingest_single,
    replay,
    start,
    stores,
)

LINES: Final[tuple[Line, ...]] = (
    ingest_single.LINE,
    ingest_batches.LINE,
    ingest_cost.LINE,
    cell_to_page.LINE,
    fan_out.LINE,
    hook.LINE,
    stores.LINE,
    api.LINE,
    api.TEN_MILLION,
    growth.LINE,
    growth.HUNDREDFOLD,
    big_lake.LINE,
    class_size.LINE,
    dashboard.LINE,
    start.LINE,
    replay.LINE,
    disk.LINE,
)
