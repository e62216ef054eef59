"""The formats that `cellpulse export` knows: each is a module with one function."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from flows.export.source import CourseSource
from flows.export.tabular import export_csv, export_parquet
from flows.progsnap2.export import export_progsnap2
from flows.xapi.export import export_xapi

#: Writes a course into an empty folder, and calls the last argument with each batch's events.
Write = Callable[[CourseSource, Path, Callable[[int], None]], None]

FORMATS: Final[dict[str, Write]] = {
    "csv": export_csv,
    "parquet": export_parquet,
    "progsnap2": export_progsnap2,
    "xapi": export_xapi,
}
