"""An example of the answer that has everything of a Live page, for the API's documentation."""

from datetime import UTC, datetime
from typing import Final

from analytics import class_examples, class_mark_examples, plan_examples
from analytics.attention import examples as attention_examples
from analytics.examples import EVENTS, PROGRESS
from analytics.live_responses import Live

LIVE: Final = Live(
    as_of=PROGRESS.as_of,
    course_id="python-1",
    now=datetime(2026, 9, 14, 9, 30, tzinfo=UTC),
    progress=PROGRESS,
    class_map=class_examples.CLASS_MAP,
    attention=attention_examples.ATTENTION,
    error_clusters=attention_examples.ERROR_CLUSTERS,
    marks=class_mark_examples.MARKS,
    plan=plan_examples.CLASS_PLAN,
    class_stream=class_examples.CLASS_STREAM,
    events=EVENTS,
)
