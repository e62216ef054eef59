"""Work that goes on beside the requests, from an app's start to its end."""

import asyncio
from collections.abc import Collection
from typing import Any


async def end(tasks: Collection["asyncio.Task[Any]"]) -> None:
    """Cancel tasks and wait until they have ended.

    One cancellation is not enough: where it comes as a connection to Redis is given up, the client
    raises its own error in its place, and a task that waits for Redis goes on.
    """
    while running := [task for task in tasks if not task.done()]:
        for task in running:
            task.cancel()
        await asyncio.wait(running, timeout=1)
