"""The sample course: a checkout brings it, a wheel does not."""

from pathlib import Path
from typing import Final

NOTEBOOKS: Final = Path(__file__).resolve().parents[2] / "notebooks"
SAMPLE_COURSE: Final = NOTEBOOKS / "course"
