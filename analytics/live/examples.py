"""An example of the answer that has everything of a Live page, for the API's documentation."""

from datetime import UTC, datetime
from typing import Final

from analytics.attention import examples as attention_examples
from analytics.class_marks import examples as class_marks_examples
from analytics.class_view import examples as class_view_examples
from analytics.examples import EVENTS, PROGRESS
from analytics.live.responses import Live
from analytics.plan import examples as plan_examples

LIVE: Final = Live(
    as_of=PROGRESS.as_of,
    course_id="python-1",
    now=datetime(2026, 9, 14, 9, 30, tzinfo=UTC),
    progress=PROGRESS,
    class_map=class_view_examples.CLASS_MAP,
    attention=attention_examples.ATTENTION,
    error_clusters=attention_examples.ERROR_CLUSTERS,
    marks=class_marks_examples.MARKS,
    plan=plan_examples.CLASS_PLAN,
    class_stream=class_view_examples.CLASS_STREAM,
    events=EVENTS,
)
