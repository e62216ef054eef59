"""The exported data set keeps the rules of ProgSnap2 1.0."""

import csv
import hashlib
import re
from pathlib import Path
from typing import Any

import pytest

from flows.progsnap2.export import export_progsnap2

#: What the specification says of the event types that we write: the columns that each must have,
#: and those that it may have besides the columns of every event.
TYPES: dict[str, tuple[set[str], set[str]]] = {
    "Session.Start": ({"SessionID"}, set()),
    "Session.End": ({"SessionID"}, set()),
    "Compile": ({"CodeStateSection", "CompileResult"}, {"EventInitiator"}),
    "Compile.Error": (
        {
            "ParentEventID",
            "CodeStateSection",
            "CompileMessageType",
            "CompileMessageData",
            "SourceLocation",
        },
        set(),
    ),
    "Run.Program": ({"ExecutionResult"}, {"ExecutionID", "Score"}),
    "Run.Test": ({"ExecutionID", "TestID", "ExecutionResult"}, {"Score"}),
}
#: Columns of every event: those that each needs (a code state may be unknown), and optional ones.
REQUIRED = {"EventType", "EventID", "SubjectID", "ToolInstances"}
OPTIONAL = {
    "CodeStateID",
    "Order",
    "ClientTimestamp",
    "ServerTimestamp",
    "CourseID",
    "AssignmentID",
    "ProblemID",
}
VALUES = {
    "CompileResult": {"Success", "Warning", "Error"},
    "ExecutionResult": {"Success", "Timeout", "Error", "TestFailed"},
}
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)")


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def faults_of(row: dict[str, str]) -> list[str]:
    """Return what is wrong with a row, as the specification sees it."""
    used = {name for name, value in row.items() if value and not name.startswith("X-")}
    kind = row["EventType"]
    required, allowed = TYPES.get(kind, (set(), set()))
    faults = [f"unknown type {kind}"] if kind not in TYPES and not kind.startswith("X-") else []
    faults += [f"{name} is missing" for name in (REQUIRED | required) - used]
    faults += [
        f"{name} is not of {kind}" for name in used - REQUIRED - OPTIONAL - required - allowed
    ]
    faults += [
        f"{name} is {row[name]}"
        for name, values in VALUES.items()
        if row[name] and row[name] not in values
    ]
    faults += [
        f"{name} is {row[name]}"
        for name in ("ClientTimestamp", "ServerTimestamp")
        if not TIMESTAMP.fullmatch(row[name])
    ]
    if row["Score"] and not 0 <= float(row["Score"]) <= 1:
        faults.append(f"Score is {row['Score']}")
    return faults


@pytest.fixture
def data_set(lake: Any, every_field: list[dict[str, Any]], exported: Any) -> Path:
    lake.append(*every_field)
    folder: Path = exported(export_progsnap2)
    return folder


def test_the_data_set_keeps_the_rules(data_set: Path, lake: Any) -> None:
    """Rows have their type's columns and no other, ids are unique, parents there, order rises."""
    rows = table(data_set / "MainTable.csv")
    assert [fault for row in rows for fault in faults_of(row)] == []
    ids = [row["EventID"] for row in rows]
    assert len(set(ids)) == len(ids)
    assert {row["ParentEventID"] for row in rows} - {""} <= set(ids)
    assert [int(row["Order"]) for row in rows] == list(range(1, len(rows) + 1))
    assert [row["EventID"] for row in rows if row["X-Type"]] == [
        str(logged.event.event_id) for logged in lake.events
    ]
    metadata = {row["Property"]: row["Value"] for row in table(data_set / "DatasetMetadata.csv")}
    assert metadata["Version"] == "1.0"
    assert metadata["EventOrderScope"] == "Global"
    assert metadata["CodeStateRepresentation"] == "Table"


def test_code_states_are_those_of_the_main_table(data_set: Path) -> None:
    """Code that was shared stands once in its table, under the id that its rows name."""
    rows = table(data_set / "MainTable.csv")
    [state] = table(data_set / "CodeStates" / "CodeStates.csv")
    assert state["Code"] == "print('Ünï')\n\n"
    assert state["CodeStateID"] == hashlib.sha256(state["Code"].encode()).hexdigest()
    assert {row["CodeStateID"] for row in rows} == {"", state["CodeStateID"]}


def test_link_tables_name_every_id(data_set: Path) -> None:
    """Each subject, assignment and problem of the main table has one row in its link table."""
    rows = table(data_set / "MainTable.csv")
    for name in ("Subject", "Assignment", "Problem"):
        linked = [row[f"{name}ID"] for row in table(data_set / "LinkTables" / f"{name}.csv")]
        assert sorted(linked) == sorted({row[f"{name}ID"] for row in rows} - {""}), name


def test_only_what_is_no_python_is_a_compile_error(data_set: Path) -> None:
    """A NameError is the error of a run, a SyntaxError one of its compilation too."""
    rows = table(data_set / "MainTable.csv")
    kinds = [(r["EventType"], r["CompileResult"] or r["ExecutionResult"]) for r in rows]
    assert kinds[1:6] == [
        ("Compile", "Success"),
        ("Run.Program", "Error"),
        ("Compile", "Error"),
        ("Compile.Error", ""),
        ("Run.Program", "Error"),
    ]


def test_every_column_is_in_the_dictionary(data_set: Path) -> None:
    """The data dictionary has a meaning for each column of the main table."""
    entries = table(data_set / "data_dictionary.csv")
    with (data_set / "MainTable.csv").open(encoding="utf-8") as file:
        header = file.readline().strip().split(",")
    assert [entry["column"] for entry in entries] == header
    assert all(entry["meaning"] for entry in entries)
