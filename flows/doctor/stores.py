"""Whether the lake can be read, and InfluxDB and the learning record store can be reached."""

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import duckdb
import httpx

from flows.doctor.finding import Finding, bad, off, ok
from flows.settings import InfluxSettings, LrsSettings
from flows.stores.influx_line import MEASUREMENT
from flows.stores.lake_attach import attach_lake
from flows.stores.lake_bucket import try_bucket
from flows.stores.lake_engine import is_bucket
from flows.stores.store import StoreUnavailableError
from flows.version_of_data import UnknownDataVersionError

_TIMEOUT_SECONDS: Final = 3
_REFUSED: Final = (401, 403)


def look_at_lake(postgres_url: str | None, lake_path: str | None) -> Iterator[Finding]:
    """Yield whether the lake can be attached, and its folder or bucket be worked with."""
    if not postgres_url or not lake_path:
        yield off("lake", "its place is not known before 'settings' is well")
        return
    folder = Path(lake_path)
    if is_bucket(lake_path):
        try:
            try_bucket(lake_path)
        except StoreUnavailableError as error:
            words, _, action = str(error).partition(": ")
            yield bad("lake", f"{words}, at {lake_path}", action)
            return
    elif folder.exists() and not os.access(folder, os.R_OK | os.X_OK):
        yield bad("lake", f"{folder} can't be read", "give this user the right to, or mount it")
        return
    try:
        with closing(attach_lake(postgres_url, lake_path, read_only=True)) as lake:
            lake.execute("SELECT count(*) FROM lake.events").fetchone()
    except UnknownDataVersionError as error:
        yield bad("lake", str(error), "upgrade Cellpulse")
    except duckdb.Error as error:
        yield bad(
            "lake",
            f"can't be read ({str(error).splitlines()[0]})",
            "mend 'postgres' first; if there is no lake yet, run 'cellpulse migrate'; if files "
            "are gone, 'cellpulse rebuild' makes it anew",
        )
    else:
        how = "read, written and deleted" if is_bucket(lake_path) else "read"
        yield ok("lake", f"can be {how} at {lake_path}")


def look_at_influxdb(settings: InfluxSettings) -> Iterator[Finding]:
    """Yield whether InfluxDB answers and takes the token."""
    if not settings.url:
        yield off("influxdb", "INFLUXDB_URL is not set: there is no full event log")
        return
    token = settings.token.get_secret_value()
    headers = {"Authorization": f"Token {token}"} if token else {}
    # The measurement is ours; nothing here comes from a client.
    query = {"db": settings.bucket, "q": f'SELECT last("event_id") FROM "{MEASUREMENT}"'}  # noqa: S608
    try:
        ping = httpx.get(f"{settings.url}/ping", timeout=_TIMEOUT_SECONDS)
        answer = httpx.get(
            f"{settings.url}/query", params=query, headers=headers, timeout=_TIMEOUT_SECONDS
        )
    except httpx.HTTPError as error:
        yield bad(
            "influxdb",
            f"does not answer ({error})",
            "start it, or correct INFLUXDB_URL; the log keeps events meanwhile",
        )
        return
    version = ping.headers.get("x-influxdb-version", "of an unknown version")
    if answer.status_code in _REFUSED:
        yield bad("influxdb", "refuses the token", "correct INFLUXDB_TOKEN and INFLUXDB_ORG")
    elif not answer.is_success or "error" in (answer.json().get("results") or [{}])[0]:
        yield bad(
            "influxdb",
            f"has no bucket {settings.bucket!r} ({answer.text.strip()[:120]})",
            "make it, or correct INFLUXDB_BUCKET",
        )
    else:
        yield ok("influxdb", f"{version}, bucket {settings.bucket!r} can be read")


def look_at_lrs(settings: LrsSettings) -> Iterator[Finding]:
    """Yield whether the learning record store answers, where there is one."""
    if not settings.url:
        yield off("lrs", "CELLPULSE_LRS_URL is not set: no statements are pushed")
        return
    login = (settings.user, settings.password.get_secret_value())
    try:
        answer = httpx.get(
            f"{settings.url.rstrip('/')}/about", auth=login, timeout=_TIMEOUT_SECONDS
        )
    except httpx.HTTPError as error:
        yield bad("lrs", f"does not answer ({error})", "start it, or correct CELLPULSE_LRS_URL")
        return
    if answer.status_code in _REFUSED:
        yield bad(
            "lrs", "refuses the login", "correct CELLPULSE_LRS_USER and CELLPULSE_LRS_PASSWORD"
        )
    else:
        yield ok("lrs", f"answers at {settings.url}")
