"""What a line of the benchmark is: sides that are measured in turn, and rows that compare them."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

_Size = TypeVar("_Size")
#: What one measurement found, by the figure's name.
Figures = Mapping[str, float]
#: Measures one side once.
Side = Callable[[], Figures]
#: The side that is ours, in every line where nothing else is said.
OURS = "cellpulse"


@dataclass(frozen=True)
class Scale:
    """How much is measured.

    Attributes:
        repeats: How often each side is measured, after one that is not counted.
        tiny: Whether only the harness is tried, and not the figures.
    """

    repeats: int = 5
    tiny: bool = False

    def of(self, full: _Size, tiny: _Size) -> _Size:
        """Return the size that fits."""
        return tiny if self.tiny else full


@dataclass(frozen=True)
class Aim:
    """What a row is to reach: a bound of its ratio, or of our own figure."""

    of: Literal["ratio", "ours"]
    reach: Literal["at least", "at most"]
    bound: float

    def is_met(self, ours: float, ratio: float) -> bool:
        """Tell whether figures reach the aim."""
        found = ratio if self.of == "ratio" else ours
        return found >= self.bound if self.reach == "at least" else found <= self.bound

    def text(self, unit: str) -> str:
        """Return the aim in words."""
        what = "of the baseline" if self.of == "ratio" else unit
        return f"{self.reach} {self.bound:g} {what}"


@dataclass(frozen=True)
class Row:
    """One comparison, a row of the table.

    Attributes:
        name: Says what is compared; begins with its line's name.
        figure: Which of the sides' figures.
        unit: Of the figure.
        baseline: The side that ours is divided by.
        aim: What is to be reached; None for a figure that only explains others.
        ours: The side that is ours.
        baseline_figure: Which figure of the baseline, where it is another one.
    """

    name: str
    figure: str
    unit: str
    baseline: str
    aim: Aim | None = None
    ours: str = OURS
    baseline_figure: str | None = None


@dataclass(frozen=True)
class Line:
    """One piece of work, with all that is compared about it.

    Attributes:
        name: For `make bench ONLY=name`.
        rows: The comparisons.
        prepare: Starts what is needed in an empty folder, yields the sides by name, and ends it.
        is_warm: Whether a first measurement of each side is not counted.
        is_large: Whether its data takes minutes to make, so that it is measured where asked for.
    """

    name: str
    rows: tuple[Row, ...]
    prepare: Callable[[Path, Scale], AbstractContextManager[Mapping[str, Side]]]
    is_warm: bool = True
    is_large: bool = False


#: What a `prepare` is before `contextmanager` makes it one.
Sides = Iterator[Mapping[str, Side]]
