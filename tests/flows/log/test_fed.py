"""What works on every store does not go on where it knows of one less than the worker."""

from pathlib import Path

import pytest
from redis import Redis

from flows.log.fed import FullLogNotSetError, require_full_log_set
from flows.log.reader import LogReader
from flows.settings import FlowsSettings, InfluxSettings
from tests.cellpulse import cellpulse

WITHOUT = InfluxSettings(INFLUXDB_URL=None)


def test_without_a_full_log_there_is_nothing_to_name(
    flows_settings: FlowsSettings, redis: Redis
) -> None:
    """Neither where no store has come to the log yet, nor where InfluxDB is none of them."""
    settings = flows_settings.model_copy(update={"influx": WITHOUT})
    require_full_log_set(settings, redis)
    LogReader(redis).add_groups(("postgres", "lake"))
    require_full_log_set(settings, redis)


def test_a_backup_or_an_erasure_without_the_full_log_is_refused(
    flows_settings: FlowsSettings, log: LogReader, redis: Redis, tmp_path: Path
) -> None:
    """One line says where to set it; nothing was begun."""
    assert "influxdb" in log.committed()
    require_full_log_set(flows_settings, redis)
    with pytest.raises(FullLogNotSetError, match="INFLUXDB_URL is not set here"):
        require_full_log_set(flows_settings.model_copy(update={"influx": WITHOUT}), redis)
    environment = {
        "CELLPULSE_DATA_DIR": str(tmp_path),
        "CELLPULSE_REDIS_URL": flows_settings.redis_url,
        "CELLPULSE_POSTGRES_URL": flows_settings.postgres_url,
        "CELLPULSE_LAKE_PATH": flows_settings.lake_path,
        "CELLPULSE_SECRET": "s" * 40,
    }
    folder = tmp_path / "backup"
    for arguments in (
        ("backup", str(folder)),
        ("forget", "--student", "s1"),
        ("forget", "--again"),
    ):
        done = cellpulse(environment, *arguments)
        assert (done.returncode, done.stdout) == (1, ""), arguments
        assert "INFLUXDB_URL is not set here" in done.stderr
        assert done.stderr.count("\n") == 1
    assert list(folder.iterdir()) == []
