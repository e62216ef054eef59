"""The results as a picture: each row's ratio to its baseline on a logarithmic axis, and its aim."""

import math
from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path
from typing import Final

from bench.compare import Result

_LABELS: Final = 330
_WIDTH: Final = 900
_ROW: Final = 24
_COLOURS: Final = {True: "#2a78b8", False: "#c2571a", None: "#8a8f98"}


def write_plot(path: Path, results: Sequence[Result]) -> None:
    """Write an SVG: a dot for the median, a bar for the spread, a tick where a ratio's aim is."""
    shown = [result for result in results if result.ratio > 0 and result.spread[0] > 0]
    bounds = [bound for result in shown for bound in _numbers(result)] or [1.0]
    low = math.floor(math.log10(min(*bounds, 0.5)))
    high = math.ceil(math.log10(max(*bounds, 2.0)))
    height = _ROW * (len(shown) + 2)

    def x(ratio: float) -> float:
        return _LABELS + (math.log10(ratio) - low) / (high - low) * (_WIDTH - _LABELS - 30)

    size = f'viewBox="0 0 {_WIDTH} {height}" font-family="sans-serif" font-size="12"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size}>',
        f'<rect width="{_WIDTH}" height="{height}" fill="white"/>',
    ]
    for power in range(low, high + 1):
        place = x(10.0**power)
        parts += [
            _line(place, _ROW, place, height - _ROW, "#d0d4da" if power else "#404448"),
            f'<text x="{place:.1f}" y="{height - 6}" text-anchor="middle">{10.0**power:g}</text>',
        ]
    parts.append('<text x="10" y="16">ours / baseline; | is the aim</text>')
    for number, result in enumerate(shown):
        parts += _row(result, _ROW * (number + 1.6), x)
    path.write_text("\n".join([*parts, "</svg>"]) + "\n", encoding="utf-8")


def _row(result: Result, y: float, x: Callable[[float], float]) -> list[str]:
    colour = _COLOURS[result.meets_aim]
    low, high = result.spread
    parts = [
        f'<text x="10" y="{y + 4:.1f}">{escape(result.row.name)}</text>',
        _line(x(low), y, x(high), y, colour, width=4),
        f'<circle cx="{x(result.ratio):.1f}" cy="{y:.1f}" r="5" fill="{colour}"/>',
    ]
    aim = result.row.aim
    if aim is not None and aim.of == "ratio":
        parts.append(_line(x(aim.bound), y - 9, x(aim.bound), y + 9, "#202428", width=2))
    return parts


def _numbers(result: Result) -> list[float]:
    aim = result.row.aim
    of_aim = [aim.bound] if aim is not None and aim.of == "ratio" else []
    return [*result.spread, *of_aim]


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, width: int = 1) -> str:
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
        f'stroke="{colour}" stroke-width="{width}"/>'
    )
