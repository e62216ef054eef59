"""Finding and reading notebooks, good and bad."""

import json
import os
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest

from flows.course import notebook_files
from flows.course.content import CourseContentError
from flows.course.notebook_files import find_notebooks, natural_order, read_notebook
from flows.course.notebook_zip import unpack_notebooks

Write = Callable[..., Path]


def test_a_folder_is_searched_in_natural_order(write: Write, tmp_path: Path) -> None:
    """Checkpoints and hidden files are left out, a file that is named twice comes once.

    An ending in capitals is one.
    """
    for name in (
        "10.ipynb",
        "2.ipynb",
        "11-LOOPS.IPYNB",
        "b/1.ipynb",
        ".ipynb_checkpoints/2.ipynb",
        ".x.ipynb",
    ):
        write(name)
    (tmp_path / "course" / "notes.txt").write_text("no notebook")
    folder = tmp_path / "course"
    found = [name for name, _ in find_notebooks([folder, folder / "2.ipynb"])]
    assert found == ["2.ipynb", "10.ipynb", "11-LOOPS.IPYNB", "b/1.ipynb"]
    files = [folder / "b" / "1.ipynb", write("a/1.ipynb")]
    assert [name for name, _ in find_notebooks(files)] == ["1.ipynb", "a/1.ipynb"]
    assert sorted(["b10", "b2", "B1", "a"], key=natural_order) == ["a", "B1", "b2", "b10"]


def test_a_zip_file_has_notebooks_whatever_case_their_ending_has(tmp_path: Path) -> None:
    """One that was left out would show its exercises as retired."""
    path = tmp_path / "Course.ZIP"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("01.ipynb", "02-LOOPS.IPYNB", "notes.txt", ".hidden/03.IPYNB"):
            archive.writestr(name, "{}")
    folder = tmp_path / "unpacked"
    folder.mkdir()
    unpack_notebooks(path, folder)
    assert [name for name, _ in find_notebooks([folder])] == ["01.ipynb", "02-LOOPS.IPYNB"]


@pytest.mark.parametrize(
    ("name", "encoding"),
    [
        ("01-ループ.ipynb", "cp932"),
        ("表.ipynb", "cp932"),
        ("ソート/演習.ipynb", "cp932"),
        ("演習1.ipynb", "cp932"),
        ("Übung 1.ipynb", "cp437"),
        ("Größe (2).ipynb", "cp437"),
        ("Größe.ipynb", "utf-8"),
        ("01-ループ.ipynb", "utf-8"),
        ("01_loops.ipynb", "ascii"),
    ],
)
def test_a_zip_file_that_does_not_say_how_its_names_are_written(
    tmp_path: Path, name: str, encoding: str
) -> None:
    """Japanese Windows, macOS and old programs write them each in their own way."""
    raw = name.encode(encoding)
    stand_in = "x" * (len(raw) - len(".ipynb")) + ".ipynb"
    with zipfile.ZipFile(tmp_path / "course.zip", "w") as archive:
        archive.writestr(stand_in, "{}")
    written = (tmp_path / "course.zip").read_bytes()
    (tmp_path / "course.zip").write_bytes(written.replace(stand_in.encode(), raw))
    folder = tmp_path / "unpacked"
    folder.mkdir()
    unpack_notebooks(tmp_path / "course.zip", folder)
    assert (folder / name).read_text() == "{}"


@pytest.mark.parametrize("version", [1, 2, 3])
def test_old_formats_are_upgraded(tmp_path: Path, version: int) -> None:
    """Notebooks of the formats 1 to 3 are read as format 4, without ids that change each time."""
    new = nbformat.v4.new_notebook()
    new.cells = [nbformat.v4.new_markdown_cell("# One"), nbformat.v4.new_code_cell("x = 1")]
    path = tmp_path / "old.ipynb"
    if version == 1:
        cells = [{"cell_type": "code", "code": "x = 1", "prompt_number": 1}]
        path.write_text(json.dumps({"nbformat": 1, "cells": cells}))
    else:
        with warnings.catch_warnings(action="ignore"):
            old = nbformat.convert(new, 3)
        old["nbformat"] = version
        path.write_text(json.dumps(old))
    notebook = read_notebook(path)
    assert notebook["nbformat"] == 4
    assert notebook["cells"][-1]["source"] == "x = 1"
    assert not any("id" in cell for cell in notebook["cells"])


def test_a_byte_order_mark_is_no_fault(write: Write) -> None:
    """UTF-8 with a mark at its start, as some editors write it, is read."""
    path = write("1.ipynb")
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert read_notebook(path)["cells"] == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "{path}, line 1, column 1: not JSON (Expecting value)"),
        (b'{"nbformat": 4,\n "cells": [}', "{path}, line 2, column 12: not JSON"),
        (b"[]", "no 'nbformat'"),
        (b'{"cells": []}', "no 'nbformat'"),
        (b'{"nbformat": "4"}', "'nbformat' is \"4\""),
        (b'{"nbformat": true}', "'nbformat' is true"),
        (b'{"nbformat": 5, "cells": []}', "notebook format 5; this Cellpulse reads up to 4"),
        (b'{"nbformat": 4, "cells": {}}', "'cells' is missing or no list"),
        (b'{"nbformat": 3, "worksheets": [{"cells": [3]}]}', "a broken notebook of format 3"),
        ("ü".encode("latin-1"), "not UTF-8 (byte 1)"),
        (json.dumps({"nbformat": 4}).encode("utf-16"), "not UTF-8 (byte 1)"),
        (b"[" * 200_000, "no notebook"),
        (b'{"nbformat": ' + b"9" * 5_000 + b"}", "no notebook"),
    ],
)
def test_what_is_no_notebook(tmp_path: Path, content: bytes, words: str) -> None:
    """What can't be read is one line that begins with the file and says what is wrong."""
    path = tmp_path / "1.ipynb"
    path.write_bytes(content)
    with pytest.raises(CourseContentError) as error:
        read_notebook(path)
    message = str(error.value)
    assert message.startswith(str(path))
    assert words.replace("{path}", str(path)) in message
    assert "\n" not in message
    assert len(message) < 500


def test_a_large_file_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file of 2 GB is refused by its size, and not one byte of it is read."""
    path = tmp_path / "1.ipynb"
    with path.open("wb") as file:
        file.truncate(2_000_000_000)

    def read_bytes(_: Path) -> bytes:
        pytest.fail("the file was read")

    monkeypatch.setattr(Path, "read_bytes", read_bytes)
    with pytest.raises(CourseContentError, match="2,000 MB; a notebook may have 100 MB"):
        read_notebook(path)


def test_what_can_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing file, an empty folder, a pipe and a closed folder are each named."""
    with pytest.raises(CourseContentError, match=r"none.ipynb: can't be read: No such file"):
        read_notebook(tmp_path / "none.ipynb")
    (tmp_path / "empty").mkdir()
    with pytest.raises(CourseContentError, match=r"empty: no notebook \(\*.ipynb\)"):
        find_notebooks([tmp_path / "empty"])
    (tmp_path / "loop.ipynb").symlink_to("loop.ipynb")
    with pytest.raises(CourseContentError, match=r"loop.ipynb: can't be read: (a loop|Too many)"):
        [read_notebook(path) for _, path in find_notebooks([tmp_path / "loop.ipynb"])]
    with pytest.raises(CourseContentError, match=r"'a\\x00b': no path of a file"):
        find_notebooks([Path("a\0b")])
    with pytest.raises(CourseContentError, match=r"a b.ipynb: can't be read: No such file"):
        read_notebook(tmp_path / "a\nb.ipynb")
    os.mkfifo(tmp_path / "pipe.ipynb")
    with pytest.raises(CourseContentError, match=r"pipe.ipynb: not a file"):
        read_notebook(tmp_path / "pipe.ipynb")

    def refuse(*_: Any, **__: Any) -> Any:
        raise PermissionError(13, "Permission denied", str(tmp_path / "closed"))

    (tmp_path / "closed").mkdir()
    with monkeypatch.context() as patch:
        # A folder that nobody may read is one that root may read all the same.
        patch.setattr(notebook_files.os, "scandir", refuse)
        with pytest.raises(CourseContentError, match="closed: can't be read: Permission denied"):
            find_notebooks([tmp_path / "closed"])
