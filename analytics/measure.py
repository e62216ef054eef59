"""Measures: numbers with a name and a meaning, each in one SQL file under `measures/`."""

import re
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources
from typing import Any, Final

import duckdb

_FOLDER: Final = resources.files("analytics") / "measures"
_KEY: Final = re.compile(r"-- (?P<key>[a-z]+):(?: (?P<text>.*))?")
_ITEM: Final = re.compile(r"--   (?P<name>[a-z_0-9]+): (?P<text>.+)")


class BadMeasureError(Exception):
    """A measure's header is incomplete, or there is no such measure."""


@dataclass(frozen=True)
class Measure:
    """One measure: what its file's header says, and its SQL.

    Attributes:
        name: The file's name.
        meaning: What it tells, in words that an instructor understands.
        formula: How it is computed.
        unit: Of its numbers.
        parameters: Meaning of each parameter that the SQL names.
        columns: Meaning of each column of the result, in their order.
        source: Tables that it reads.
        limits: What it can't tell.
        sql: The whole file; parameters stand in it as `$name`.
    """

    name: str
    meaning: str
    formula: str
    unit: str
    parameters: dict[str, str]
    columns: dict[str, str]
    source: tuple[str, ...]
    limits: str
    sql: str

    def rows(self, lake: duckdb.DuckDBPyConnection, **values: Any) -> list[dict[str, Any]]:
        """Run the measure and return its rows, each by column name.

        Args:
            lake: As `analytics.connect()` returns it.
            values: Of the parameters; those that the SQL does not name are left out.

        Raises:
            duckdb.Error: A parameter is missing, or the lake does not answer.
        """
        named = {name: values[name] for name in self.named_parameters if name in values}
        result = lake.execute(self.sql, named)
        names = [column[0] for column in result.description]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    def row(self, lake: duckdb.DuckDBPyConnection, **values: Any) -> dict[str, Any]:
        """Run a measure that has exactly one row and return that; see `rows`."""
        (row,) = self.rows(lake, **values)
        return row

    @cached_property
    def named_parameters(self) -> frozenset[str]:
        """Names of the parameters in the SQL itself."""
        (statement,) = duckdb.extract_statements(self.sql)
        return frozenset(statement.named_parameters)


def measure_names() -> list[str]:
    """Return the names of all measures."""
    return sorted(
        file.name.removesuffix(".sql") for file in _FOLDER.iterdir() if file.name.endswith(".sql")
    )


@cache
def load_measure(name: str) -> Measure:
    """Read a measure's file; it is read once.

    Raises:
        BadMeasureError: There is no such measure, or its header is incomplete.
    """
    if name not in measure_names():
        raise BadMeasureError(f"no measure {name!r}; there are {', '.join(measure_names())}")
    sql = (_FOLDER / f"{name}.sql").read_text(encoding="utf-8")
    return parse_measure(sql)


def parse_measure(sql: str) -> Measure:
    """Read a measure from the text of its file.

    Raises:
        BadMeasureError: The header is incomplete.
    """
    texts: dict[str, str] = {}
    items: dict[str, dict[str, str]] = {}
    key = ""
    for line in sql.split("\n\n", 1)[0].splitlines():
        if head := _KEY.fullmatch(line):
            key = head["key"]
            texts[key] = head["text"] or ""
        elif item := _ITEM.fullmatch(line):
            items.setdefault(key, {})[item["name"]] = item["text"]
        elif items.get(key):
            last = next(reversed(items[key]))
            items[key][last] += " " + line.removeprefix("--").strip()
        else:
            texts[key] = texts.get(key, "") + " " + line.removeprefix("--").strip()
    try:
        return Measure(
            **{name: _not_blank(texts[name]) for name in ("name", "meaning", "formula", "unit")},
            parameters={} if texts["parameters"] == "none" else items["parameters"],
            columns=items["columns"],
            source=tuple(_not_blank(texts["source"]).split(", ")),
            limits=_not_blank(texts["limits"]),
            sql=sql,
        )
    except (KeyError, ValueError) as error:
        raise BadMeasureError(f"a measure's header lacks {error}") from error


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("the text of one of its entries")
    return text
