"""The files of a data set: where published ones have them, which is not always the same place."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Final, Literal

from flows.progsnap2.csv_file import CsvFile
from flows.progsnap2.errors import DataSetError, fault

_FOLDERS: Final = ("", "Data")
_CODE_TABLES: Final = ("CodeStates.csv", "CodeState.csv")
_CODE_FOLDERS: Final = ("CodeStates", "LinkTables", "")
_METADATA: Final = ("DatasetMetadata.csv", "Metadata.csv")


@dataclass(frozen=True)
class Reading:
    """How to read a data set, where it does not say so itself.

    Attributes:
        encoding: Of the files' text, unless a file begins with a mark that says another.
        error_names: What a compiler's errors are named by: their `CompileMessageType`, where there
            is one, or their message without its place. None for the type, unless it is the same
            for all errors and each message begins with its line, as in CodeWorkout's data.
    """

    encoding: str = "utf-8"
    error_names: Literal["type", "message"] | None = None


@dataclass(frozen=True)
class DataSet:
    """A data set whose main table is there.

    Attributes:
        folder: Where the main table is.
        metadata: Property → value, by the property's name in small letters.
    """

    folder: Path
    main_table: CsvFile
    metadata: dict[str, str]
    reading: Reading

    @classmethod
    def open(cls, folder: Path, reading: Reading) -> "DataSet":
        """Find the main table and the metadata in a folder, or in its folder `Data`.

        Raises:
            DataSetError: It is no folder, has no main table, or one that can't be read.
        """
        if not folder.is_dir():
            raise DataSetError(f"{folder}: not a folder: name the folder that holds MainTable.csv")
        for below in _FOLDERS:
            path = _child(folder / below, "MainTable.csv")
            if path is not None:
                metadata = _metadata(path.parent, reading.encoding)
                return cls(path.parent, CsvFile.open(path, reading.encoding), metadata, reading)
        raise DataSetError(f"{folder}: no MainTable.csv in it: name the folder that holds it")

    def code_states(self) -> Iterator[tuple[str, str]]:
        """Yield each code state's id and code, from a table or from a folder for each state.

        Raises:
            DataSetError: The table can't be read.
        """
        for below, name in ((b, n) for b in _CODE_FOLDERS for n in _CODE_TABLES):
            path = _child(self.folder / below, name)
            if path is not None:
                yield from _from_table(CsvFile.open(path, self.reading.encoding))
                return
        states = _child(self.folder, "CodeStates")
        if states is not None and states.is_dir():
            yield from _from_folders(states)


def _metadata(folder: Path, encoding: str) -> dict[str, str]:
    for name in _METADATA:
        path = _child(folder, name)
        if path is not None:
            rows = CsvFile.open(path, encoding).rows()
            return {row[0].strip().lower(): row[1].strip() for _, _, row in rows if len(row) > 1}
    return {}


def _from_table(table: CsvFile) -> Iterator[tuple[str, str]]:
    names = [name.lower() for name in table.header]
    if "codestateid" not in names or "code" not in names:
        raise fault(table.path, "no columns CodeStateID and Code", 1)
    state, code = names.index("codestateid"), names.index("code")
    for _, _, fields in table.rows():
        yield fields[state], fields[code]


def _from_folders(states: Path) -> Iterator[tuple[str, str]]:
    for state in sorted(states.iterdir()):
        files = sorted(path for path in chain([state], state.rglob("*")) if path.is_file())
        texts = [path.read_text(encoding="utf-8", errors="replace") for path in files]
        if len(files) > 1:
            # Several files of one state become one text, each under its name.
            texts = [f"# {path.name}\n{text}" for path, text in zip(files, texts, strict=True)]
        if files:
            yield state.name, "\n".join(texts)


def _child(folder: Path, name: str) -> Path | None:
    """Return the file or folder of that name, in capital or small letters."""
    if not folder.is_dir():
        return None
    found = [path for path in folder.iterdir() if path.name.lower() == name.lower()]
    return found[0] if found else None
