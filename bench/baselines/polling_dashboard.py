"""The dashboard as one writes it first: the same Live page, drawn anew every second.

Nothing tells it that numbers moved, so it asks whether they did or not.
"""

import functools
from typing import Any
from unittest import mock

import click
import streamlit as st

from ingest_api.settings import Port
from streamlit_app.settings import DashboardSettings

_fragment = st.fragment


@functools.wraps(_fragment)
def _every_second(*arguments: Any, **_: Any) -> Any:
    return _fragment(*arguments, run_every=1)


with mock.patch.object(st, "fragment", _every_second):
    from streamlit_app.live import page as live
from streamlit_app import serve  # noqa: E402 - the page is to be read first, as above


def _nobody_tells(*_: Any, **__: Any) -> None:
    """Stand in for the live list, whose WebSocket asks for a drawing."""


@click.command()
@click.option("--host", required=True)
@click.option("--port", required=True, type=int)
def main(host: str, port: Port) -> None:
    """Run it until SIGTERM."""
    vars(live)["live_feed"] = _nobody_tells
    settings = DashboardSettings.load(CELLPULSE_HOST=host, CELLPULSE_DASHBOARD_PORT=port)
    serve.serve(serve.create_app(settings), serve.listen(settings))


if __name__ == "__main__":
    main()
