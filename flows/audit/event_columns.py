"""How an event of any source becomes a row that can be compared with another source's row."""

import json
from typing import Final, Self

import duckdb

from flows.stores.store import StoreUnavailableError
from ingest_api.events import StoredEvent

#: Fields that checks compute with; of all the others only a hash is kept, and no student's code.
_KEPT: Final = (
    "type",
    "course_id",
    "student_id",
    "session_id",
    "seq",
    "notebook",
    "exercise",
    "status",
    "duration_ms",
    "occurred_at",
    "received_at",
    "passed",
)
_NESTED: Final = ("VARCHAR[]", "JSON")
#: What the stores ask of an entry of the log before they take it for an event.
IS_EVENT: Final = " AND ".join(
    f"{name} IS NOT NULL"
    for name in ("event_id", "course_id", "student_id", "type", "occurred_at", "received_at")
)


class EventColumns:
    """The columns of an event: their types are those of the lake's `events`."""

    def __init__(self, types: dict[str, str]) -> None:
        self._types = {name: types[name] for name in StoredEvent.model_fields}

    @classmethod
    def of_lake(cls, connection: duckdb.DuckDBPyConnection) -> Self:
        """Read the columns' types.

        Raises:
            StoreUnavailableError: There is no lake yet, or it is not this version's.
        """
        try:
            columns = connection.execute("DESCRIBE lake.events").fetchall()
            return cls({name: kind for name, kind, *_ in columns})
        except (duckdb.Error, KeyError) as error:
            raise StoreUnavailableError(
                f"the lake has no events table of this version; run 'cellpulse migrate': {error}"
            ) from error

    def table(self, name: str) -> str:
        """Return the statement that makes an empty table for events."""
        columns = [f"{field} {self._kept_type(field)}" for field in self._types]
        return (
            f"CREATE TABLE {name} (position_ns BIGINT, running_number BIGINT, "
            f"wrong_order_key BIGINT, {', '.join(columns)})"
        )

    def from_json(self, relation: str) -> str:
        """Return the query that reads events from a relation of positions and JSON text."""
        structure = json.dumps(dict.fromkeys(self._types, "VARCHAR"))
        fields = [self._from_text(name) for name in self._types]
        return (
            # Materialized, or DuckDB would read the JSON anew for each field of a condition.
            "WITH parsed AS MATERIALIZED "  # noqa: S608 - our names
            "(SELECT position_ns, running_number, json_transform("
            f"CASE WHEN json_valid(event) THEN event ELSE '{{}}' END, '{structure}') AS sent "
            f"FROM {relation}) "
            f"SELECT position_ns, running_number, {', '.join(fields)} FROM parsed"
        )

    def from_lake(self, position: str) -> str:
        """Return the query that reads the lake's own rows.

        Args:
            position: Expression of the position as one number.
        """
        fields = [self._from_value(name) for name in self._types]
        return (
            f"SELECT {position} AS position_ns, "  # noqa: S608 - our names
            f"nullif(position_ns, {position}) AS wrong_order_key, {', '.join(fields)} "
            "FROM lake.events WHERE $course IS NULL OR course_id = $course"
        )

    def differing(self, left: str, right: str) -> str:
        """Return the expression of the list of the fields in which two rows differ."""
        cases = [
            f"CASE WHEN {left}.{name} IS DISTINCT FROM {right}.{name} THEN '{name}' END"
            for name in self._types
        ]
        return f"list_filter([{', '.join(cases)}], lambda name: name IS NOT NULL)"

    def _kept_type(self, name: str) -> str:
        if name == "event_id":
            return "UUID"
        return self._types[name] if name in _KEPT else "UBIGINT"

    def _from_text(self, name: str) -> str:
        kind = self._types[name]
        if name == "event_id":
            value = f"TRY_CAST(sent.{name} AS UUID)"
        elif kind in _NESTED:
            # DuckDB writes JSON in one way only, whichever way its numbers were written.
            value = f"CASE WHEN json_valid(sent.{name}) THEN json(sent.{name})::VARCHAR END"
        else:
            value = f"TRY_CAST(sent.{name} AS {kind})"
        return self._kept(name, value)

    def _from_value(self, name: str) -> str:
        if name == "event_id":
            value = f"TRY_CAST({name} AS UUID)"
        elif self._types[name] in _NESTED:
            value = f"json(to_json({name}))::VARCHAR"
        else:
            value = name
        return self._kept(name, value)

    def _kept(self, name: str, value: str) -> str:
        return f"{value if self._kept_type(name) != 'UBIGINT' else f'hash({value})'} AS {name}"
