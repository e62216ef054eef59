"""Who, when, in which order, and what does not fit."""

from typing import Any

import pytest

from flows.progsnap2.errors import DataSetError

RUN = {"EventType": "Run.Program"}


def test_the_order_is_that_of_the_data_set(data_sets: Any) -> None:
    """Order goes before the file's order and before the times, which then do not contradict it."""
    events = data_sets.of(
        RUN | {"Order": 3, "X-Name": "c"},
        RUN | {"Order": 1, "X-Name": "a"},
        RUN | {"Order": 2, "X-Name": "b", "ServerTimestamp": "2019-02-18T08:00:00"},
    )
    assert [event["extra"]["X-Name"] for event in events] == ["a", "b", "c"]
    # b has an earlier time than a before it; c, in the first row, too.
    times = [event["occurred_at"] for event in events]
    assert times == ["2019-02-18T09:01:00Z"] * 3
    assert events[1]["extra"]["ServerTimestamp"] == "2019-02-18T08:00:00"
    assert data_sets.staged.put_forward == 2


def test_between_exercises_times_tell(data_sets: Any) -> None:
    """An Order that goes exercise by exercise dates no run of the second with one of the first."""
    events = data_sets.of(
        RUN | {"Order": 1, "ProblemID": "a", "ServerTimestamp": "2019-02-18T08:00:00"},
        RUN | {"Order": 2, "ProblemID": "a", "ServerTimestamp": "2019-02-18T10:00:00"},
        RUN | {"Order": 3, "ProblemID": "b", "ServerTimestamp": "2019-02-18T09:00:00"},
    )
    assert [event["exercise"] for event in events] == ["a", "b", "a"]
    assert data_sets.staged.put_forward == 0


def test_an_order_of_any_number_counts(data_sets: Any) -> None:
    """Drafts numbered what belongs to a row between it and the next: 7, 7.1, 7.2."""
    one = "2019-02-18T09:00:00"
    orders = ["7.2", "10.0", "7.10000000000000009", "176000000000000001", "176000000000000000"]
    events = data_sets.of(*(RUN | {"Order": order, "ServerTimestamp": one} for order in orders))
    found = [event["extra"]["Order"] for event in events]
    assert found == [orders[2], orders[0], orders[1], orders[4], orders[3]]


@pytest.mark.parametrize("order", ["first", "1,5", ""])
def test_without_an_order_times_tell(data_sets: Any, order: str) -> None:
    """An Order that not every row has, as a number, does not count; then the file does."""
    events = data_sets.of(
        RUN | {"Order": order, "ProblemID": "b", "ServerTimestamp": "2019-02-18 10:00:00"},
        RUN | {"Order": "2", "ProblemID": "a", "ServerTimestamp": "2019-02-18 09:00:00.5"},
        RUN | {"Order": order, "ProblemID": "c", "ServerTimestamp": "1550484000"},
    )
    assert [event["exercise"] for event in events] == ["a", "b", "c"]


def test_the_metadata_can_say_that_nothing_is_ordered(data_sets: Any) -> None:
    """With EventOrderScope None, Order is no order."""
    data_sets.write("DatasetMetadata.csv", "Property,Value\nEventOrderScope,None\n")
    events = data_sets.of(RUN | {"Order": 2, "ProblemID": "a"}, RUN | {"Order": 1})
    assert [event["exercise"] for event in events] == ["a", "p1"]


def test_an_order_within_problems_is_kept_there(data_sets: Any) -> None:
    """With EventOrderScope Restricted to student and problem, times tell between problems."""
    data_sets.write(
        "DatasetMetadata.csv",
        "Property,Value\nEventOrderScope,Restricted\nEventOrderScopeColumns,SubjectID;ProblemID\n",
    )
    events = data_sets.of(
        RUN | {"Order": 1, "ProblemID": "a", "AssignmentID": "1"},
        RUN | {"Order": 3, "ProblemID": "a", "AssignmentID": "3"},
        RUN | {"Order": 2, "ProblemID": "a", "AssignmentID": "2"},
        RUN | {"Order": 1, "ProblemID": "b"},
        RUN | {"Order": 2, "ProblemID": "b"},
    )
    assert [event["exercise"] for event in events] == ["a", "a", "a", "b", "b"]
    assert [event["notebook"] for event in events[:3]] == ["1", "2", "3"]
    assert [event["occurred_at"][14:16] for event in events] == ["00", "02", "02", "03", "04"]


def test_a_row_without_a_time_has_that_of_the_row_before(data_sets: Any) -> None:
    """So that it stays in its place."""
    events = data_sets.of(RUN | {"ServerTimestamp": ""}, RUN, RUN | {"ServerTimestamp": "NaN"}, RUN)
    assert [event["occurred_at"][11:16] for event in events] == ["09:01", "09:01", "09:01", "09:03"]


def test_a_data_set_without_times_keeps_its_order(data_sets: Any) -> None:
    """The events then have no time of their own, and the command says so."""
    data_sets.main_table(*(RUN | {"SubjectID": "s", "ProblemID": str(n)} for n in range(30)))
    events = data_sets.events()
    assert [event["exercise"] for event in events] == [str(n) for n in range(30)]
    assert all("occurred_at" not in event for event in events)
    assert "no row has a time" in data_sets.staged.notes[0]


@pytest.mark.parametrize(
    ("columns", "time"),
    [
        ({"ServerTimestamp": "2019-02-18T09:00:00+0100"}, "2019-02-18T08:00:00Z"),
        ({"ServerTimestamp": "2019-02-18T09:00:00", "ServerTimezone": "-0500"}, "T14:00:00Z"),
        ({"ServerTimestamp": "2019-02-18 09:00:00", "ServerTimezone": "UTC"}, "T09:00:00Z"),
        (
            {"ServerTimestamp": "2019-02-18 09:00:00", "ServerTimezone": "Europe/Berlin"},
            "T08:00:00Z",
        ),
        ({"ServerTimestamp": "", "ClientTimestamp": "1568242704669"}, "T22:58:24.669000Z"),
        ({"ServerTimestamp": "1568242704.25"}, "2019-09-11T22:58:24.250000Z"),
        ({"ServerTimestamp": "1.568242704669E12"}, "2019-09-11T22:58:24.669000Z"),
        ({"ServerTimestamp": "2019-02-18T09:00:00.123456789Z"}, "T09:00:00.123456Z"),
    ],
)
def test_times_in_every_form(data_sets: Any, columns: dict[str, str], time: str) -> None:
    """ISO 8601 with a zone in it or beside it, or a number of seconds or parts of them."""
    [event] = data_sets.of(RUN | columns)
    assert event["occurred_at"].endswith(time)


def test_each_session_is_numbered_from_one(data_sets: Any) -> None:
    """A SessionID is a session; without one each subject has one."""
    events = data_sets.of(
        RUN | {"SessionID": "a"},
        RUN | {"SessionID": "b"},
        RUN | {"SessionID": "a"},
        RUN | {"SubjectID": "s2"},
        {"EventType": "Session.End", "SessionID": "b"},
    )
    assert [(event["session_id"], event["seq"]) for event in events] == [
        ("a", 1),
        ("b", 1),
        ("a", 2),
        ("progsnap2:s2", 1),
        ("b", 2),
    ]
    assert events[-1]["type"] == "session_ended"


def test_the_same_data_set_gives_the_same_ids(data_sets: Any) -> None:
    """So that a second import is recognised; ids that a data set uses twice stay two events."""
    rows = [RUN, RUN | {"EventID": "e0"}, RUN | {"EventID": ""}]
    first = [event["event_id"] for event in data_sets.of(*rows)]
    assert first == [event["event_id"] for event in data_sets.of(*rows)]
    assert len(set(first)) == 3


def test_what_no_field_holds_is_kept(data_sets: Any) -> None:
    """Other columns are under extra, with their names; empty ones are not."""
    [event] = data_sets.of(RUN | {"Attempt": "3", "X-Mood": "Ünhappy", "TermID": "NA"})
    assert event["extra"] == {
        "EventType": "Run.Program",
        "EventID": "e0",
        "ServerTimestamp": "2019-02-18T09:00:00",
        "Attempt": "3",
        "X-Mood": "Ünhappy",
    }


def test_where_there_is_no_problem_the_assignment_is_the_exercise(data_sets: Any) -> None:
    """An AssignmentID is the notebook, and stands in for an exercise."""
    events = data_sets.of(
        RUN | {"ProblemID": "", "AssignmentID": "a1"}, RUN | {"AssignmentID": "a1"}
    )
    assert [(event["notebook"], event["exercise"]) for event in events] == [
        ("a1", "a1"),
        ("a1", "p1"),
    ]


def test_ids_that_do_not_fit_are_changed_and_stay_apart(data_sets: Any) -> None:
    """Odd characters are percent-encoded, long names cut with a checksum, nobody is UNKNOWN."""
    long = "x" * 300
    events = data_sets.of(
        RUN | {"SubjectID": "back\\slash\tand tab"},
        RUN | {"SubjectID": long + "1", "ProblemID": long + "1"},
        RUN | {"SubjectID": long + "2", "ProblemID": long + "2"},
        RUN | {"SubjectID": "nan"},
    )
    students = [event["student_id"] for event in events]
    assert students[0] == "back%5Cslash%09and tab"
    assert students[3] == "UNKNOWN"
    assert len(set(students)) == 4
    assert len({event["exercise"] for event in events}) == 3
    assert max(len(student) for student in students) <= 200
    assert "ids or names were changed" in data_sets.staged.notes[-1]


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ('{"a": ' + "[" * 200 + "]" * 200 + "}", "makes no event: .*deeper"),
        ("no JSON", "a column of ours is not as it was written"),
        ("[" * 100_000, "a column of ours is not as it was written"),
    ],
)
def test_what_makes_no_event_names_its_line(data_sets: Any, extra: str, message: str) -> None:
    """The contract of events is kept; what it refuses is named with the row's line."""
    ours = {"EventType": "X-Heartbeat", "X-Type": "heartbeat", "X-EmptyFields": ""}
    with pytest.raises(DataSetError, match=f"MainTable.csv, line 3: {message}"):
        data_sets.of(ours | {"X-Extra": '{"a": 1}'}, ours | {"X-Extra": extra})
