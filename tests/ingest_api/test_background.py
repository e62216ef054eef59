"""Ending work in the background, also where a cancellation gets lost."""

import asyncio

from ingest_api.background import end


async def test_a_task_that_missed_its_cancellation_is_ended_all_the_same() -> None:
    """One that turned the first into an error of its own, and one that ended by itself."""

    async def waits_on() -> None:
        try:
            await asyncio.sleep(3_600)
        except asyncio.CancelledError:
            await asyncio.sleep(3_600)

    async def fails() -> None:
        raise ValueError("away")

    tasks = [asyncio.create_task(each()) for each in (waits_on, fails)]
    await asyncio.sleep(0)
    async with asyncio.timeout(60):
        await end(tasks)
    assert tasks[0].cancelled()
    assert isinstance(tasks[1].exception(), ValueError)
