"""DuckDB with what the lake needs: its extensions, and the key of the bucket its files are in."""

from importlib import resources
from typing import Final

import duckdb

from flows.settings import BucketSettings
from flows.stores.sql_text import literal

#: How long a request may take. A bucket that swallows every packet is so noticed within 40 s, for a
#: write is tried twice and looked after twice; the worker's watchdog waits for a minute.
_SOON: Final = 10
_RETRIES: Final = 1
#: The same where whole files are read in one request, and nobody waits.
WHOLE_FILES: Final = 600


def is_bucket(lake_path: str) -> bool:
    """Tell whether the lake's files are in a bucket, and not in a folder."""
    return lake_path.startswith("s3://")


def open_engine(lake_path: str, request_seconds: int = _SOON) -> duckdb.DuckDBPyConnection:
    """Open DuckDB with its extensions, without a look at their signatures, and no lake attached.

    That look takes 0.7 s of processor time, at every opening of the lake, and protects from nobody:
    who can change these files can change this code beside them. What else is loaded is looked at.

    A bucket's key is taken from the environment, by whoever opens the lake: so nothing between has
    to hold it, and DuckDB shows it to no query.

    Args:
        lake_path: Where the lake's files are.
        request_seconds: How long a request to their bucket may take.

    Raises:
        BadSettingError: The files are in a bucket, and its settings are not there.
    """
    connection = duckdb.connect(
        config={
            "allow_unsigned_extensions": "true",
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        }
    )
    in_bucket = is_bucket(lake_path)
    for extension in ("ducklake", "postgres_scanner", *(["httpfs"] if in_bucket else [])):
        connection.execute(f"LOAD {literal(_extension_file(extension))}")
    connection.execute("SET GLOBAL allow_unsigned_extensions = false")
    if in_bucket:
        connection.execute(f"SET GLOBAL http_timeout = {request_seconds:d}")
        connection.execute(f"SET GLOBAL http_retries = {_RETRIES}")
        _let_into_bucket(connection, BucketSettings.load())
    return connection


def _let_into_bucket(connection: duckdb.DuckDBPyConnection, bucket: BucketSettings) -> None:
    given = {
        "KEY_ID": bucket.key_id.get_secret_value(),
        "SECRET": bucket.secret.get_secret_value(),
        "REGION": bucket.region,
    }
    if bucket.endpoint is not None:
        scheme, _, host = bucket.endpoint.rstrip("/").partition("://")
        # Other servers than AWS know a bucket by the path, and seldom by a host's name.
        given |= {"ENDPOINT": host, "URL_STYLE": "path", "USE_SSL": str(scheme == "https")}
    # As parameters: no error can show the statement with the secret in it.
    names = ", ".join(f"{name} ${place}" for place, name in enumerate(given, 1))
    connection.execute(f"CREATE SECRET (TYPE s3, {names})", list(given.values()))


def _extension_file(name: str) -> str:
    """Return the file in the extension's wheel: installing it would need a home directory."""
    wheel = resources.files(f"duckdb_extension_{name}")
    file = wheel / "extensions" / f"v{duckdb.__version__}" / f"{name}.duckdb_extension"
    return str(file)
