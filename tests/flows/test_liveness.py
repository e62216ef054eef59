"""Whether processes live, on a real Redis."""

from redis import Redis

from flows.liveness import is_alive, say_alive


def test_a_process_is_alive_for_some_seconds(redis: Redis) -> None:
    """A process that said so is alive, and is forgotten when it says so no more."""
    assert not is_alive(redis, "relay")
    say_alive(redis, "relay")
    assert is_alive(redis, "relay")
    assert 0 < int(redis.pttl("cellpulse:alive:relay")) <= 6_000
    redis.pexpire("cellpulse:alive:relay", 7_200_000)
    assert not is_alive(redis, "relay"), "Redis' clock was set back by two hours"
