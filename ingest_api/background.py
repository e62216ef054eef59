"""Work that goes on beside the requests, from an app's start to its end."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from typing import Any, Never

from redis.exceptions import RedisError


async def keep_fresh(refresh: Callable[[], Awaitable[None]], seconds: float) -> Never:
    """Refresh a copy of what Redis holds, again and again, until cancelled.

    A Redis that is away is waited for: whoever appends says it, and what is known goes on to count.

    Args:
        refresh: Takes over what has changed; what is known stays where it raises.
        seconds: How long to wait before each time.
    """
    while True:
        await asyncio.sleep(seconds)
        try:
            await refresh()
        except (RedisError, OSError):
            continue


async def end(tasks: Collection["asyncio.Task[Any]"]) -> None:
    """Cancel tasks and wait until they have ended.

    One cancellation is not enough: where it comes as a connection to Redis is given up, the client
    raises its own error in its place, and a task that waits for Redis goes on.
    """
    while running := [task for task in tasks if not task.done()]:
        for task in running:
            task.cancel()
        await asyncio.wait(running, timeout=1)
