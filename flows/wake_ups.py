"""Wakes the actors: one message for each store, and never two on the way to the same one."""

from collections.abc import Iterable
from typing import Final

from dramatiq import Message
from dramatiq.brokers.redis import RedisBroker
from redis import Redis

MAINTENANCE: Final = "maintenance"
#: A wake-up that got lost with its worker holds up the next one no longer than this; a message
#: that Dramatiq brings again comes within it.
_HELD_SECONDS: Final = 6


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
        is_new = self._redis.set(_key(store), "1", nx=True, ex=_HELD_SECONDS)
        if is_new:
            self._send(store, actor_of(store))
        return bool(is_new)

    def hold(self, store: str) -> None:
        """Note that a message is on its way, so that no other one is sent."""
        self._redis.set(_key(store), "1", ex=_HELD_SECONDS)

    def arrived(self, store: str) -> None:
        """Note that the message arrived, so that the next event sends another."""
        self._redis.delete(_key(store))

    def request_maintenance(self) -> None:
        """Send the maintenance actor a message.

        Raises:
            redis.RedisError: Redis does not answer.
        """
        self._send(MAINTENANCE, "maintain")

    def _send(self, queue: str, actor: str) -> None:
        message: Message[None] = Message(
            queue_name=queue, actor_name=actor, args=(), kwargs={}, options={}
        )
        self._broker.enqueue(message)


def _key(store: str) -> str:
    return f"cellpulse:wake:{store}"
