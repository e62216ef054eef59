"""A TCP proxy that can do to a connection what networks do: cut, delay, swallow, garble."""

import asyncio
import os
import threading
from contextlib import suppress
from typing import Final, Literal, Self

Mode = Literal["pass", "cut", "delay", "half_open", "garbage", "http_500"]
_CHUNK: Final = 64 * 1024
_HTTP_500: Final = (
    b"HTTP/1.1 500 Internal Server Error\r\nContent-Type: text/html\r\n"
    b"Content-Length: 9\r\nConnection: close\r\n\r\n<h1>!</h1"
)


class Proxy:
    """Passes connections on to a server, until it is told to do something else.

    Attributes:
        port: Where it listens, on 127.0.0.1.
        mode: What it does now; connections that are open feel it too.
        delay: By how much each piece of data is late in mode `delay`, in seconds.
    """

    def __init__(self, to_port: int) -> None:
        self.port = 0
        self.mode: Mode = "pass"
        self.delay = 0.0
        self._to_port = to_port
        self._loop = asyncio.new_event_loop()
        self._writers: set[asyncio.StreamWriter] = set()
        self._listening = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._listening.wait(60)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(60)

    def change(self, mode: Mode, delay: float = 0.0) -> None:
        """Do something else from now on; but for a delay, what is open is closed or swallowed."""
        self.delay = delay
        self.mode = mode
        if mode in ("cut", "garbage", "http_500"):
            self._loop.call_soon_threadsafe(self._close_all)

    def heal(self) -> None:
        """Pass on again. What was half open is closed: its data is lost for good."""
        was, self.mode = self.mode, "pass"
        if was == "half_open":
            self._loop.call_soon_threadsafe(self._close_all)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(
            asyncio.start_server(self._serve, "127.0.0.1", 0, limit=_CHUNK)
        )
        self.port = server.sockets[0].getsockname()[1]
        self._listening.set()
        self._loop.run_forever()
        server.close()
        self._close_all()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    def _close_all(self) -> None:
        for writer in list(self._writers):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            await self._answer(reader, writer)
        except (OSError, asyncio.CancelledError):
            pass  # cut from outside, or at the end
        finally:
            self._writers.discard(writer)
            writer.transport.abort()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.mode == "cut":
            return
        if self.mode in ("garbage", "http_500"):
            await reader.read(_CHUNK)
            writer.write(_HTTP_500 if self.mode == "http_500" else os.urandom(200))
            await writer.drain()
            return
        to_reader, to_writer = await asyncio.open_connection("127.0.0.1", self._to_port)
        self._writers.add(to_writer)
        try:
            await asyncio.wait(
                (
                    asyncio.create_task(self._copy(reader, to_writer)),
                    asyncio.create_task(self._copy(to_reader, writer)),
                ),
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            self._writers.discard(to_writer)
            to_writer.transport.abort()

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(_CHUNK):
                if self.mode == "delay":
                    await asyncio.sleep(self.delay)
                if self.mode == "half_open":
                    continue  # taken, and never delivered
                writer.write(data)
                await writer.drain()
