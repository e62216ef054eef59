"""Reads one CSV file of a data set, whatever program wrote it, and names the line of a fault."""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, TextIO

from flows.progsnap2.errors import DataSetError, fault

#: Longest field; a quote that is never closed is found out here, not at the end of a large file.
_LONGEST_FIELD: Final = 16_000_000
_SAY_WHICH: Final = "say which encoding it is in, for example windows-1252 (--encoding)"
#: What Windows writes under another encoding's name: it has more letters, such as those of names.
_CODECS: Final = {"shift_jis": "cp932", "sjis": "cp932"}
_BLOCK: Final = 1 << 20
_DELIMITERS: Final = (",", ";", "\t")
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True)
class CsvFile:
    """A CSV file whose text can be decoded.

    Attributes:
        header: The names in its first line.
    """

    path: Path
    encoding: str
    delimiter: str
    header: tuple[str, ...]

    @classmethod
    def open(cls, path: Path, encoding: str) -> "CsvFile":
        """Read a file's header, once all of its text is found to be decodable.

        Args:
            path: The file.
            encoding: Of its text, unless it begins with a mark that says another.

        Raises:
            DataSetError: It is empty, can't be read or is not text in that encoding.
        """
        with _disk_errors(path):
            encoding = _checked_encoding(path, encoding)
            with path.open(encoding=encoding, newline="") as file:
                lines = iter(partial(file.readline, _LONGEST_FIELD), "")
                first = next(filter(str.strip, lines), "")
        if not first:
            raise fault(path, "the file is empty: its first line must name the columns", 1)
        delimiter = max(_DELIMITERS, key=first.count)
        draft = cls(path, encoding, delimiter, ())
        with draft._reading() as rows:
            _, header = next(rows)
        return cls(path, encoding, delimiter, tuple(name.strip() for name in header))

    def rows(self) -> Iterator[tuple[int, int, list[str]]]:
        """Yield for each row its line, how far the file has been read in bytes, and its fields.

        Raises:
            DataSetError: A row is no CSV or has not as many fields as the header.
        """
        done = 0
        for line, fields in self.lines():
            self.require_complete(line, fields)
            done += sum(map(len, fields)) + len(fields)
            yield line, done, fields

    def lines(self) -> Iterator[tuple[int, list[str]]]:
        """Yield for each row its line and its fields, however many.

        Raises:
            DataSetError: A row is no CSV.
        """
        with _disk_errors(self.path), self._reading() as rows:
            next(rows)
            yield from rows

    def require_complete(self, line: int, fields: list[str]) -> None:
        """Go on only where a row has as many fields as the header.

        Raises:
            DataSetError: It has not.
        """
        if len(fields) != len(self.header):
            raise fault(
                self.path,
                f"{len(fields)} fields where the header names {len(self.header)} columns: "
                "is a field with a comma or a quote in it not quoted?",
                line,
            )

    @contextmanager
    def _reading(self) -> Iterator[Iterator[tuple[int, list[str]]]]:
        csv.field_size_limit(_LONGEST_FIELD)
        with self.path.open(encoding=self.encoding, newline="") as file:
            yield self._parsed(file)

    def _parsed(self, file: TextIO) -> Iterator[tuple[int, list[str]]]:
        reader = csv.reader(file, delimiter=self.delimiter, strict=True)
        begin = 1
        try:
            for fields in reader:
                if any(map(str.strip, fields)):
                    yield begin, fields
                begin = reader.line_num + 1
        except csv.Error as error:
            words = "a quote is opened and never closed"
            reason = words if re.search("end of data|field limit", str(error)) else str(error)
            raise fault(self.path, f"no CSV: {reason}", begin) from error


@contextmanager
def _disk_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise fault(path, f"{error.strerror or error}") from error


def _checked_encoding(path: Path, encoding: str) -> str:
    """Return the encoding that the file's first bytes tell, else the given one, once it fits."""
    with path.open("rb") as file:
        head = file.read(4)
        file.seek(0)
        encoding = next((name for bom, name in _BOMS if head.startswith(bom)), encoding)
        _require_decodable(path, file, encoding)
    return _codec(encoding)


def _require_decodable(path: Path, file: Any, encoding: str) -> None:
    decoder = _decoder(encoding)
    line = 1
    while True:
        block = file.read(_BLOCK)
        try:
            line += decoder.decode(block, final=not block).count("\n")
        except UnicodeDecodeError as error:
            before = error.object[: error.start].decode(encoding, "replace").count("\n")
            byte = error.object[error.start]
            raise fault(
                path, f"not {encoding.upper()} (byte 0x{byte:02x}): {_SAY_WHICH}", line + before
            ) from error
        except UnicodeError as error:  # text of two or four bytes a letter, in an unknown order
            raise fault(path, f"not {encoding.upper()} ({error}): {_SAY_WHICH}", line) from error
        if not block:
            return


def _codec(encoding: str) -> str:
    return _CODECS.get(encoding.lower().replace("-", "_"), encoding)


def _decoder(encoding: str) -> codecs.IncrementalDecoder:
    try:
        # Encodings that turn no bytes into text, as base64 does, have no text decoder.
        io.TextIOWrapper(io.BytesIO(), encoding=encoding)
        return codecs.getincrementaldecoder(_codec(encoding))()
    except LookupError as error:
        raise DataSetError(f"--encoding {encoding}: there is no such encoding of text") from error
