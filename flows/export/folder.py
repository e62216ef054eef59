"""Where an export goes: a folder that is there whole, or not at all."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flows.export.errors import ExportError


@dataclass(frozen=True)
class Workplace:
    """Two folders beside the one that is to be made: what goes into it, and what is put aside."""

    files: Path
    scratch: Path


@contextmanager
def new_folder(out: Path) -> Iterator[Workplace]:
    """Fill a new folder in a hidden one beside it, which takes its name at the end.

    An export that is cut off leaves at most `.NAME.partial-…`, never a part under its own name.

    Raises:
        ExportError: The folder is there and not empty, or the disk refuses.
    """
    out = out.absolute()
    try:
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise ExportError(f"{out} is not empty: name a new folder with --out")
        out.parent.mkdir(parents=True, exist_ok=True)
        place = Path(tempfile.mkdtemp(prefix=f".{out.name}.partial-", dir=out.parent))
        try:
            workplace = Workplace(place / "files", place / "scratch")
            workplace.files.mkdir()
            workplace.scratch.mkdir()
            yield workplace
            workplace.files.rename(out)
        finally:
            shutil.rmtree(place, ignore_errors=True)
    except OSError as error:
        where = error.filename or out
        raise ExportError(f"{where}: {error.strerror or error}: nothing was exported") from error
