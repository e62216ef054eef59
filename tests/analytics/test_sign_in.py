"""Signing in where a store is away."""

from typing import Any

import pytest
from redis import Redis

from analytics.errors import LakeUnavailableError
from analytics.sign_in.sign_in import SignIn
from flows.embedded.part import free_port


def test_a_database_that_is_away_counts_no_wrong_password(
    known_class: Any, redis_url: str, redis_client: Redis
) -> None:
    """Whoever tries until it is back does not have to wait then: no password was looked at."""
    away = f"postgresql://cellpulse@127.0.0.1:{free_port()}/cellpulse"
    given = {"postgres_url": away, "redis_url": redis_url}
    door = SignIn(known_class.settings.model_copy(update=given))
    with pytest.raises(LakeUnavailableError, match="PostgreSQL does not answer"):
        door.with_password("grace", "a long enough password")
    assert redis_client.keys("*sign-in*") == []
