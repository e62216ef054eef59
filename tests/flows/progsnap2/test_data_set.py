"""What a data set may look like, and what is said of one that can't be read."""

import codecs
from pathlib import Path
from typing import Any

import pytest

from flows.progsnap2.csv_file import CsvFile
from flows.progsnap2.errors import DataSetError

HEADER = "EventType,EventID,SubjectID,ServerTimestamp,Score\n"
ROW = "Run.Program,1,s1,2019-02-18T09:00:00,1\n"


def test_published_layouts_are_found(data_sets: Any) -> None:
    """Below Data, with names in other letters, the code in LinkTables or in a folder a state."""
    data_sets.write("Data/maintable.csv", "EventType,SubjectID,CodeStateID\nSubmit,s1,7\n")
    data_sets.write("Data/LinkTables/CodeStates.csv", 'CodeStateID,Code\n7,"a\nb"\n 7,c\n')
    [run] = data_sets.events()
    assert (run["code"], run["code_lines"], run["code_chars"]) == ("a\nb", 2, 3)
    (data_sets.folder / "Data" / "LinkTables" / "CodeStates.csv").unlink()
    data_sets.write("Data/CodeStates/7/__main__.py", "print(1)\n")
    [run] = data_sets.events()
    assert run["code"] == "print(1)\n"


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (codecs.BOM_UTF8 + (HEADER + ROW).encode(), "utf-8"),
        ((HEADER + ROW).encode("utf-16"), "utf-8"),
        ((HEADER + ROW).replace("s1", "Zoë").encode("latin-1"), "latin-1"),
        ((HEADER + ROW).replace(",", ";").encode(), "utf-8"),
        ((HEADER + ROW).replace(",", "\t").encode(), "utf-8"),
        ((HEADER + ROW).replace("\n", "\r\n").encode(), "utf-8"),
        ((HEADER + ROW).replace("\n", "\r").encode(), "utf-8"),
        ((HEADER + "\n" + ROW + "\n\n").encode(), "utf-8"),
        ((HEADER + ROW).replace("EventType", "Event.Type").encode(), "utf-8"),
        (("," + HEADER.strip() + ",\n0," + ROW.strip() + ",\n  ,,,\n").encode(), "utf-8"),
    ],
)
def test_files_of_many_programs_are_read(data_sets: Any, content: bytes, encoding: str) -> None:
    """A mark of the encoding, other encodings, separators and line ends are no obstacle."""
    data_sets.write("MainTable.csv", content)
    run, check = data_sets.events(encoding)
    assert (run["status"], check["passed"]) == ("ok", True)
    assert run["student_id"] in ("s1", "Zoë")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"MainTable.csv, line 1: the file is empty"),
        (HEADER, "line 1: no rows below the header"),
        ("EventType,EventID\n", "line 1: no column SubjectID, which is needed; it has 'EventType,"),
        ("SubjectID,EventID\n", "line 1: no column EventType"),
        ("EventType,SubjectID,SubjectID\n", "line 1: the header names 'SubjectID' twice"),
        (HEADER + ROW + "Compile,2\n", "line 3: 2 fields where the header names 5 columns"),
        (HEADER + ROW + 'Compile,2,"s1,,\n' + ROW * 3, "line 3: no CSV: a quote is opened and"),
        (HEADER + 'Compile,2,"s"1,,\n', "line 2: no CSV"),
        (HEADER + '"Run\nProgram",1,s1,,1\n,2,s1,,\n', "line 4: the row has no EventType"),
        (HEADER + ROW.replace("2019-02-18T", "18.2.19 "), "line 2: ServerTimestamp '18.2.19 09:00"),
        (HEADER + ROW.replace("2019", "0019"), "line 2: ServerTimestamp '0019-02-18T09:00:00'"),
        (HEADER + ROW.replace(",1\n", ",much\n"), "line 2: Score 'much' is no number"),
        (
            HEADER.encode() + ROW.encode() + ROW.replace("s1", "Zoë").encode("latin-1"),
            r"line 3: not UTF-8 \(byte 0xeb\): say which encoding it is in, for example",
        ),
        ((HEADER + ROW).encode("utf-16")[:-1], "not UTF-16"),
    ],
)
def test_what_can_not_be_read_is_one_line(
    data_sets: Any, content: str | bytes, message: str
) -> None:
    """File, line and what is wrong."""
    data_sets.write("MainTable.csv", content)
    with pytest.raises(DataSetError, match=message) as raised:
        data_sets.events()
    assert "\n" not in str(raised.value)


def test_what_is_no_data_set_is_one_line(tmp_path: Path, data_sets: Any) -> None:
    """A folder that is none, or has no main table; an encoding that is none."""
    with pytest.raises(DataSetError, match=r"data: no MainTable.csv in it"):
        data_sets.events()
    data_sets.folder = tmp_path / "none"
    with pytest.raises(DataSetError, match="none: not a folder"):
        data_sets.events()
    file = tmp_path / "file"
    file.write_text(HEADER)
    with pytest.raises(DataSetError, match="--encoding klingon: there is no such encoding"):
        CsvFile.open(file, "klingon")
    with pytest.raises(DataSetError, match="--encoding hex: there is no such encoding"):
        CsvFile.open(file, "hex")


def test_code_states_are_checked_too(data_sets: Any) -> None:
    """A table of code states without code is named."""
    data_sets.write("MainTable.csv", HEADER + ROW)
    data_sets.write("CodeStates/CodeState.csv", "CodeStateID,Text\n1,x\n")
    with pytest.raises(DataSetError, match=r"CodeState.csv, line 1: no columns CodeStateID and"):
        data_sets.events()


def test_a_quote_that_is_never_closed_is_found_in_a_large_file(data_sets: Any) -> None:
    """The line is that where the quote was opened, however much follows."""
    content = HEADER + ROW * 5 + 'Compile,2,"s1\n' + ROW * 450_000
    data_sets.write("MainTable.csv", content)
    with pytest.raises(DataSetError, match="line 7: no CSV: a quote is opened and never closed"):
        data_sets.events()
