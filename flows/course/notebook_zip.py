"""Unpacks a zip file with a course's notebooks, whatever somebody has put into it."""

import re
import zipfile
import zlib
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Final
from unicodedata import normalize

from flows.course.content import CourseContentError
from flows.course.notebook_files import MOST_BYTES, SUFFIX, is_notebook

#: A course has some dozens; a zip file with more entries is no course.
MOST_ENTRIES: Final = 2_000
#: Notebooks of a zip file together, unpacked: its own size says nothing of that.
MOST_UNPACKED_BYTES: Final = 200_000_000
_BLOCK: Final = 1 << 20
_LONGEST_PATH: Final = 500
#: Set where an entry says that its name is UTF-8.
_UTF8: Final = 0x800
#: Japanese as it is: with kana, or two characters in a row; and what stands in no name that was
#: meant to be Latin.
_JAPANESE: Final = re.compile("[\u3041-\u30ff]|[\u3400-\u9fff]{2}")
_NOT_LATIN: Final = re.compile(r"[^\w\s\-.,()+&'!#@/]")
_BROKEN: Final = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)


def unpack_notebooks(path: Path, folder: Path) -> None:
    """Write the notebooks of a zip file below a folder; all else that it holds is left out.

    Args:
        path: The zip file.
        folder: An empty one.

    Raises:
        CourseContentError: It is no zip file, holds no notebook, or more than it may.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            left = MOST_UNPACKED_BYTES
            for entry in _notebooks(archive):
                left -= _write(archive, entry, folder / _inside(entry.filename), left)
    except _BROKEN as error:
        raise CourseContentError(
            f"no zip file that can be read ({error}): make it anew, without a password"
        ) from error


def _notebooks(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    entries = archive.infolist()
    if len(entries) > MOST_ENTRIES:
        raise CourseContentError(
            f"{len(entries):,} files in the zip file, at most {MOST_ENTRIES:,} are taken: leave "
            "out what is no notebook"
        )
    for entry in entries:
        entry.filename = _name_of(entry)
    found = [entry for entry in entries if not entry.is_dir() and _is_shown(entry.filename)]
    if not found:
        raise CourseContentError(f"no notebook (*{SUFFIX}) in the zip file")
    return found


def _name_of(entry: zipfile.ZipInfo) -> str:
    """Return an entry's name as it was meant.

    Without a word on the encoding macOS writes UTF-8, Japanese Windows its own, and others what
    Python takes it for.
    """
    if entry.flag_bits & _UTF8:
        return normalize("NFC", entry.filename)
    raw = entry.orig_filename.encode("cp437")
    with suppress(UnicodeDecodeError):
        return normalize("NFC", raw.decode("utf-8"))
    with suppress(UnicodeDecodeError):
        japanese = raw.decode("cp932")
        if _JAPANESE.search(japanese) or _NOT_LATIN.search(entry.filename):
            return japanese
    return entry.filename


def _is_shown(name: str) -> bool:
    """Tell whether it is a notebook, and not hidden, such as Jupyter's checkpoints."""
    parts = set(PurePosixPath(name).parts)
    hidden = {part for part in parts if part.startswith(".")} - {".."} or parts & {"__MACOSX"}
    return is_notebook(name) and not hidden


def _inside(name: str) -> PurePosixPath:
    """Return a name that leads nowhere but below the folder.

    Raises:
        CourseContentError: It leads elsewhere.
    """
    path = PurePosixPath(name)
    bad = path.is_absolute() or ".." in path.parts or "\\" in name
    if bad or len(name) > _LONGEST_PATH or not name.isprintable():
        raise CourseContentError(
            f"{name[:80]!r} in the zip file is no path below its folder: make the zip file anew"
        )
    return path


def _write(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, left: int) -> int:
    """Write a notebook and return its size, which the zip file may lie about."""
    size = 0
    try:
        if target.exists():
            raise CourseContentError(f"{entry.filename!r} is in the zip file twice: keep one")
        target.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(entry) as packed, target.open("wb") as file:
            while block := packed.read(_BLOCK):
                size += len(block)
                _require_room(entry.filename, size, left)
                file.write(block)
    except OSError as error:
        raise CourseContentError(
            f"{entry.filename!r} can't be unpacked: {error.strerror or error}"
        ) from error
    return size


def _require_room(name: str, size: int, left: int) -> None:
    if size > MOST_BYTES:
        raise CourseContentError(
            f"{name!r}: more than {MOST_BYTES / 1e6:.0f} MB; a notebook may not have more: clear "
            "its outputs"
        )
    if size > left:
        raise CourseContentError(
            f"more than {MOST_UNPACKED_BYTES / 1e6:.0f} MB when unpacked: clear the notebooks' "
            "outputs"
        )
