"""Files of JSON lines, compressed: the portable form of what is no table and no Parquet file."""

import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO


@contextmanager
def writing(path: Path) -> Iterator[TextIO]:
    """Open a new file of JSON lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wt", encoding="ascii", compresslevel=5) as file:
        yield file


def put(file: TextIO, line: Any) -> None:
    """Add one line."""
    file.write(json.dumps(line, separators=(",", ":")) + "\n")


def read(path: Path) -> Iterator[Any]:
    """Yield the lines of a file."""
    with gzip.open(path, "rt", encoding="ascii") as file:
        for line in file:
            yield json.loads(line)


def text_of(value: bytes) -> str:
    """Return any bytes as text; `bytes_of` gives them back."""
    return value.decode("utf-8", "surrogateescape")


def bytes_of(text: str) -> bytes:
    """Return the bytes that `text_of` was given."""
    return text.encode("utf-8", "surrogateescape")
