"""Rosters: what a CSV file says of a course's students, and what is wrong with it, by line."""

import os
from pathlib import Path

import pytest

from flows.enrollment.roster import read_roster
from flows.progsnap2.errors import DataSetError


@pytest.mark.parametrize(
    ("text", "entries", "unread"),
    [
        ("student_id\ns1\ns2\n", {"s1": {}, "s2": {}}, []),
        (
            "\ufeffsection,Name,student_id,email\nA,Ada  Lovelace, s1 ,x@y\n,,s2,\n",
            {
                "s1": {"section": "A", "display_name": "Ada Lovelace"},
                "s2": {"section": None, "display_name": None},
            },
            ["email"],
        ),
        (
            'student_id;display_name;section;Seat\r\n\r\ns1;"Müller; Zoë";A 1;B4\r\n',
            {"s1": {"display_name": "Müller; Zoë", "section": "A 1", "seat": "B4"}},
            [],
        ),
    ],
)
def test_a_roster_is_read(
    tmp_path: Path, text: str, entries: dict[str, dict[str, str | None]], unread: list[str]
) -> None:
    """Columns in any order, a mark at the begin, semicolons, quotes and blank lines are fine."""
    path = tmp_path / "roster.csv"
    path.write_bytes(text.encode())
    roster = read_roster(path)
    assert (roster.entries, roster.unread) == (entries, unread)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", ", line 1: the file is empty"),
        (b"name,section\nAda,A\n", ", line 1: no column student_id; the header is 'name, section'"),
        (b"s1\ns2\n", ", line 1: no column student_id; the header is 's1'"),
        (b"student_id,name,display_name\ns1,a,b\n", ", line 1: the column 'display_name' is there"),
        (b"student_id\n", ", line 1: no student below the header"),
        (b"student_id,name\ns1,a\ns1,b\n", ", line 3: the student 's1' is in line 2 too"),
        (b"student_id,name\ns1,a\n,b\n", ", line 3: no student_id"),
        (b"student_id,name\ns1\n", ", line 2: 1 fields where the header names 2 columns"),
        (b'student_id\n"s1\n', ", line 2: no CSV: a quote is opened and never closed"),
        (b"student_id,name\ns1,Zo\xeb\n", ", line 2: not UTF-8 (byte 0xeb): say which encoding"),
        (b"student_id\n" + b"x" * 201, ", line 2: student_id 'xxx"),
        (b"student_id\ns\\1\n", ", line 2: student_id 's\\\\1': must not contain control"),
        (b"student_id\ns\x001\n", ", line 2: "),
        (b"student_id,name\ns1," + b"x" * 201, ", line 2: name 'xxx"),
        (b"student_id,section\ns1,A\ns2," + b"x" * 201, ", line 3: section 'xxx"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, content: bytes, message: str) -> None:
    """The error names the file, the line and what to do, on one line."""
    path = tmp_path / "roster.csv"
    path.write_bytes(content)
    with pytest.raises(DataSetError) as caught:
        read_roster(path)
    assert str(caught.value).startswith(f"{path}{message}")
    assert "\n" not in str(caught.value)


def test_another_encoding_can_be_named(tmp_path: Path) -> None:
    """A file of a program that does not write UTF-8 is read with --encoding."""
    path = tmp_path / "roster.csv"
    path.write_bytes("student_id,name\ns1,Zoë\n".encode("windows-1252"))
    assert read_roster(path, "windows-1252").entries == {"s1": {"display_name": "Zoë"}}
    for named in ("shift_jis", "Shift-JIS"):  # as Windows writes it, which has more letters
        path.write_bytes("student_id,name\ns1,髙橋 彅①\n".encode("cp932"))
        assert read_roster(path, named).entries == {"s1": {"display_name": "髙橋 彅①"}}
    with pytest.raises(DataSetError, match=r"line 1: not UTF-16 \(.*\): say which encoding"):
        read_roster(path, "utf-16")  # nothing says in which order its bytes are


def test_a_roster_may_begin_with_empty_lines(tmp_path: Path) -> None:
    """A spreadsheet has them above its table."""
    path = tmp_path / "roster.csv"
    path.write_text("\n \n;;\nstudent_id;name\ns1;Zoë\n", "utf-8")
    assert read_roster(path).entries == {"s1": {"display_name": "Zoë"}}


def test_what_can_be_no_roster_is_not_read(tmp_path: Path) -> None:
    """A file of 2 GB, a folder, a pipe and no file at all are refused at once."""
    huge = tmp_path / "huge.csv"
    with huge.open("wb") as file:
        file.truncate(2_000_000_000)
    with pytest.raises(DataSetError, match=r"huge.csv: 2,000 MB are too many .*at most 10 MB"):
        read_roster(huge)
    os.mkfifo(tmp_path / "pipe")
    for name in ("pipe", "."):
        with pytest.raises(DataSetError, match="not a file"):
            read_roster(tmp_path / name)
    with pytest.raises(DataSetError, match=r"none.csv: No such file"):
        read_roster(tmp_path / "none.csv")
