"""Whether PostgreSQL answers, keeps what it confirmed, and has this version's tables."""

from collections.abc import Iterator
from contextlib import closing
from typing import Final

import psycopg

from flows.doctor.finding import Finding, bad, ok
from flows.stores.postgres_address import with_timeouts, without_password
from flows.stores.versions import known_revisions

_PART: Final = "postgres"
#: What PostgreSQL does against a loss of power.
_DURABILITY: Final = ("fsync", "synchronous_commit", "full_page_writes")


def look_at_postgres(postgres_url: str | None) -> Iterator[Finding]:
    """Yield what PostgreSQL says of itself and of its tables."""
    if not postgres_url:
        yield bad(_PART, "its address is not known", "set CELLPULSE_POSTGRES_URL")
        return
    try:
        with closing(psycopg.connect(with_timeouts(postgres_url))) as connection:
            troubles = [*_of_durability(connection), *_of_tables(connection)]
            version = connection.info.server_version // 10_000
    except psycopg.Error as error:
        told = without_password(str(error), postgres_url)
        yield bad(
            _PART,
            f"does not answer ({told})",
            "start it, or correct CELLPULSE_POSTGRES_URL; the log keeps events meanwhile",
        )
        return
    yield from troubles or [ok(_PART, f"{version}, durable, with this version's tables")]


def _of_durability(connection: psycopg.Connection) -> Iterator[Finding]:
    for setting in _DURABILITY:
        row = connection.execute("SELECT current_setting(%s)", (setting,)).fetchone()
        if row == ("off",):
            yield bad(
                _PART,
                f"has {setting} off: a loss of power can cost data that it confirmed",
                f"set '{setting} = on' and reload it",
            )


def _of_tables(connection: psycopg.Connection) -> Iterator[Finding]:
    known, newest = known_revisions(), max(known_revisions())
    there = connection.execute("SELECT to_regclass('public.alembic_version') IS NOT NULL")
    if there.fetchone() != (True,):
        yield bad(_PART, "has no tables of ours", "run 'cellpulse migrate'")
        return
    row = connection.execute("SELECT version_num FROM public.alembic_version").fetchone()
    revision = str(row[0]) if row else ""
    if revision not in known:
        yield bad(
            _PART,
            f"has tables of version {revision!r}, and this Cellpulse knows up to {newest!r}",
            "upgrade Cellpulse",
        )
    elif revision != newest:
        yield bad(
            _PART,
            f"has tables of version {revision!r}, and this Cellpulse wants {newest!r}",
            "make a backup, then run 'cellpulse migrate'",
        )
