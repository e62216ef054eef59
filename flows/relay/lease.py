"""One relay at a time adopts: two that hear the same message must not both make an event of it."""

from importlib import resources
from typing import Final
from uuid import uuid4

from redis.asyncio import Redis

_KEY: Final = "cellpulse:relay"
#: How long a relay that ended keeps others from adopting; one that starts does not wait for it.
_LEASE_MS: Final = 3_000


class Lease:
    """What the newest relay holds, and another one takes over when it is gone."""

    def __init__(self, redis: Redis) -> None:
        script = resources.files("flows.relay").joinpath("lease.lua")
        self._ask = redis.register_script(script.read_text(encoding="utf-8"))
        self._name = uuid4().hex

    async def take(self) -> None:
        """Take the lease from whoever holds it.

        Raises:
            redis.RedisError: Redis does not answer.
        """
        await self._ask(keys=[_KEY], args=[self._name, _LEASE_MS, 1])

    async def is_mine(self) -> bool:
        """Prolong the lease, or take it where nobody holds it; tell whether it is held now.

        Raises:
            redis.RedisError: Redis does not answer.
        """
        return bool(await self._ask(keys=[_KEY], args=[self._name, _LEASE_MS, 0]))
