"""Time-outs of the connections to PostgreSQL."""

import socket
import traceback
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import duckdb
import psycopg
import pytest

from flows.log.logged_event import LoggedEvent
from flows.stores.lake import LakeWriter
from flows.stores.lake_attach import attach_lake
from flows.stores.postgres import PostgresWriter, engine_for
from flows.stores.postgres_address import with_timeouts, without_password
from flows.stores.store import StoreUnavailableError


def test_what_an_operator_sets_stays() -> None:
    """Only what the address does not say itself is added to it."""
    url = "postgresql://u:p%3Fw@h:5/d?connect_timeout=77&sslmode=require"
    found = parse_qs(urlsplit(with_timeouts(url)).query)
    assert with_timeouts(url).startswith(url)
    assert found["connect_timeout"] == ["77"]
    assert found["tcp_user_timeout"] == ["20000"]
    assert with_timeouts(with_timeouts(url)) == with_timeouts(url)


def test_a_silent_peer_is_noticed(postgres_url: str) -> None:
    """The socket of a connection gives a peer that is gone 20 seconds."""
    with psycopg.connect(with_timeouts(postgres_url)) as connection:
        line = socket.socket(fileno=socket.dup(connection.fileno()))
        with line:
            assert line.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 20_000
            assert line.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 5


def test_every_connection_has_the_time_outs(
    postgres_url: str, lake_path: str, event: Callable[..., LoggedEvent]
) -> None:
    """The server, too, notices within a minute that a client with a lock is gone."""
    engine = engine_for(postgres_url)
    PostgresWriter(engine).apply([event(0)], event(0).position)
    with engine.connect() as connection:
        for name, value in (
            ("idle_in_transaction_session_timeout", "1min"),
            ("tcp_keepalives_idle", "5"),
        ):
            assert connection.exec_driver_sql(f"SHOW {name}").scalar_one() == value
    engine.dispose()
    with attach_lake(postgres_url, lake_path, read_only=False) as lake:
        assert lake.execute("SELECT count(*) FROM master.students").fetchall() == [(1,)]


def test_no_error_shows_the_password(lake_path: str) -> None:
    """Neither opening nor writing a lake that is away tells the password of its catalog."""
    away = "postgresql://cellpulse:S3CRET%2Fword@127.0.0.1:1/none"
    with pytest.raises(duckdb.Error) as raised:
        attach_lake(away, lake_path, read_only=True)
    assert "S3CRET" not in "".join(traceback.format_exception(raised.value))
    writer = LakeWriter(away, lake_path)
    with pytest.raises(StoreUnavailableError) as unavailable, writer._translated_errors():
        writer._lake()
    assert "S3CRET" not in "".join(traceback.format_exception(unavailable.value))
    assert without_password("at :S3CRET/word@h", away) == "at :…@h"
