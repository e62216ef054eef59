"""What a newer Cellpulse made is refused in one clear line, by each process that starts on it."""

import subprocess
import sys
from typing import Any

import httpx
import psycopg
import pytest

from analytics.errors import LakeUnavailableError
from analytics.lake.connection import connect
from flows.stores.lake import LakeWriter
from flows.stores.lake_attach import attach_lake
from flows.version_of_data import UnknownDataVersionError

RUN = {"course_id": "demo", "student_id": "s1", "status": "ok"}


def newer_tables(pipeline: Any) -> str:
    with psycopg.connect(pipeline.postgres_url) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    return "the tables in PostgreSQL have version '9999'"


def newer_lake(pipeline: Any) -> str:
    with attach_lake(pipeline.postgres_url, pipeline.lake_path, read_only=False) as lake:
        lake.execute("UPDATE lake.schema_version SET version = 99")
    return "the lake has version 99; this Cellpulse knows up to 2"


@pytest.mark.parametrize("make_newer", [newer_tables, newer_lake])
def test_a_newer_database_or_lake_is_refused_by_every_process(
    idle_pipeline: Any, make_newer: Any
) -> None:
    """The worker, the API, `migrate`, `rebuild` and a notebook say so and change nothing."""
    says = make_newer(idle_pipeline)
    environment = idle_pipeline.environment
    for command in (
        ("flows.worker",),
        ("analytics.serve",),
        ("flows.cli", "migrate"),
        ("flows.cli", "rebuild"),
        ("flows.cli", "backup", str(idle_pipeline.folder / "backup")),
    ):
        done = subprocess.run(
            (sys.executable, "-m", *command),
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode != 0, command
        last = done.stderr.splitlines()[-1]
        assert says in last, command
        assert "upgrade Cellpulse" in last, command
        assert "Traceback" not in done.stderr
    with pytest.raises(LakeUnavailableError, match=says):
        connect(idle_pipeline.postgres_url, idle_pipeline.lake_path)
    writer = LakeWriter(idle_pipeline.postgres_url, idle_pipeline.lake_path)
    with pytest.raises(UnknownDataVersionError, match=says):
        writer.position()


def test_a_newer_kind_of_event_in_influxdb_is_refused(idle_pipeline: Any) -> None:
    """`rebuild` names the place and the version, and leaves the lake as it is."""
    httpx.post(
        f"{idle_pipeline.influx.url}/api/v2/write",
        params={"bucket": idle_pipeline.influx.bucket, "precision": "ns"},
        content=(
            "progress_event,course_id=demo,student_id=s1,type=dance "
            'event_id="01936a3e-0000-7000-8000-000000000001",schema_version=2i,'
            'occurred_at="2026-03-02T09:00:00Z",received_at="2026-03-02T09:00:00Z" 1000000000'
        ),
    ).raise_for_status()
    done = idle_pipeline.cellpulse("rebuild")
    assert done.returncode == 1
    assert "InfluxDB's event at 1000-0 has schema version 2" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
