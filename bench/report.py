"""The results as a table for people and as JSON for programs."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from bench.compare import Result

_HEAD: Final = ("line", "ours", "baseline", "", "ratio", "spread", "aim", "met", "state")
#: From here on a number needs no places behind the point.
_WHOLE: Final = 1_000
_MET: Final = {True: "yes", False: "NO", None: ""}


def table(results: Sequence[Result]) -> str:
    """Return a table with a row for each result."""
    rows = [_HEAD, *(_cells(result) for result in results)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def write_json(path: Path, results: Sequence[Result], machine: Any, commit: str) -> None:
    """Write `{"machine": …, "commit": …, "lines": […]}`."""
    lines = [_line(result) for result in results]
    text = json.dumps(
        {"machine": machine, "commit": commit, "lines": lines}, indent=1, ensure_ascii=False
    )
    path.write_text(text + "\n", encoding="utf-8")


def _line(result: Result) -> dict[str, Any]:
    row = result.row
    return {
        "name": row.name,
        "unit": row.unit,
        "ours": _short(result.ours),
        "baseline": _short(result.baseline),
        "baseline_name": row.baseline,
        "ratio": _short(result.ratio),
        "spread": [_short(bound) for bound in result.spread],
        "aim": None if row.aim is None else row.aim.text(row.unit),
        "meets_aim": result.meets_aim,
        "state": _state(result),
    }


def _cells(result: Result) -> tuple[str, ...]:
    row = result.row
    return (
        row.name,
        f"{_text(result.ours)} {row.unit}",
        _text(result.baseline),
        row.baseline,
        _text(result.ratio),
        " to ".join(_text(bound) for bound in result.spread),
        "" if row.aim is None else row.aim.text(row.unit),
        _MET[result.meets_aim],
        _state(result),
    )


def _state(result: Result) -> str:
    return "warm" if result.is_warm else "cold"


def _short(number: float) -> float:
    return float(f"{number:.4g}")


def _text(number: float) -> str:
    return f"{number:,.0f}" if abs(number) >= _WHOLE else f"{number:.3g}"
