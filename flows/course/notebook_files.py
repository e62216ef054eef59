"""Finds a course's notebooks and reads them, whatever version of the format they have."""

import json
import logging
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any, Final

from flows.course.content import CourseContentError

#: A notebook is text; what is larger holds outputs that nobody wants to register.
MOST_BYTES: Final = 100_000_000
SUFFIX: Final = ".ipynb"
_NEWEST_FORMAT: Final = 4
_WITH_CELL_IDS: Final = (4, 5)


def find_notebooks(paths: Iterable[Path]) -> list[tuple[str, Path]]:
    """Return the notebooks among files and below folders, each with its path in the course.

    They come in the order of the arguments, those of a folder by their names, 2 before 10. What
    begins with a dot is left out, such as Jupyter's checkpoints.

    Raises:
        CourseContentError: There is none, or one can't be looked at.
    """
    found: dict[str, Path] = {}
    seen: set[Path] = set()
    for path in paths:
        files = _below(path) if path.is_dir() else [path]
        for file in files:
            target = _target(file)
            if target in seen:
                continue
            seen.add(target)
            name = file.relative_to(path) if path.is_dir() else Path(file.name)
            while name.as_posix() in found:
                name = _with_one_more_folder(name, file)
            found[name.as_posix()] = file
    return list(found.items())


def read_notebook(path: Path) -> dict[str, Any]:
    """Return a notebook as one of format 4; cells have ids only where the file itself has them.

    Raises:
        CourseContentError: It is no notebook, or can't be read.
    """
    content = _decode(path, _read(path))
    if not isinstance(content, dict) or "nbformat" not in content:
        raise CourseContentError(f"{path}: no notebook: the JSON has no 'nbformat'")
    major, minor = content["nbformat"], content.get("nbformat_minor", 0)
    if not isinstance(major, int) or isinstance(major, bool) or major < 1:
        raise CourseContentError(f"{path}: no notebook: 'nbformat' is {json.dumps(major)[:40]}")
    if major > _NEWEST_FORMAT:
        raise CourseContentError(
            f"{path}: notebook format {major}; this Cellpulse reads up to {_NEWEST_FORMAT}: "
            "upgrade it, or save the notebook in an older format"
        )
    if major < _NEWEST_FORMAT:
        return _upgraded(path, content)
    if not isinstance(content.get("cells"), list):
        raise CourseContentError(f"{path}: no notebook: 'cells' is missing or no list")
    if not isinstance(minor, int) or (major, minor) < _WITH_CELL_IDS:
        return {**content, "cells": [_without_id(cell) for cell in content["cells"]]}
    return content


def is_notebook(name: str) -> bool:
    """Tell by a file's ending whether it is a notebook: some systems write it in capitals."""
    return name.casefold().endswith(SUFFIX)


def natural_order(name: str) -> list[tuple[bool, int, str]]:
    """Return what names are ordered by as people do: 2 before 10."""
    parts = re.findall(r"\d+|\D+", name.casefold())
    return [(False, int(part[:500]), "") if part.isdecimal() else (True, 0, part) for part in parts]


def _below(folder: Path) -> list[Path]:
    files = []
    for parent, folders, names in os.walk(folder, onerror=_refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        files += [
            Path(parent) / name for name in names if is_notebook(name) and not name.startswith(".")
        ]
    if not files:
        raise CourseContentError(f"{folder}: no notebook (*{SUFFIX}) in this folder")
    return sorted(files, key=lambda file: natural_order(file.relative_to(folder).as_posix()))


def _target(file: Path) -> Path:
    try:
        return file.resolve()
    except (OSError, RuntimeError) as error:  # Python 3.11 and 3.12 raise the latter
        raise CourseContentError(f"{file}: can't be read: a loop of symbolic links") from error
    except ValueError as error:  # a NUL in the path
        raise CourseContentError(f"{str(file)!r}: no path of a file") from error


def _refuse(error: OSError) -> None:
    raise CourseContentError(f"{error.filename}: can't be read: {error.strerror}") from error


def _with_one_more_folder(name: Path, file: Path) -> Path:
    depth = len(name.parts) + 1
    if depth > len(file.absolute().parts) - 1:
        raise CourseContentError(f"{file}: another notebook has the same path: rename one")
    return Path(PurePosixPath(*file.absolute().parts[-depth:]))


def _read(path: Path) -> bytes:
    try:
        # Before reading: a file of gigabytes must not fill the memory.
        size = path.stat().st_size
        if not path.is_file():
            raise CourseContentError(f"{path}: not a file")
        if size > MOST_BYTES:
            raise CourseContentError(
                f"{path}: {size / 1e6:,.0f} MB; a notebook may have {MOST_BYTES / 1e6:.0f} MB: "
                "clear its outputs"
            )
        return path.read_bytes()
    except OSError as error:
        raise CourseContentError(f"{path}: can't be read: {error.strerror}") from error


def _decode(path: Path, data: bytes) -> Any:
    try:
        return json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise CourseContentError(
            f"{path}: not UTF-8 (byte {error.start + 1}): save it with that encoding"
        ) from error
    except json.JSONDecodeError as error:
        raise CourseContentError(
            f"{path}, line {error.lineno}, column {error.colno}: not JSON ({error.msg}), so no "
            "notebook"
        ) from error
    except (ValueError, RecursionError) as error:
        raise CourseContentError(f"{path}: no notebook: {type(error).__name__} in its JSON") from (
            error
        )


def _upgraded(path: Path, content: dict[str, Any]) -> dict[str, Any]:
    logger = logging.getLogger("traitlets")  # nbformat's; what it warns of is no fault of ours
    before, logger.disabled = logger.disabled, True
    try:
        # Loading it takes longer than the rest of a command, and nothing else needs it.
        import nbformat  # noqa: PLC0415
        from nbformat.reader import reads  # noqa: PLC0415

        upgraded: dict[str, Any] = nbformat.convert(reads(json.dumps(content)), _NEWEST_FORMAT)
    except Exception as error:
        # Whatever is missing in a broken notebook, nbformat meets it somewhere else.
        reason = " ".join(str(error).split())[:200]
        raise CourseContentError(
            f"{path}: a broken notebook of format {content['nbformat']}: {reason}"
        ) from error
    finally:
        logger.disabled = before
    # Those that nbformat makes up are others each time.
    return {**upgraded, "cells": [_without_id(cell) for cell in _cells(upgraded)]}


def _cells(notebook: dict[str, Any]) -> Iterator[Any]:
    yield from notebook.get("cells", ())


def _without_id(cell: Any) -> Any:
    if not isinstance(cell, dict):
        return cell
    return {name: value for name, value in cell.items() if name != "id"}
