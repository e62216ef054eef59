"""Which steps lie between the tables as they are and a version of them, and what they drop."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from io import StringIO
from typing import Final

from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import Script, ScriptDirectory
from sqlalchemy import Connection

from flows.stores.versions import known_revisions, require_known_tables
from ingest_api.foreseen import ForeseenError

#: What takes something away for good, in the SQL of a step back.
_TAKES_AWAY: Final = re.compile(
    r"^(?:DROP TABLE .+|ALTER TABLE .+ DROP COLUMN .+|DELETE FROM .+);$", re.MULTILINE
)


class NoSuchVersionError(ForeseenError):
    """No migration of this Cellpulse makes this version of the tables."""


@dataclass(frozen=True)
class Step:
    """One migration.

    Attributes:
        revision: The version that it makes, or takes back.
        what: What it is about, in a sentence.
        takes_away: The SQL by which a step back loses something; empty for a step forward.
    """

    revision: str
    what: str
    takes_away: tuple[str, ...] = ()


def migrations() -> Config:
    """Return where the migrations of PostgreSQL's tables are."""
    config = Config()
    config.set_main_option("script_location", str(resources.files("flows") / "migrations"))
    return config


def version_of_tables(connection: Connection) -> str | None:
    """Return the version that the tables have; None where there are none.

    Raises:
        UnknownDataVersionError: It is a newer one.
    """
    found = MigrationContext.configure(connection).get_current_revision()
    if found is not None:
        require_known_tables(found)
    return found


def steps_between(there: str | None, wanted: str) -> list[Step]:
    """Return the steps from one version to another, in the order in which they are done.

    Args:
        there: The version that the tables have; None for no tables.
        wanted: The one that they are to have: a number such as `0019`.

    Raises:
        NoSuchVersionError: There is no such version.
    """
    if wanted not in known_revisions():
        raise NoSuchVersionError(
            f"there is no version {wanted!r} of the tables: this Cellpulse knows "
            f"{min(known_revisions())!r} to {max(known_revisions())!r}"
        )
    made = _oldest_first()
    have, want = _count_up_to(made, there), _count_up_to(made, wanted)
    if want >= have:
        return [Step(step.revision, step.doc) for step in made[have:want]]
    return [
        Step(step.revision, step.doc, tuple(_taken_away_without(step)))
        for step in reversed(made[want:have])
    ]


def _oldest_first() -> list[Script]:
    return list(ScriptDirectory.from_config(migrations()).walk_revisions())[::-1]


def _count_up_to(made: list[Script], revision: str | None) -> int:
    return next((n for n, step in enumerate(made, 1) if step.revision == revision), 0)


def _taken_away_without(step: Script) -> Iterator[str]:
    """Yield what a step back says to PostgreSQL that loses rows, without saying it."""
    said = StringIO()
    options = {"as_sql": True, "output_buffer": said}
    with Operations.context(MigrationContext.configure(dialect_name="postgresql", opts=options)):
        step.module.downgrade()
    yield from (found.rstrip(";") for found in _TAKES_AWAY.findall(said.getvalue()))
