from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from analytics.class_view.examples import CLASS_STREAM
from analytics.class_view.responses import ClassStream, StreamExercise
from analytics.responses import TimelineBucket
from streamlit_app.class_view.charts import class_stream, solved_of_started
from streamlit_app.page_parts import charts
from streamlit_app.page_parts.frames import (
    PASSED_CHECK,
    RAN_ONLY,
    WITH_ERROR,
    WITHOUT_ERROR,
    exercises_frame,
    history_frame,
    runs_frame,
    stream_frame,
)
from streamlit_app.page_parts.palette import DARK, LIGHT, Palette, contrast

NINE = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def _minutes(*counts: tuple[int, int]) -> list[TimelineBucket]:
    return [
        TimelineBucket(
            start=NINE + timedelta(minutes=minute), runs=runs, errors=errors, events=runs
        )
        for minute, (runs, errors) in enumerate(counts)
    ]


def test_runs_are_split_by_outcome() -> None:
    """A minute's runs become those with and those without an error."""
    frame = runs_frame(_minutes((5, 2)), 1)
    assert frame.to_dict("records") == [
        {"start": NINE, "outcome": str(WITHOUT_ERROR), "runs": 3},
        {"start": NINE, "outcome": str(WITH_ERROR), "runs": 2},
    ]


def test_the_runs_chart_has_always_the_same_length() -> None:
    """Before the first minute there are empty ones, and of many only the latest are kept."""
    frame = runs_frame(_minutes((1, 0)), 60)
    assert len(frame) == 120
    assert frame["start"].min() == NINE - timedelta(minutes=59)
    assert frame["runs"].sum() == 1
    latest = runs_frame(_minutes((1, 0), (2, 0), (4, 0)), 2)
    assert latest["runs"].sum() == 6


def test_a_class_without_runs_has_an_empty_chart() -> None:
    """Without any minute the chart is drawn, empty."""
    spec = charts.runs_per_minute(runs_frame([], 60), LIGHT).to_dict()
    assert spec["mark"]["type"] == "bar"


@pytest.mark.parametrize("colours", [LIGHT, DARK])
def test_runs_with_an_error_have_the_warning_colour(colours: Palette) -> None:
    """The colours of the theme say which runs had an error."""
    spec = charts.runs_per_minute(runs_frame(_minutes((5, 2)), 60), colours).to_dict()
    scale = spec["encoding"]["color"]["scale"]
    painted = dict(zip(scale["domain"], scale["range"], strict=True))
    assert painted[str(WITH_ERROR)] == colours.warning
    assert painted[str(WITHOUT_ERROR)] == colours.usual
    assert spec["mark"]["stroke"] == colours.card


def test_solved_is_drawn_over_started(made_up: Any) -> None:
    """An exercise's bar of students who solved it lies on the bar of those who started it."""
    made_up.run("Vole", exercise="1.1")
    made_up.run("Heron", "error", exercise="1.1")
    frame = exercises_frame(made_up.exercises())
    assert frame.to_dict("records") == [
        {"exercise": "1.1", "started": 2, "solved": 1, "evidence": str(RAN_ONLY), "errors": 0.5}
    ]
    below, above = solved_of_started(frame, LIGHT).to_dict()["layer"]
    assert below["encoding"]["x"]["field"] == "started"
    assert (below["mark"]["stroke"], below["mark"].get("opacity")) == (LIGHT.accent, None)
    assert above["encoding"]["x"]["field"] == "solved"


@pytest.mark.parametrize("colours", [LIGHT, DARK])
def test_weaker_evidence_looks_different(made_up: Any, colours: Palette) -> None:
    """A bar that only runs without an error stand behind has another inside and outline."""
    made_up.run("Vole", exercise="1.1")
    made_up.run("Vole", None, type="check_result", passed=True, exercise="1.2")
    frame = exercises_frame(made_up.exercises())
    assert list(frame["evidence"]) == [str(RAN_ONLY), str(PASSED_CHECK)]
    solved = solved_of_started(frame, colours).to_dict()["layer"][1]["encoding"]
    for channel in ("fill", "strokeDash"):
        scale = solved[channel]["scale"]
        assert scale["domain"] == [str(PASSED_CHECK), str(RAN_ONLY)]
        assert scale["range"][0] != scale["range"][1]
        assert solved[channel]["legend"] is not None
    assert solved["fill"]["scale"]["range"][0] == colours.success


def test_where_all_is_checked_nothing_needs_explaining(made_up: Any) -> None:
    """Without weaker evidence there is no legend."""
    made_up.run("Vole", None, type="check_result", passed=True, exercise="1.2")
    frame = exercises_frame(made_up.exercises())
    solved = solved_of_started(frame, LIGHT).to_dict()["layer"][1]["encoding"]
    assert solved["fill"]["legend"] is None


def test_a_students_runs_are_told_apart_without_their_colour(made_up: Any) -> None:
    """Each outcome that occurs has a shape, full or hollow, of its own; no other is listed."""
    made_up.run("Vole", "error", error_name="NameError")
    made_up.run("Vole")
    made_up.run("Vole", None, type="check_result", passed=True)
    made_up.run("Vole", None, type="heartbeat")
    spec = charts.student_runs(history_frame(made_up.of("Vole")), LIGHT).to_dict()
    shape, inside, line = (spec["encoding"][of]["scale"] for of in ("shape", "fill", "stroke"))
    assert shape["domain"] == inside["domain"] == line["domain"] == ["ran", "error", "solved"]
    hollow = [colour == LIGHT.card for colour in inside["range"]]
    assert hollow == [True, False, False]
    assert len(set(zip(shape["range"], hollow, strict=True))) == 3
    assert LIGHT.card not in line["range"]


def test_a_run_that_was_kept_back_is_drawn_when_it_happened(made_up: Any) -> None:
    """The time is the client's, unless the client's clock runs ahead of ours."""
    made_up.run("Vole", occurred_at=NINE, received_at=NINE + timedelta(hours=2))
    made_up.run("Vole", occurred_at=NINE + timedelta(hours=9), received_at=NINE)
    times: pd.Series[Any] = history_frame(made_up.of("Vole"))["time"]
    assert set(times) == {pd.Timestamp(NINE)}


@pytest.mark.parametrize(
    ("apart", "label", "step"),
    [
        (timedelta(0), "%H:%M:%S", timedelta(seconds=1)),
        (timedelta(seconds=4), "%H:%M:%S", timedelta(seconds=1)),
        (timedelta(minutes=90), "%H:%M", timedelta(minutes=1)),
        (timedelta(days=2), "%d %b %H:%M", timedelta(minutes=1)),
        (timedelta(days=30), "%d %b", timedelta(days=1)),
    ],
)
def test_moments_are_labelled_as_finely_as_they_lie_apart(
    made_up: Any, apart: timedelta, label: str, step: timedelta
) -> None:
    """Seconds where runs follow each other at once, days where the history spans days."""
    made_up.run("Vole", at=NINE)
    made_up.run("Vole", at=NINE + apart)
    spec = charts.student_runs(history_frame(made_up.of("Vole")), LIGHT).to_dict()
    axis = spec["encoding"]["x"]["axis"]
    assert (axis["format"], axis["tickMinStep"]) == (label, step / timedelta(milliseconds=1))


@pytest.mark.parametrize("colours", [LIGHT, DARK])
def test_the_stream_fills_the_whole_height_and_names_wide_bands(colours: Palette) -> None:
    """Shares lie on top of each other; a name stands where its band is widest, and can be read."""
    stream = ClassStream(
        as_of=CLASS_STREAM.as_of,
        course_id="c",
        bucket_seconds=60,
        steps=[NINE + timedelta(minutes=minute) for minute in range(4)],
        exercises=[
            StreamExercise(exercise="1.1", students=[4, 3, 1, 0]),
            StreamExercise(exercise="1.2", students=[0, 1, 8, 10]),
            StreamExercise(exercise="1.3", students=[0, 0, 1, 0]),
        ],
    )
    frame = stream_frame(stream)
    assert frame.groupby("start")["above"].max().tolist() == pytest.approx([1] * 4)
    assert frame.loc[4, ["exercise", "students", "share", "below", "above"]].tolist() == [
        "1.2",
        1,
        0.25,
        0.75,
        1,
    ]
    chart = class_stream(frame, colours).to_dict()
    bands, names = chart["layer"]
    shades = bands["encoding"]["color"]["scale"]
    assert shades["domain"] == ["1.1", "1.2", "1.3"]
    rows = chart["datasets"][names["data"]["name"]]
    assert [(row["exercise"], row["start"][14:16]) for row in rows] == [
        ("1.1", "01"),
        ("1.2", "02"),
    ]
    for row in rows:
        ground = shades["range"][shades["domain"].index(row["exercise"])]
        assert contrast(row["colour"], ground) >= 4.5


def test_of_two_moments_the_names_stand_between() -> None:
    """At an edge a name would reach out of its band."""
    stream = ClassStream(
        as_of=CLASS_STREAM.as_of,
        course_id="c",
        bucket_seconds=60,
        steps=[NINE, NINE + timedelta(minutes=1)],
        exercises=[
            StreamExercise(exercise="1.1", students=[4, 2]),
            StreamExercise(exercise="1.2", students=[0, 2]),
        ],
    )
    chart = class_stream(stream_frame(stream), LIGHT).to_dict()
    rows = chart["datasets"][chart["layer"][1]["data"]["name"]]
    assert [(row["exercise"], row["start"][14:19], row["middle"]) for row in rows] == [
        ("1.1", "00:30", pytest.approx(0.375)),
        ("1.2", "00:30", pytest.approx(0.875)),
    ]


def test_a_stream_of_one_step_can_be_drawn() -> None:
    """At the beginning of a class there is only an edge."""
    at_first = [
        StreamExercise(exercise=each.exercise, students=each.students[:1])
        for each in CLASS_STREAM.exercises
    ]
    frame = stream_frame(
        CLASS_STREAM.model_copy(update={"steps": CLASS_STREAM.steps[:1], "exercises": at_first})
    )
    chart = class_stream(frame, LIGHT).to_dict()
    assert len(chart["datasets"][chart["layer"][1]["data"]["name"]]) == 1


def test_a_chart_of_many_marks_keeps_its_colours() -> None:
    """They are the page's variables, which mean nothing on the canvas that Streamlit would take."""
    spec = charts.runs_per_minute(runs_frame([], 60), LIGHT).to_dict()
    assert spec["usermeta"]["embedOptions"]["renderer"] == "svg"
