"""Which layouts of the stores this code knows; a newer one is refused, not guessed at."""

from functools import cache
from importlib import resources
from typing import Final

from flows.version_of_data import UnknownDataVersionError

#: Of the lake's tables, kept in `lake.schema_version`; a lake without that table is of version 1.
#: In version 2 a key of a rollup can have several rows, see `rollups.py`.
LAKE_VERSION: Final = 2


@cache
def known_revisions() -> frozenset[str]:
    """Return the versions of PostgreSQL's tables that this code knows, the oldest included.

    They are in the names of the migrations: every process asks, and few need to load Alembic.
    """
    names = (file.name for file in resources.files("flows.migrations.versions").iterdir())
    return frozenset(name.partition("_")[0] for name in names if name[:1].isdigit())


def require_known_tables(revision: str) -> None:
    """Refuse a version of PostgreSQL's tables that no migration of this code makes.

    Raises:
        UnknownDataVersionError: It is a newer one.
    """
    if revision not in known_revisions():
        raise UnknownDataVersionError(
            f"the tables in PostgreSQL have version {revision!r}; this Cellpulse knows up to "
            f"{max(known_revisions())!r}: upgrade Cellpulse"
        )


def require_known_lake(version: int) -> None:
    """Refuse a version of the lake's tables that this code does not know.

    Raises:
        UnknownDataVersionError: It is a newer one.
    """
    if version > LAKE_VERSION:
        raise UnknownDataVersionError(
            f"the lake has version {version}; this Cellpulse knows up to {LAKE_VERSION}: upgrade "
            "Cellpulse"
        )
