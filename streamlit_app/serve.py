"""Runs the dashboard: `python -m streamlit_app.serve`."""

import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import Final

import click
import httpx
import streamlit as st
import uvicorn
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ingest_api.logs import start_logging
from ingest_api.process_metrics import METRICS_PATH, exposition, process_registry
from ingest_api.quick_end import end_at_once
from ingest_api.request_ids import RequestIds
from ingest_api.request_metrics import MeasuredRequests, request_durations
from ingest_api.security_headers import SecurityHeaders
from ingest_api.settings import BadSettingError
from streamlit_app.api.patience import TIMEOUT_SECONDS
from streamlit_app.export import file as export_file
from streamlit_app.live.ahead import AskedAhead
from streamlit_app.metrics import OpenPages, part_of_page
from streamlit_app.page_files import PageFiles
from streamlit_app.page_parts import clicks, ended
from streamlit_app.security import FRAMES, OwnOrigin, page_policy
from streamlit_app.settings import DashboardSettings
from streamlit_app.sign_in.access import AccessCheck
from streamlit_app.sign_in.gate import Gate
from streamlit_app.sign_in.pages import SignInPages

#: How long open pages may keep the process from stopping, in seconds.
STOP_SECONDS: Final = 2
_PAGE = Path(__file__).parent / "app.py"


def create_app(settings: DashboardSettings) -> st.App:
    """Put the pages behind the gate. Options of Streamlit itself are in .streamlit/config.toml."""
    import_module("streamlit_app.app")  # takes seconds: now, not while the first visitor waits
    clicks.lose_none()
    ended.tell_of_each()
    http = httpx.AsyncClient(base_url=settings.api_address, timeout=TIMEOUT_SECONDS)

    @asynccontextmanager
    async def lifespan(_app: st.App) -> AsyncIterator[None]:
        async with http:
            yield

    gate = Middleware(
        Gate,
        check=AccessCheck(http),
        pages=SignInPages(http, by_provider=settings.has_provider),
    )
    file = Route(export_file.PATH, export_file.ExportFile(settings.api_address).answer)
    registry = process_registry()
    figures = [
        Middleware(MeasuredRequests, durations=request_durations(registry), route=part_of_page),
        Middleware(OpenPages, registry=registry),
    ]

    headers = Middleware(SecurityHeaders, policy=page_policy(settings), frames=FRAMES)

    async def scraped(_: Request) -> Response:
        return exposition(registry)

    return st.App(
        _PAGE,
        lifespan=lifespan,
        middleware=[
            Middleware(RequestIds),
            headers,
            *figures,
            Middleware(OwnOrigin),
            gate,
            Middleware(AskedAhead),
            Middleware(PageFiles),
        ],
        routes=[file, Route(METRICS_PATH, scraped)],
    )


def serve(app: st.App, listening: socket.socket) -> None:
    """Serve until SIGINT or SIGTERM. Addresses are not logged: they may hold a token."""
    config = uvicorn.Config(
        app,
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=STOP_SECONDS,
        ws="websockets-sansio",
    )
    uvicorn.Server(config).run(sockets=[listening])


def listen(settings: DashboardSettings) -> socket.socket:
    """Take the port.

    Raises:
        BadSettingError: The port is in use, or the host is not this machine's.
    """
    try:
        family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        return socket.create_server((settings.host, settings.port), family=family, backlog=2048)
    except OSError as error:
        raise BadSettingError(
            f"CELLPULSE_HOST, CELLPULSE_DASHBOARD_PORT: can't listen on "
            f"{settings.host} port {settings.port} ({error.strerror}); choose others"
        ) from error


@click.command()
@click.option("--host", envvar="CELLPULSE_HOST", help="Address to listen on [127.0.0.1].")
@click.option("--port", envvar="CELLPULSE_DASHBOARD_PORT", help="Port to listen on [8501].")
def main(host: str | None, port: str | None) -> None:
    """Serve the instructors' dashboard."""
    given = {"CELLPULSE_HOST": host, "CELLPULSE_DASHBOARD_PORT": port}
    try:
        settings = DashboardSettings.load(**{name: value for name, value in given.items() if value})
        listening = listen(settings)
        app = create_app(settings)
        start_logging("dashboard")  # now that Streamlit has made its own loggers
    except BadSettingError as error:
        click.echo(f"dashboard: {error}", err=True)
        sys.exit(2)
    serve(app, listening)


if __name__ == "__main__":
    end_at_once()
    main()
