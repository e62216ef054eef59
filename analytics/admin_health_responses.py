"""What an admin is told of how the platform is: `cellpulse status`, with a level for each line."""

from typing import Annotated

from pydantic import Field

from analytics.responses import Answer
from flows.status import Level


class HealthLine(Answer):
    """One part, store, or thing that can be full."""

    name: str
    level: Annotated[
        Level,
        Field(
            description="'well': nothing to do; 'watch': look at it; 'bad': mend it; 'off': not "
            "asked for."
        ),
    ]
    words: Annotated[str, Field(description="What it is, in the words of `cellpulse status`.")]


class Health(Answer):
    """Answer of `GET /admin/health`."""

    ok: Annotated[bool, Field(description="Whether every part answers and no store lags or lacks.")]
    words: Annotated[str, Field(description="The last line of `cellpulse status`.")]
    parts: list[HealthLine]
    stores: Annotated[list[HealthLine], Field(description="How far each is behind the log.")]
    rooms: Annotated[list[HealthLine], Field(description="What can be full.")]
    backup: Annotated[
        HealthLine | None, Field(description="The last backup; null while Redis is away.")
    ]
    log_length: Annotated[
        int | None, Field(description="Events that the log holds; null while Redis is away.")
    ]
    events: Annotated[
        dict[str, int | None],
        Field(
            description="Accepted, duplicate, rejected and lost events so far; null where not "
            "known."
        ),
    ]
