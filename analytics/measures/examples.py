"""Examples of the answers about measures, for the API's documentation."""

from hashlib import sha256
from typing import Final

from analytics.examples import AS_OF
from analytics.measures.responses import (
    MeasureDefinition,
    MeasureParameter,
    MeasureRow,
    MeasureRows,
    Measures,
)

_SQL: Final = "-- name: time_on_task\n-- …"
MEASURE: Final = MeasureDefinition(
    name="time_on_task",
    title="Time on task",
    meaning="How long a student worked on an exercise.",
    formula="The sum of the gaps between a student's events, each at most cap_minutes.",
    unit="seconds",
    parameters={
        "cap_minutes": MeasureParameter(
            kind="number", default=5, meaning="A longer gap counts as this."
        )
    },
    columns={"value": "Time on task."},
    source="Kovanović et al. 2015, doi:10.18608/jla.2015.23.6",
    adapted="A cell run stands for a click.",
    limits="Reading without running anything is seen only up to the cap.",
    sql=_SQL,
    sha256=sha256(_SQL.encode()).hexdigest(),
)
MEASURES: Final = Measures(measures=[MEASURE])
MEASURE_ROWS: Final = MeasureRows(
    as_of=AS_OF,
    course_id="python-1",
    by="student",
    measure=MEASURE,
    rows=[
        MeasureRow(student_id="s01", value=1260.5),
        MeasureRow(student_id="s02", value=None),
    ],
)
