"""What ends an export or an import, in one line."""

from ingest_api.foreseen import ForeseenError


class ExportError(ForeseenError):
    """Why there is no export, in one line that says what to do."""


class NoEventsError(ExportError):
    """There is no event of the course; the line names courses of which there are."""
