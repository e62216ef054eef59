"""The same questions over ten and a hundred times as many events: class-wide, and a history."""

from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Final

from analytics.settings import LakeSettings
from bench.filled_lake import fill
from bench.line import Aim, Figures, Line, Row, Scale, Side, Sides
from bench.lines.api import HISTORY, PROGRESS, ask_alone
from bench.servers import SECRET, Server, ours, postgres

_MOST: Final = "10,000,000 events"
_MANY: Final = "1,000,000 events"
_FEW: Final = "100,000 events"


@contextmanager
def _prepare(folder: Path, scale: Scale) -> Sides:
    asked = scale.of(20, 2)
    sizes = {
        _MOST: scale.of(10_000_000, 4_000),
        _MANY: scale.of(1_000_000, 2_000),
        _FEW: scale.of(100_000, 1_000),
    }
    sides: dict[str, Side] = {}
    with ExitStack() as servers:
        for name, events in sizes.items():
            place = folder / str(events)
            catalog = servers.enter_context(postgres(place))
            settings = LakeSettings(
                CELLPULSE_POSTGRES_URL=catalog.url, CELLPULSE_LAKE_PATH=str(place / "lake")
            )
            fill(settings, events)
            environment = {
                "CELLPULSE_POSTGRES_URL": catalog.url,
                "CELLPULSE_LAKE_PATH": settings.lake_path,
                "CELLPULSE_SECRET": SECRET,
            }
            api = servers.enter_context(ours(place, "analytics.serve", environment))
            sides[name] = partial(_ask, api, asked)
        yield sides


def _ask(api: Server, number: int) -> Figures:
    return {
        "progress": ask_alone(api.url, PROGRESS, number),
        "history": ask_alone(api.url, HISTORY, number),
    }


#: Flat: what so many more events may add is the noise of a measurement.
_FLAT: Final = Aim("ratio", "at most", 1.2)
LINE: Final = Line(
    "growth",
    (
        Row("growth of class-wide, times 10", "progress", "ms", _FEW, _FLAT, ours=_MANY),
        Row("growth of history, times 10", "history", "ms", _FEW, _FLAT, ours=_MANY),
        Row("growth of class-wide, times 100", "progress", "ms", _FEW, _FLAT, ours=_MOST),
        Row("growth of history, times 100", "history", "ms", _FEW, _FLAT, ours=_MOST),
    ),
    _prepare,
)
