"""Which rows become a run, and what it is."""

from typing import Any

import pytest

from flows.progsnap2.foreign import kind_of_message

ERROR = {"EventType": "Compile.Error", "CompileMessageType": "SyntaxError"}
CHAINED = """Traceback (most recent call last):
  File "a.py", line 1, in <module>
    raise ValueError("KeyError: 1")
ValueError: KeyError: 1

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "a.py", line 3, in <module>
    raise StopRun from TypeError
StopRun: no more
"""


def runs(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [event for event in events if event["type"] == "cell_run"]


def checks(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [event for event in events if event["type"] == "check_result"]


def outcomes(events: list[dict[str, Any]]) -> list[tuple[str, str | None]]:
    return [(run["status"], run.get("error_name")) for run in runs(events)]


def test_rows_that_name_each_other_are_one_run(data_sets: Any) -> None:
    """As in CodeWorkout's data: a Run.Program, its Compile, and the Compile's errors."""
    events = data_sets.of(
        {"EventType": "Run.Program", "Score": "0.0"},
        {"EventType": "Compile", "ParentEventID": "e0", "Compile.Result": "Error"},
        ERROR | {"ParentEventID": "e1", "CompileMessageData": "line 1: error: ';' expected"},
        ERROR | {"ParentEventID": "e1", "CompileMessageData": "line 2: error: not a statement"},
        {"EventType": "Run.Program", "Score": "1.0"},
        {"EventType": "Compile", "ParentEventID": "e4", "Compile.Result": "Success"},
    )
    assert outcomes(events) == [("error", "';' expected"), ("ok", None)]
    assert [(check["passed"], check["points"]) for check in checks(events)] == [
        (False, 0.0),
        (True, 1.0),
    ]
    assert [event["type"] for event in events] == ["cell_run", "check_result"] * 2
    assert events[0]["error_message"] == "line 1: error: ';' expected"
    assert events[0]["occurred_at"] == "2019-02-18T09:01:00Z"
    assert [event["seq"] for event in events] == [1, 2, 3, 4]


def test_a_run_of_a_compile_names_it(data_sets: Any) -> None:
    """As the specification has it: a Run.Program, and tests, with the Compile as their parent."""
    events = data_sets.of(
        {"EventType": "Compile", "CompileResult": "Success"},
        {"EventType": "Run.Program", "ParentEventID": "e0", "ExecutionResult": "Error"},
        {"EventType": "Run.Test", "ParentEventID": "e1", "TestID": "t1"}
        | {"ExecutionResult": "TestFailed"},
        {"EventType": "Run.Test", "ParentEventID": "e1", "TestID": "t2"}
        | {"ExecutionResult": "Success"},
    )
    assert outcomes(events) == [("error", None)]
    assert [(c["check_name"], c["passed"]) for c in checks(events)] == [("t1", False), ("t2", True)]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([("Compile", "c1"), ("Run.Program", "c1")], 1),
        ([("Compile", "c1"), ("Run.Program", "c2")], 2),
        ([("Compile", ""), ("Run.Program", "")], 1),
        ([("Run.Program", "c1"), ("Compile", "c1")], 1),
        ([("Run.Program", ""), ("Compile", "")], 2),
        ([("Compile", "c1"), ("Run.Program", "c1"), ("Run.Program", "c1")], 2),
        ([("Compile", "c1"), ("Compile", "c1")], 2),
        ([("Compile", "c1"), ("File.Edit", "c1"), ("Run.Program", "c1")], 1),
        ([("Run.Program", "c1"), ("Run.Program", "c1")], 2),
    ],
)
def test_neighbours_with_the_same_code_are_one_run(
    data_sets: Any, rows: list[tuple[str, str]], expected: int
) -> None:
    """Where no row names another, a run belongs to the Compile beside it that has its code."""
    events = data_sets.of(*({"EventType": kind, "CodeStateID": code} for kind, code in rows))
    assert len(runs(events)) == expected


def test_another_problem_is_another_run(data_sets: Any) -> None:
    """Neighbours with the same code in two problems are two runs."""
    events = data_sets.of(
        {"EventType": "Compile", "CodeStateID": "c1", "ProblemID": "p1"},
        {"EventType": "Run.Program", "CodeStateID": "c1", "ProblemID": "p2"},
    )
    assert [run["exercise"] for run in runs(events)] == ["p1", "p2"]


def test_an_error_without_a_compile_is_a_failed_run(data_sets: Any) -> None:
    """A Compile.Error that names no row belongs to the Compile before it, else to none."""
    events = data_sets.of(
        ERROR,
        {"EventType": "Compile"},
        ERROR | {"CompileMessageType": "NameError"},
        {"EventType": "Compile"},
        ERROR | {"CompileMessageType": "TypeError", "ParentEventID": "-1"},
        {"EventType": "File.Edit"},
        {"EventType": "Session.Start"},
        ERROR | {"CompileMessageType": "KeyError", "ParentEventID": "-1", "ProblemID": "p2"},
    )
    assert outcomes(events) == [
        ("error", "SyntaxError"),
        ("error", "NameError"),
        ("error", "TypeError"),
        ("error", "KeyError"),
    ]


def test_a_type_that_tells_nothing_apart_gives_way_to_the_message(data_sets: Any) -> None:
    """As in CodeWorkout's data: one type for all errors, and messages that begin with a line."""
    said = ["line 3: error: cannot find symbol", "line 12: error: cannot find symbol."]
    events = data_sets.of(
        *(ERROR | {"CompileMessageData": text} for text in said),
        ERROR | {"CompileMessageType": "", "CompileMessageData": said[0]},
        ERROR | {"CompileMessageData": ""},
    )
    names = [name for _, name in outcomes(events)]
    assert names == ["cannot find symbol"] * 3 + ["SyntaxError"]
    assert "every compiler error is a 'SyntaxError'" in data_sets.staged.notes[-1]
    names = [name for _, name in outcomes(data_sets.events(error_names="type"))]
    assert names == ["SyntaxError", "SyntaxError", "cannot find symbol", "SyntaxError"]


def test_a_type_is_the_name_where_messages_are_of_another_form(data_sets: Any) -> None:
    """One type for all errors is their name, unless the operator says otherwise."""
    said = ["invalid syntax", "line 2: unexpected EOF"]
    events = data_sets.of(*(ERROR | {"CompileMessageData": text} for text in said))
    assert [name for _, name in outcomes(events)] == ["SyntaxError", "SyntaxError"]
    names = [name for _, name in outcomes(data_sets.events(error_names="message"))]
    assert names == ["invalid syntax", "unexpected EOF"]


def test_the_line_of_an_error_is_kept(data_sets: Any) -> None:
    """From SourceLocation, else from the message; so measures and error clusters can use it."""
    events = data_sets.of(
        ERROR | {"SourceLocation": "Text:39:2"},
        ERROR | {"CompileMessageData": "line 7: error: ';' expected"},
        ERROR | {"CompileMessageData": "line seven: ';' expected", "SourceLocation": "Tree:1"},
    )
    lines = [event["extra"].get("error_line") for event in events]
    assert lines == [39, 7, None]
    assert events[0]["extra"]["SourceLocation"] == "Text:39:2"


def test_every_error_of_a_compilation_has_a_name(data_sets: Any) -> None:
    """The first is the run's; where they differ all are kept, long ones apart."""
    long = "x" * 300
    kinds = ["B", "A", "B", long + "1", long + "2"]
    compiled = {"EventType": "Compile", "EventID": "7"}
    events = data_sets.of(
        compiled,
        *(ERROR | {"ParentEventID": "7.0", "CompileMessageType": kind} for kind in kinds),
        compiled | {"EventID": "8"},
        ERROR | {"ParentEventID": "8.0", "CompileMessageType": "A"},
    )
    assert outcomes(events) == [("error", "B"), ("error", "A")]
    names = events[0]["extra"]["error_names"]
    assert names[:2] == ["B", "A"]
    assert len(set(names)) == len(names) == 4
    assert "error_names" not in events[1]["extra"]


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("line 1: error: ';' expected", "';' expected"),
        ("line 14: missing return statement.", "missing return statement"),
        ("NameError: name 'x' is not defined", "NameError"),
        ("java.lang.NullPointerException: null", "java.lang.NullPointerException"),
        ("  spaces around  ", "spaces around"),
    ],
)
def test_the_kind_of_a_message(message: str, kind: str) -> None:
    """A message is of the kind that it names, else of its own without the line."""
    assert kind_of_message(message) == kind


def test_submits_are_runs_only_where_nothing_else_is(data_sets: Any) -> None:
    """As in ITAP's data: Submit with Correct. Beside runs a Submit only brings its score."""
    events = data_sets.of(
        {"EventType": "Submit", "Correct": "FALSE"}, {"EventType": "Submit", "Correct": "TRUE"}
    )
    assert outcomes(events) == [("ok", None)] * 2
    assert [check["passed"] for check in checks(events)] == [False, True]
    events = data_sets.of(
        {"EventType": "Run.Program"}, {"EventType": "Submit", "Score": "0.5", "CodeStateID": "c"}
    )
    assert len(runs(events)) == 1
    assert [check["passed"] for check in checks(events)] == [False]


def test_children_of_a_submit_are_its_run(data_sets: Any) -> None:
    """As in VPL's data: a Run.Program with the Submit before it as its parent."""
    events = data_sets.of(
        {"EventType": "Submit", "Score": "1"},
        {"EventType": "Compile", "ParentEventID": "e0"},
        {"EventType": "Run.Program", "ParentEventID": "e0", "ExecutionResult": "Timeout"},
    )
    assert outcomes(events) == [("interrupted", None)]
    assert [check["passed"] for check in checks(events)] == [True]


def test_an_execution_id_joins(data_sets: Any) -> None:
    """Rows of one execution are one run; a failed test is no failed run."""
    events = data_sets.of(
        {"EventType": "Run.Program", "ExecutionID": "x", "ExecutionResult": "TestFailed"},
        {"EventType": "File.Edit"},
        {"EventType": "Run.Test", "ExecutionID": "x", "ExecutionResult": "TestFailed"},
        {"EventType": "Submit", "ExecutionID": "x"},
    )
    assert outcomes(events) == [("ok", None)]
    assert [check["passed"] for check in checks(events)] == [False, False]


def test_the_error_of_an_execution_has_a_name(data_sets: Any) -> None:
    """As in BlockPy's data: what failed stands in ProgramErrorOutput."""
    events = data_sets.of(
        {"EventType": "Run.Program", "ExecutionResult": "Error"}
        | {"ProgramErrorOutput": "Runtime|NameError: name 'x' is not defined on line 3"},
        {"EventType": "Program.Run", "ExecutionResult": "SystemError"},
        {"EventType": "Run.Program", "ExecutionResult": "Error", "ProgramErrorOutput": CHAINED},
    )
    assert outcomes(events) == [("error", "NameError"), ("error", None), ("error", "StopRun")]


def test_a_parent_that_is_not_there_joins_nothing(data_sets: Any) -> None:
    """As in drafts, which write -1 for no parent."""
    events = data_sets.of(
        {"EventType": "Compile", "ParentEventID": "-1", "CodeStateID": "1"},
        {"EventType": "File.Edit", "ParentEventID": "-1"},
        {"EventType": "Run.Program", "ParentEventID": "-1", "CodeStateID": "2"},
    )
    assert len(runs(events)) == 2


def test_scores_in_per_cent(data_sets: Any) -> None:
    """Where a score is higher than 1, the highest of the data set is what passes."""
    events = data_sets.of(
        *({"EventType": "Run.Program", "Score": score} for score in ("1", "100", "99.5", "-1"))
    )
    assert [(check["passed"], check["points_possible"]) for check in checks(events)] == [
        (False, 100.0),
        (True, 100.0),
        (False, 100.0),
    ]
