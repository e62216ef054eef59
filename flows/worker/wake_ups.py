"""Wakes the actors: one message for each store, and never two on the way to the same one."""

from collections.abc import Iterable
from typing import Any, Final

from dramatiq import Message
from dramatiq.brokers.redis import RedisBroker
from redis import Redis

MAINTENANCE: Final = "maintenance"
#: A wake-up that got lost with its worker holds up the next one no longer than this; a message
#: that Dramatiq brings again comes within it.
_HELD_SECONDS: Final = 6
#: Longer than maintenance may take, so that its messages do not pile up while no worker runs.
_MAINTENANCE_HELD_SECONDS: Final = 3_600


def messages_waiting(redis: Redis, queue: str) -> int:
    """Return how many messages of a queue no worker has taken, those for later included.

    Raises:
        redis.RedisError: Redis does not answer.
    """
    of_queue: Any = [redis.llen(f"dramatiq:{name}") for name in (queue, f"{queue}.DQ")]
    return sum(of_queue)


def actor_of(store: str) -> str:
    """Return the name of the actor that writes a store."""
    return f"write_{store}"


class WakeUps:
    """Sends the actors their messages, by name, so that the sender needs no store."""

    def __init__(self, redis: Redis, broker: RedisBroker, stores: Iterable[str]) -> None:
        self._redis = redis
        self._broker = broker
        for queue in (*stores, MAINTENANCE):
            broker.declare_queue(queue)

    def wake(self, store: str) -> bool:
        """Send a store's actor a message, unless one is on its way; tell whether it was sent.

        Raises:
            redis.RedisError: Redis does not answer.
        """
        return self._send_once(store, actor_of(store), _HELD_SECONDS)

    def hold(self, store: str) -> None:
        """Note that a message is on its way, so that no other one is sent."""
        self._redis.set(_key(store), "1", ex=_HELD_SECONDS)

    def arrived(self, store: str) -> None:
        """Note that a store's message arrived, or maintenance's, so that another can be sent."""
        self._redis.delete(_key(store))

    def request_maintenance(self) -> None:
        """Send the maintenance actor a message, unless one is on its way.

        Raises:
            redis.RedisError: Redis does not answer.
        """
        self._send_once(MAINTENANCE, "maintain", _MAINTENANCE_HELD_SECONDS)

    def _send_once(self, queue: str, actor: str, held_seconds: int) -> bool:
        if not self._redis.set(_key(queue), "1", nx=True, ex=held_seconds):
            # A note that lasts longer was made before Redis' clock was set back.
            if int(self._redis.pttl(_key(queue))) <= held_seconds * 1000:
                return False
            self._redis.set(_key(queue), "1", ex=held_seconds)
        message: Message[None] = Message(
            queue_name=queue, actor_name=actor, args=(), kwargs={}, options={}
        )
        self._broker.enqueue(message)
        return True


def _key(store: str) -> str:
    return f"cellpulse:wake:{store}"
