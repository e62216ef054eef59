"""The same questions over ten and a hundred times as many events: class-wide, and a history."""

from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Final

from analytics.settings import LakeSettings
from bench.filled_lake import fill
from bench.line import OURS, Aim, Figures, Line, Row, Scale, Side, Sides
from bench.lines.api import HISTORY, PROGRESS, ask_alone
from bench.servers import SECRET, Server, ours, postgres

_FEW: Final = 100_000
_TINY: Final = 1_000
_BASELINE: Final = f"{_FEW:,} events"


@contextmanager
def _prepare(times: int, folder: Path, scale: Scale) -> Sides:
    asked, few = scale.of(20, 2), scale.of(_FEW, _TINY)
    sides: dict[str, Side] = {}
    with ExitStack() as servers:
        for name, events in {OURS: times * few, _BASELINE: few}.items():
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


def _line(name: str, times: int, *, is_large: bool = False) -> Line:
    return Line(
        name,
        (
            Row(f"{name} of class-wide, times {times}", "progress", "ms", _BASELINE, _FLAT),
            Row(f"{name} of history, times {times}", "history", "ms", _BASELINE, _FLAT),
        ),
        partial(_prepare, times),
        is_large=is_large,
    )


LINE: Final = _line("growth", 10)
HUNDREDFOLD: Final = _line("growth-100", 100, is_large=True)
