"""The proxy does to connections what it is told."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from tests.faults.proxy import Mode, Proxy


@pytest.fixture
def echo() -> Iterator[int]:
    """Run a server that sends back what it gets; return its port."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                threading.Thread(target=_echo, args=(connection,), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


def _echo(connection: socket.socket) -> None:
    with connection:
        try:
            while data := connection.recv(1024):
                connection.sendall(data)
        except OSError:
            return


@pytest.fixture
def proxy(echo: int) -> Iterator[Proxy]:
    """Return a proxy in front of the server."""
    with Proxy(echo) as proxy:
        yield proxy


def _ask(proxy: Proxy, seconds: float = 10) -> bytes:
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=seconds) as connection:
        connection.sendall(b"hello")
        return connection.recv(1024)


def test_it_passes_on_and_delays(proxy: Proxy) -> None:
    """Undisturbed or late, what was sent arrives as it was."""
    assert _ask(proxy) == b"hello"
    proxy.change("delay", 0.05)
    assert _ask(proxy) == b"hello"


@pytest.mark.parametrize("mode", ["cut", "garbage", "http_500"])
def test_a_hurt_connection_ends_and_heals(proxy: Proxy, mode: Mode) -> None:
    """An open connection is cut, a new one gets no echo, and after healing all is as before."""
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=60) as connection:
        connection.sendall(b"hello")
        assert connection.recv(1024) == b"hello"
        proxy.change(mode)
        with suppress(ConnectionResetError):
            assert connection.recv(1024) == b""
    with suppress(ConnectionResetError):
        assert _ask(proxy) != b"hello"
    proxy.heal()
    assert _ask(proxy) == b"hello"


def test_a_half_open_connection_is_silent(proxy: Proxy) -> None:
    """What is sent is swallowed without an error, until healing closes the connection."""
    proxy.change("half_open")
    with pytest.raises(TimeoutError):
        _ask(proxy, 0.2)
    proxy.heal()
    assert _ask(proxy) == b"hello"
