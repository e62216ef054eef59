"""What an admin is told of how the platform is: `cellpulse status`, with a level for each line."""

from typing import Annotated, Literal

from pydantic import Field

from analytics.responses import Answer
from flows.platform_status import Level

#: What a line says; its numbers are in its values.
HealthCode = Literal["ok", "down", "off", "lag", "missed", "used", "used_of", "never", "made"]


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
    code: Annotated[
        HealthCode,
        Field(
            description="A part is 'ok', 'down' or 'off'; a store has a 'lag' or has 'missed' "
            "events; of what can be full some is 'used', or 'used_of' a limit; a backup was "
            "'never' or once 'made'."
        ),
    ]
    values: Annotated[
        dict[str, float],
        Field(
            description="The numbers of the code: events, seconds and missed of a store; "
            "used_bytes and limit_bytes of what can be full; age_seconds of a backup."
        ),
    ]
    words: Annotated[str, Field(description="The same in the words of `cellpulse status`.")]


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
