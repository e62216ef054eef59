"""A search of our own through every byte of every store."""

import json
from pathlib import Path
from typing import Any

import duckdb
import psycopg
from redis import Redis


def places_of(platform: Any, words: tuple[str, ...]) -> list[str]:
    """Return every place in which one of some words stands: an own search, as bytes."""
    needles = [word.encode() for word in words] + [
        json.dumps(word)[1:-1].encode() for word in words
    ]
    found = []

    def look(place: str, data: bytes) -> None:
        found.extend(f"{place}: {needle!r}" for needle in needles if needle in data)

    with Redis.from_url(platform.redis_url) as redis:
        for key in redis.scan_iter():
            look(f"redis {key!r}", key + (redis.dump(key) or b""))
        folder = Path(str(redis.config_get("dir")["dir"]))
    for file in [
        *folder.rglob("*.aof"),
        *folder.rglob("*.rdb"),
        *Path(platform.lake_path).rglob("*"),
    ]:
        if file.is_file():
            look(str(file), file.read_bytes())
        if file.suffix == ".parquet":
            look(str(file), repr(duckdb.read_parquet(str(file)).fetchall()).encode())
    with psycopg.connect(platform.postgres_url) as connection:
        for schema, table in connection.execute(
            "SELECT schemaname, tablename FROM pg_tables WHERE schemaname IN ('public', 'lake')"
        ).fetchall():
            copy = f'COPY "{schema}"."{table}" TO STDOUT (FORMAT binary)'
            with connection.cursor().copy(copy.encode()) as data:
                look(f"{schema}.{table}", b"".join(map(bytes, data)))
        statistics = connection.execute("SELECT pg_stats::text FROM pg_stats").fetchall()
        look("statistics", repr(statistics).encode())
    look("influxdb", repr(platform.influxql("SELECT * FROM progress_event")).encode())
    return found
