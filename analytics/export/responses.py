"""Questions and answers about exports: what is asked for, how far it is, what came of it."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from analytics.responses import Answer
from ingest_api.events import Identifier, UtcTime

#: docs/formats.md and docs/bundle.md say what is in each.
ExportFormat = Literal["bundle", "csv", "parquet", "progsnap2", "xapi"]
#: 'stopped': the API was ended in between, so that it has to be started again; 'cancelled':
#: somebody did not want it any more.
ExportState = Literal["running", "done", "failed", "stopped", "cancelled"]


class ExportRequest(Answer):
    """Body of `POST /courses/{course_id}/exports`."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    format: ExportFormat
    section: Annotated[
        Identifier | None, Field(description="Only students who are in this section now.")
    ] = None
    start: Annotated[
        UtcTime | None, Field(alias="from", description="Only events of this time or later.")
    ] = None
    until: Annotated[
        UtcTime | None, Field(alias="to", description="Only events before this time.")
    ] = None
    study: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=200,
            pattern=r"^[^\x00-\x1f\x7f]*[^\x00-\x20\x7f][^\x00-\x1f\x7f]*$",
            description="Bundle: the study; each has pseudonyms of its own.",
        ),
    ] = None
    k: Annotated[
        int,
        Field(
            ge=2,
            le=10_000,
            description="Bundle: what fewer students have in common is suppressed.",
        ),
    ] = 5
    with_code: Annotated[
        bool, Field(description="Bundle: include code and output that were shared.")
    ] = False
    with_help: Annotated[bool, Field(description="Bundle: include what students asked.")] = False

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.format == "bundle" and self.study is None:
            raise ValueError("a bundle needs a study: each study has pseudonyms of its own")
        if self.start is not None and self.until is not None and self.start >= self.until:
            raise ValueError("'from' must be before 'to'")
        return self


class Export(Answer):
    """One export of a course."""

    export_id: str
    course_id: str
    format: ExportFormat
    section: Annotated[str | None, Field(description="Null for all students.")] = None
    start: Annotated[datetime | None, Field(description="Only events from then on, UTC.")] = None
    until: Annotated[datetime | None, Field(description="Only events before then, UTC.")] = None
    study: Annotated[str | None, Field(description="Of a bundle; null else.")] = None
    started_by: Annotated[
        str | None, Field(description="Who signed in; null with a token that was handed out.")
    ] = None
    started_at: Annotated[datetime, Field(description="UTC.")]
    state: ExportState
    cancelled_by: Annotated[
        str | None,
        Field(
            description="Who cancelled it; null where nobody did, and with a token that was handed "
            "out."
        ),
    ] = None
    done: Annotated[int, Field(description="Events that are written.")]
    total: Annotated[int | None, Field(description="Events to write; null until it is known.")] = (
        None
    )
    snapshot: Annotated[
        int | None, Field(description="The lake's snapshot that it is of; null until it is known.")
    ] = None
    file_bytes: Annotated[
        int | None, Field(description="Of the zip file; null before it is done.")
    ] = None
    kept_until: Annotated[
        datetime | None,
        Field(description="When the file is deleted at the latest, UTC; null before it is done."),
    ] = None
    detail: Annotated[
        str | None, Field(description="What went wrong and what to do; null where nothing did.")
    ] = None


class Exports(Answer):
    """Answer of `GET /courses/{course_id}/exports`: those that are kept, newest first."""

    course_id: str
    exports: list[Export]
