"""In which unit the pages' own numbers are, and where they come from: what a “?” tells of them.

A measure brings both in its own header.
"""

from typing import Final

from streamlit_app.language.text import Text

UNIT: Final = Text("Unit: {unit}.")
SOURCE: Final = Text("Source: {source}.")

STUDENTS: Final = Text("number of students")
RUNS: Final = Text("number of runs")
EXERCISES: Final = Text("number of exercises")
EVENTS: Final = Text("number of events")
PERCENT: Final = Text("percent, 0 to 100")
POINTS: Final = Text("points")
AGE: Final = Text("time until now")
AN_EXERCISE: Final = Text("an exercise of the course")

COUNTED: Final = Text("Cellpulse's own; a plain count of what came from the notebooks")
SHARE: Final = Text("Cellpulse's own; a plain share of what came from the notebooks")
LATEST_RUN: Final = Text("Cellpulse's own; the latest run that came from the notebook")
ATTENTION: Final = Text("Cellpulse's own; the rule of the list, whose thresholds instructors set")

#: A number that several pages show: what it is called, what it means, its unit and its source.
WITH_ERROR: Final = (
    Text("with an error"),
    Text("Share of the runs that ended in an error"),
    PERCENT,
    SHARE,
)
