"""Each measure as a table macro of the connection, for notebooks."""

import re
from typing import Final

import duckdb

from analytics.measures.measure import Measure, load_measure, measure_names
from flows.stores.sql_text import literal

#: What stands for a standard parameter in a macro. No column of a measure has such a name.
_ARGUMENTS: Final = {
    "course_id": "course",
    "by": '"by"',
    "start": "since",
    "until": "until",
    "section": "section",
    "as_of": "NULL",  # the whole connection is pinned instead
    "now": "coalesce(until, now())",
}


def create_measure_macros(connection: duckdb.DuckDBPyConnection) -> None:
    """Create a table macro under the name of each measure, with what its header says as comment."""
    for name in measure_names():
        measure = load_measure(name)
        connection.execute(_macro(measure))
        connection.execute(f"COMMENT ON MACRO TABLE {name} IS {literal(_comment(measure))}")


def _macro(measure: Measure) -> str:
    standard = ["course", "\"by\" := 'course'", "since := NULL", "until := NULL", "section := NULL"]
    own = [
        f"{name} := {_literal(parameter.default)}" for name, parameter in measure.parameters.items()
    ]
    arguments = _ARGUMENTS | {name: name for name in measure.parameters}
    statement = re.sub(r"\$([a-z_0-9]+)", lambda found: arguments[found[1]], measure.sql)
    parameters = ", ".join(standard + own)
    return f"CREATE OR REPLACE MACRO {measure.name}({parameters}) AS TABLE\n{statement}"


def _comment(measure: Measure) -> str:
    columns = " ".join(f"{name}: {meaning}" for name, meaning in measure.columns.items())
    return f"{measure.meaning} Unit: {measure.unit}. {columns} Source: {measure.source}."


def _literal(value: float | str) -> str:
    return literal(value) if isinstance(value, str) else repr(value)
