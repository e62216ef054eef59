"""A class to be audited, on real stores."""

from collections.abc import Iterator

import pytest
from redis import Redis

from flows.migrations.migrate import prepare_databases
from flows.settings import FlowsSettings, InfluxSettings, LakeSettings
from flows.worker.actors import open_stores
from tests.integration.audit.audited_class import Class


@pytest.fixture
def klass(
    redis_url: str, postgres_url: str, lake_path: str, influx_settings: InfluxSettings
) -> Iterator[Class]:
    """Return a class whose stores are empty."""
    prepare_databases(
        LakeSettings(CELLPULSE_POSTGRES_URL=postgres_url, CELLPULSE_LAKE_PATH=lake_path)
    )
    settings = FlowsSettings(
        CELLPULSE_REDIS_URL=redis_url,
        CELLPULSE_POSTGRES_URL=postgres_url,
        CELLPULSE_LAKE_PATH=lake_path,
        influx=influx_settings,
    )
    stores = open_stores(settings)
    with Redis.from_url(redis_url, protocol=2) as redis:
        yield Class(settings, redis, {store.name: store for store in stores})
    for store in stores:
        closing_or_engine = getattr(store, "close", None) or store._engine.dispose  # type: ignore[attr-defined]
        closing_or_engine()
