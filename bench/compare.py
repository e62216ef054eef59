"""Measures a line's sides in turn, so that what disturbs the machine disturbs all of them."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.line import Figures, Line, Row, Scale, Side


class BadMeasurementError(Exception):
    """A measurement is not worth its figure: something failed, or was not what it should be."""


@dataclass(frozen=True)
class Result:
    """What was found about one row.

    Attributes:
        row: The comparison.
        is_warm: Whether a first measurement was left out.
        ours: Median of our figure.
        baseline: Median of the baseline's.
        ratio: Median of the ratios of the two in each repeat.
        spread: Smallest and largest of these ratios.
    """

    row: Row
    is_warm: bool
    ours: float
    baseline: float
    ratio: float
    spread: tuple[float, float]

    @property
    def meets_aim(self) -> bool | None:
        """Whether the aim is reached; None where there is none."""
        aim = self.row.aim
        return None if aim is None else aim.is_met(self.ours, self.ratio)


def compare(line: Line, scale: Scale) -> list[Result]:
    """Measure a line in a folder of its own, which is deleted afterwards.

    Raises:
        BadMeasurementError: A side could not be measured.
    """
    with (
        tempfile.TemporaryDirectory(prefix="cellpulse-bench-", ignore_cleanup_errors=True) as name,
        line.prepare(Path(name), scale) as sides,
    ):
        if line.is_warm:
            _measure(sides, 0)
        repeats = [_measure(sides, number) for number in range(scale.repeats)]
    return [_result(row, line.is_warm, repeats) for row in line.rows]


def _measure(sides: Mapping[str, Side], number: int) -> dict[str, Figures]:
    """Measure each side once; another one is the first each time."""
    names = list(sides)
    first = number % len(names)
    return {name: sides[name]() for name in names[first:] + names[:first]}


def _result(row: Row, is_warm: bool, repeats: list[dict[str, Figures]]) -> Result:
    ours = [found[row.ours][row.figure] for found in repeats]
    baseline = [found[row.baseline][row.baseline_figure or row.figure] for found in repeats]
    if not all(baseline):
        raise BadMeasurementError(f"{row.name}: the baseline {row.baseline} measured nothing")
    ratios = [one / other for one, other in zip(ours, baseline, strict=True)]
    spread = (min(ratios), max(ratios))
    return Result(row, is_warm, median(ours), median(baseline), median(ratios), spread)
