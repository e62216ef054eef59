"""Looks for a person in every byte of every store: the proof that an erasure is whole."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import duckdb
import psycopg
from psycopg import sql
from redis import Redis, ResponseError

from flows.erasure.marks import Marks
from flows.settings import FlowsSettings
from flows.stores.influxdb import InfluxReader
from flows.stores.lake_attach import CATALOG_SCHEMA, plain_error
from flows.stores.lake_engine import WHOLE_FILES, is_bucket, open_engine
from flows.stores.sql_text import literal
from flows.stores.store import StoreUnavailableError

_CHUNK: Final = 1 << 22
_PAGE: Final = 10_000
#: Column types of PostgreSQL that hold no text of anybody.
_NO_TEXT: Final = (
    *("bigint", "integer", "smallint", "boolean", "double precision", "numeric", "real"),
    *("timestamp with time zone", "timestamp without time zone", "date", "uuid", "oid"),
    *("int8multirange", "int8range"),
)


@dataclass
class Searched:
    """What was looked at in one store, and where something was found.

    Attributes:
        where: The store, in words.
        what: What was looked at: how many of what kind.
        found: Each place where something stands that must not.
        not_looked_at: What could not be looked at, and why.
    """

    where: str
    what: dict[str, int] = field(default_factory=dict)
    found: list[str] = field(default_factory=list)
    not_looked_at: list[str] = field(default_factory=list)

    def count(self, what: str, number: int = 1) -> None:
        """Note that so much was looked at."""
        self.what[what] = self.what.get(what, 0) + number

    @property
    def words(self) -> str:
        """What a person is told."""
        what = ", ".join(f"{number:,} {name}" for name, number in self.what.items()) or "empty"
        found = "nothing found" if not self.found else "FOUND in " + "; ".join(self.found[:10])
        others = "".join(f" (not looked at: {each})" for each in self.not_looked_at)
        return f"{self.where}: {what}: {found}{others}"


def search_redis(redis: Redis, marks: Marks) -> Searched:
    """Look at every value of every key, and at Redis' files where they are on this machine.

    Raises:
        redis.RedisError: Redis does not answer.
    """
    searched = Searched("Redis")
    for key in redis.scan_iter(count=_PAGE):
        searched.count("keys")
        for value in (key, *_values(redis, key)):
            searched.count("bytes of values", len(value))
            if marks.in_text(value):
                searched.found.append(f"the key {key.decode(errors='replace')}")
                break
    try:
        config: Any = redis.config_get("dir")
        folder = Path(config["dir"])
    except (ResponseError, KeyError):
        folder = Path("/nonexistent")
    files = [each for each in folder.rglob("*") if each.suffix in (".aof", ".rdb")]
    if not files:
        searched.not_looked_at.append("its files, which are not on this machine")
    _search_files(files, marks, searched)
    return searched


def _values(redis: Redis, key: bytes) -> Iterator[bytes]:
    client: Any = redis
    kind = client.type(key)
    if kind == b"string":
        yield client.get(key) or b""
    elif kind == b"hash":
        for name, value in client.hscan_iter(key, count=_PAGE):
            yield name + b"\n" + value
    elif kind == b"set":
        yield from client.sscan_iter(key, count=_PAGE)
    elif kind == b"zset":
        yield from (member for member, _ in client.zscan_iter(key, count=_PAGE))
    elif kind == b"list":
        yield from client.lrange(key, 0, -1)
    elif kind == b"stream":
        after = "-"
        while page := client.xrange(key, min=after, count=1_000):
            for _, fields in page:
                yield b"\n".join((*fields.keys(), *fields.values()))
            after = f"({page[-1][0].decode()}"


def search_postgres(postgres_url: str, marks: Marks) -> Searched:
    """Look at every text of every row of every table, the lake's catalog and statistics included.

    Raises:
        StoreUnavailableError: PostgreSQL does not answer.
    """
    searched = Searched("PostgreSQL")
    try:
        with closing(psycopg.connect(postgres_url, autocommit=True)) as connection:
            for schema, table, columns in _text_columns(connection):
                searched.count("tables")
                texts = sql.SQL(", ").join(_as_bytes(name, kind) for name, kind in columns)
                query = sql.SQL("SELECT {} FROM {}").format(texts, sql.Identifier(schema, table))
                _search_rows(connection, query, f"{schema}.{table}", marks, searched)
            statistics = sql.SQL(
                "SELECT chr(10) || concat_ws(chr(10), most_common_vals::text, "
                "histogram_bounds::text) || chr(10) FROM pg_stats "
                "WHERE schemaname IN ('public', {})"
            ).format(sql.Literal(CATALOG_SCHEMA))
            _search_rows(connection, statistics, "the statistics", marks, searched)
    except psycopg.Error as error:
        raise StoreUnavailableError(f"PostgreSQL: {error}") from error
    return searched


def _text_columns(connection: psycopg.Connection) -> list[tuple[str, str, list[tuple[str, str]]]]:
    rows = connection.execute(
        "SELECT n.nspname, c.relname, array_agg(a.attname::text ORDER BY a.attnum), "
        "array_agg(format_type(a.atttypid, NULL) ORDER BY a.attnum) "
        "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped "
        "WHERE c.relkind IN ('r', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema') "
        "AND format_type(a.atttypid, NULL) <> ALL(%s) GROUP BY 1, 2 ORDER BY 1, 2",
        [list(_NO_TEXT)],
    )
    return [
        (str(schema), str(table), list(zip(names, kinds, strict=True)))
        for schema, table, names, kinds in rows.fetchall()
    ]


def _as_bytes(name: str, kind: str) -> sql.Composed:
    """Return a column between line breaks: its length, which comes before it, may be a letter."""
    as_is = sql.SQL("'\\x0a'::bytea || {} || '\\x0a'::bytea")
    as_text = sql.SQL("chr(10) || {}::text || chr(10)")
    return (as_is if kind == "bytea" else as_text).format(sql.Identifier(name))


def _search_rows(
    connection: psycopg.Connection,
    query: sql.Composed,
    place: str,
    marks: Marks,
    searched: Searched,
) -> None:
    """Look at rows as PostgreSQL sends them: the very bytes of each text, and no numbers."""
    copy = sql.SQL("COPY ({}) TO STDOUT (FORMAT binary)").format(query)
    with connection.cursor() as cursor, cursor.copy(copy) as rows:
        for row in rows:
            searched.count("rows")
            searched.count("bytes", len(row))
            if place not in searched.found and marks.in_text(bytes(row)):
                searched.found.append(place)


def search_lake(settings: FlowsSettings, marks: Marks) -> Searched:
    """Look at every text in every Parquet file below the lake's path, and at all files' bytes.

    Raises:
        StoreUnavailableError: The lake's bucket does not answer.
    """
    searched = Searched("the lake's files")
    if is_bucket(settings.lake_path):
        try:
            _search_bucket(settings.lake_path, marks, searched)
        except duckdb.Error as error:
            plain = plain_error(error, settings.postgres_url)
            raise StoreUnavailableError(f"the lake: {plain}") from plain
        return searched
    files = sorted(each for each in Path(settings.lake_path).rglob("*") if each.is_file())
    with closing(duckdb.connect()) as engine:
        for file in (each for each in files if each.suffix == ".parquet"):
            _search_parquet(engine, str(file), marks, searched)
    _search_files(files, marks, searched)
    return searched


def _search_bucket(lake_path: str, marks: Marks, searched: Searched) -> None:
    searched.not_looked_at.append(
        "what the bucket keeps beside its objects, if it does: old versions, unfinished uploads"
    )
    everything = f"{lake_path.rstrip('/')}/**"
    with closing(open_engine(lake_path, WHOLE_FILES)) as engine:
        names = engine.execute("SELECT file FROM glob(?) ORDER BY file", [everything]).fetchall()
        for (name,) in names:
            row = engine.execute("SELECT content FROM read_blob(?)", [name]).fetchone()
            content: bytes = row[0] if row else b""
            searched.count("files")
            searched.count("bytes of files", len(content))
            if marks.in_bytes(content):
                searched.found.append(str(name))
            if name.endswith(".parquet"):
                _search_parquet(engine, name, marks, searched)


def _search_parquet(
    engine: duckdb.DuckDBPyConnection, file: str, marks: Marks, searched: Searched
) -> None:
    relation = f"read_parquet({literal(file)}, hive_partitioning = false)"
    _search_table(engine, relation, file.rpartition("/")[2], marks, searched)


def _search_table(
    engine: duckdb.DuckDBPyConnection,
    relation: str,
    place: str,
    marks: Marks,
    searched: Searched,
) -> None:
    columns = engine.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()  # noqa: S608 - ours
    texts = [f'"{name}"' for name, kind, *_ in columns if kind.startswith(("VARCHAR", "JSON"))]
    if not texts:
        return
    parts = ", ".join(f"{name}::VARCHAR" for name in texts)
    result = engine.execute(f"SELECT concat_ws(chr(10), {parts}) FROM {relation}")  # noqa: S608
    while rows := result.fetchmany(_PAGE):
        searched.count("rows", len(rows))
        for (text,) in rows:
            if marks.in_text(str(text).encode()):
                searched.found.append(place)
                return


def _search_files(files: Sequence[Path], marks: Marks, searched: Searched) -> None:
    for file in files:
        try:
            size = file.stat().st_size
            searched.count("files")
            searched.count("bytes of files", size)
            if _is_in_file(file, marks):
                searched.found.append(file.name)
        except FileNotFoundError:
            continue  # replaced meanwhile by one that is made of what was looked at


def _is_in_file(file: Path, marks: Marks) -> bool:
    overlap = 300
    with file.open("rb") as stream:
        before = b""
        while chunk := stream.read(_CHUNK):
            if marks.in_bytes(before + chunk):
                return True
            before = chunk[-overlap:]
    return False


def search_influxdb(
    settings: FlowsSettings, marks: Marks, seen: Callable[[int], None] = lambda _: None
) -> Searched | None:
    """Look at every point, as an export would have it; None without an InfluxDB.

    Raises:
        StoreUnavailableError: InfluxDB does not answer.
    """
    if not settings.influx.url:
        return None
    searched = Searched("InfluxDB")
    with closing(InfluxReader(settings.influx)) as reader:
        for page in reader.points(-1, 2**63 - 2):
            seen(len(page))
            searched.count("points", len(page))
            for point in page:
                texts = [str(value) for value in point.values() if isinstance(value, str)]
                if marks.in_text("\n".join(texts).encode()):
                    searched.found.append(f"the point at {point['time']}")
                    break
    return searched
