"""The ingest with one more address, which does nothing: the most that its server can do."""

import click
from fastapi import Response

from ingest_api.app import create_app
from ingest_api.progress import DirectProgress
from ingest_api.serve import run_without_logging_addresses
from ingest_api.settings import ClientLimits, IngestSettings


@click.command()
@click.option("--host", required=True)
@click.option("--port", required=True, type=int)
def serve(host: str, port: int) -> None:
    """Run it until SIGTERM."""
    app = create_app(IngestSettings.load())

    @app.post("/nothing")
    async def nothing() -> Response:
        return Response(status_code=202)

    run_without_logging_addresses(DirectProgress(app), host, port, ClientLimits.load())


if __name__ == "__main__":
    serve()
