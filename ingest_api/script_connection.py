"""A connection to Redis that does nothing but run one script, as often as it is asked to.

What the Redis client does around each command (a connection out of its pool, a task and a timeout
for each writing and reading, figures) costs several times what a step of the log itself costs. It
still makes the connection, with all that an address may ask for, and closes it.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from hashlib import sha1
from typing import Any, Final

from hiredis import Reader, pack_command
from redis.asyncio import Redis
from redis.asyncio.connection import Connection, DefaultParser
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import NoScriptError, RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

_CLOSED: Final = "the connection was closed"
_NO_ANSWER: Final = "no answer in time"


class ScriptConnection:
    """Runs a script, over a connection of its own that is made when it is first needed."""

    def __init__(self, redis: Redis, script: str) -> None:
        """Connect as `redis` does; it also ends the connection when it is closed."""
        self._redis = redis
        self._script = script
        self._sha = sha1(script.encode()).hexdigest()  # noqa: S324 - how Redis names a script
        self._line: _Line | None = None
        self._connecting = asyncio.Lock()

    async def __call__(self, keys: Sequence[str], args: Sequence[Any]) -> Any:
        """Run the script, and return what it returns.

        Raises:
            redis.RedisError: It refuses, or Redis does not answer; whether it ran is then unknown.
        """
        command = pack_command(("EVALSHA", self._sha, len(keys), *keys, *args))
        try:
            return await (await self._open_line()).ask(command)
        except NoScriptError:  # Redis was started anew, or never ran it
            await self._redis.script_load(self._script)
            return await (await self._open_line()).ask(command)

    async def _open_line(self) -> "_Line":
        if self._line is not None and self._line.is_open:
            return self._line
        async with self._connecting:
            if self._line is None or not self._line.is_open:
                self._line = await self._connect()
            return self._line

    async def _connect(self) -> "_Line":
        pool: Any = self._redis.connection_pool
        # Given back once, however often it takes until there is another one.
        before, self._line = self._line, None
        if before is not None:
            await before.connection.disconnect(nowait=True)
            await pool.release(before.connection)
        return _Line(await pool.get_connection())


class _Line(asyncio.Protocol):
    """An open connection: commands go out as they are, answers come in their order."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.is_open = True
        self._loop = asyncio.get_running_loop()
        self._timeout = connection.socket_timeout
        self._waiting: deque[asyncio.Future[Any]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._reader = Reader(replyError=DefaultParser.parse_error)
        # The client has no way to hand a connection over; nothing is under way on it.
        self._transport: Any = connection._writer.transport  # type: ignore[union-attr] # noqa: SLF001
        #: Is told of the end: whoever closes the connection waits for that.
        self._before = self._transport.get_protocol()
        self._transport.set_protocol(self)

    def ask(self, command: bytes) -> "asyncio.Future[Any]":
        """Send a command, and return its answer to come."""
        answer: asyncio.Future[Any] = self._loop.create_future()
        self._waiting.append(answer)
        self._transport.write(command)
        if self._timer is None and self._timeout:
            self._timer = self._loop.call_later(self._timeout, self._give_up)
        return answer

    def data_received(self, data: bytes) -> None:
        """Hand answers to those who wait for them."""
        try:
            self._reader.feed(data)
            while (reply := self._reader.gets()) is not False:
                self._answer(reply)
        except Exception as error:  # noqa: BLE001 - what is no answer of Redis
            self._end(RedisConnectionError(f"Redis sent what can't be read: {error!r}"))

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell those who wait that there will be no answer."""
        self._end(RedisConnectionError(str(exc) if exc else _CLOSED))
        self._before.connection_lost(exc)

    def _answer(self, reply: Any) -> None:
        answer = self._waiting.popleft()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._waiting and self._timeout:
            self._timer = self._loop.call_later(self._timeout, self._give_up)
        if answer.done():  # whoever waited has gone
            return
        if isinstance(reply, RedisError):
            answer.set_exception(reply)
        else:
            answer.set_result(reply)

    def _give_up(self) -> None:
        self._timer = None
        self._end(RedisTimeoutError(_NO_ANSWER))

    def _end(self, reason: RedisError) -> None:
        self.is_open = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._waiting:
            answer = self._waiting.popleft()
            if not answer.done():
                answer.set_exception(reason)
        self._transport.abort()
