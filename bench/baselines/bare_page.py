"""The least that a Streamlit page can be: one line of text."""

import socket
import tempfile
from pathlib import Path

import click
import streamlit as st
import uvicorn

TEXT = "nothing but this"


@click.command()
@click.option("--host", required=True)
@click.option("--port", required=True, type=int)
def main(host: str, port: int) -> None:
    """Run it until SIGTERM."""
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.py"
        page.write_text(f"import streamlit as st\nst.write({TEXT!r})\n")
        config = uvicorn.Config(st.App(page), access_log=False, ws="websockets-sansio")
        uvicorn.Server(config).run(sockets=[socket.create_server((host, port))])


if __name__ == "__main__":
    main()
