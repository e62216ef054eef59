"""An example of the answer about a course's tables, for the API's documentation."""

from typing import Final

from analytics.examples import AS_OF
from analytics.responses import Table, Tables

TABLES: Final = Tables(
    as_of=AS_OF,
    course_id="python-1",
    tables=[Table(name="events", meaning="Every event, as the log holds it.", rows=48_211)],
)
