"""The second start of everything, against the parts' own starts one after the other."""

import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from bench.line import OURS, Aim, Figures, Line, Row, Scale, Sides
from bench.servers import SECRET, running
from bench.whole_platform import whole_platform
from flows.embedded.part import free_port
from flows.embedded.platform import Platform
from flows.embedded.stores import prepare_stores
from flows.settings import InfluxSettings, LrsSettings, PlatformSettings

_SUM: Final = "the sum of the parts' own starts"


@contextmanager
def _prepare(folder: Path, scale: Scale) -> Sides:
    with whole_platform(folder):
        pass  # the first start makes databases, secret and notebooks

    def together() -> Figures:
        with whole_platform(folder) as platform:
            return {"ready": platform.start_seconds}

    def one_by_one() -> Figures:
        return {"ready": _one_by_one(folder, folder / "data", only_stores=scale.tiny)}

    yield {OURS: together, _SUM: one_by_one}


def _one_by_one(folder: Path, data: Path, *, only_stores: bool) -> float:
    """Start each part once those before it answer; return the sum of the seconds that each took."""
    settings = PlatformSettings(
        CELLPULSE_INGEST_PORT=free_port(),
        CELLPULSE_API_PORT=free_port(),
        CELLPULSE_DASHBOARD_PORT=free_port(),
        CELLPULSE_JUPYTER_PORT=free_port(),
        CELLPULSE_REDIS_URL=None,
        CELLPULSE_POSTGRES_URL=None,
        influx=InfluxSettings(INFLUXDB_URL=None),
        lrs=LrsSettings(CELLPULSE_LRS_URL=None),
    )
    stores = prepare_stores(settings, data)
    platform = Platform(settings, stores, SECRET, data, SECRET)
    parts = list(stores.parts)
    if not only_stores:
        parts += [*platform.services(), *platform.pages()]
    seconds = 0.0
    with ExitStack() as started:
        for part in parts:
            begin = time.perf_counter()
            started.enter_context(running(part, folder / "alone"))
            seconds += time.perf_counter() - begin
    return seconds


LINE: Final = Line(
    "start",
    (Row("start to ready, second time", "ready", "s", _SUM, Aim("ratio", "at most", 1.5)),),
    _prepare,
    is_warm=False,  # `_prepare` has started it once
)
