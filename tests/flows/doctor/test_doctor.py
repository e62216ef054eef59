"""`cellpulse doctor`: each thing is broken for real, and one line says what to do."""

import json
import os
import socket
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import psycopg
import pytest
import redis

from flows.doctor import machine, processes, stores
from flows.doctor.finding import Finding
from flows.doctor.hook import look_at_hook
from flows.doctor.postgres import look_at_postgres
from flows.doctor.redis import look_at_redis
from flows.embedded.part import free_port
from flows.embedded.redis_server import redis_part
from flows.log.reader import LogReader
from flows.migrations.migrate import prepare_databases
from flows.platform_status import PlatformStatus
from flows.settings import DoctorSettings, InfluxSettings, LakeSettings, LrsSettings
from flows.status import read_status
from ingest_api.event_log import COUNTS, LOG
from tests.cellpulse import cellpulse
from tests.faults.clocks import Clocks
from tests.faults.plan import CLOCKS

AWAY = "127.0.0.1:1"


def lines(findings: Iterable[Finding], level: str) -> str:
    """Return the findings of a level as text; each is one line, and says what to do if it must."""
    found = list(findings)
    for finding in found:
        assert "\n" not in finding.as_text()
        assert bool(finding.remedy) == (finding.level in {"bad", "watch"}), finding
    return "\n".join(finding.as_text() for finding in found if finding.level == level)


def environment(folder: Path, **more: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "CELLPULSE_DATA_DIR": str(folder), **more}


def test_with_everything_down_it_still_says_what_to_do(tmp_path: Path) -> None:
    """Nothing runs and nothing is set: it names that first, raises nothing, and exits with 1."""
    done = cellpulse(environment(tmp_path), "doctor")
    assert done.returncode == 1
    first, *_ = found = done.stdout.splitlines()
    assert first.startswith("bad    settings     no 'cellpulse up' runs on the data folder")
    assert "CELLPULSE_REDIS_URL and CELLPULSE_POSTGRES_URL are not set" in first
    assert found[-1] == "mend each 'bad', from the first one on"
    parts = {line.split()[1] for line in found[:-1]}
    assert {"redis", "postgres", "ingest", "api", "dashboard", "disk", "secret", "hook"} <= parts


def test_with_every_address_dead_each_part_has_its_line(tmp_path: Path) -> None:
    """Stores that do not answer are named with the setting that could be wrong; no password is."""
    done = cellpulse(
        environment(
            tmp_path,
            CELLPULSE_REDIS_URL=f"redis://:a-password@{AWAY}/0",
            CELLPULSE_POSTGRES_URL=f"postgresql://u:a-password@{AWAY}/x",
            CELLPULSE_LRS_URL=f"http://{AWAY}/xAPI",
            CELLPULSE_LRS_PASSWORD="a-password",
            CELLPULSE_PUBLIC_DASHBOARD_URL="http://school.invalid",
            INFLUXDB_URL=f"http://{AWAY}",
            INFLUXDB_TOKEN="a-password",
        ),
        "doctor",
    )
    assert done.returncode == 1
    told = {line.split()[1]: line for line in done.stdout.splitlines() if line.startswith("bad")}
    for part, setting in {
        "redis": "CELLPULSE_REDIS_URL",
        "postgres": "CELLPULSE_POSTGRES_URL",
        "influxdb": "INFLUXDB_URL",
        "lrs": "CELLPULSE_LRS_URL",
        "address": "CELLPULSE_PUBLIC_DASHBOARD_URL",
    }.items():
        assert setting in told[part]
    assert "mend 'postgres' first" in told["lake"]
    assert "not encrypted" in done.stdout
    assert "a-password" not in done.stdout


def test_from_a_container_the_machines_own_address_is_not_asked(tmp_path: Path) -> None:
    """There 127.0.0.1 is the container: the dashboard is asked by its own address alone."""
    local = {"CELLPULSE_PUBLIC_DASHBOARD_URL": f"http://{AWAY}"}
    elsewhere = {"CELLPULSE_DASHBOARD_URL": "http://dashboard.invalid:8501"}
    for given, level in ((local | elsewhere, "off"), (local, "bad")):
        told = cellpulse(environment(tmp_path, **given), "doctor").stdout
        [line] = [line for line in told.splitlines() if line.split()[1] == "address"]
        assert line.startswith(level)


def test_a_bad_setting_is_the_only_thing_told(tmp_path: Path) -> None:
    """What a wrong setting makes wrong is not told as well."""
    bad = environment(tmp_path, CELLPULSE_INGEST_PORT="eight", CELLPULSE_PING_SECONDS="-1")
    done = cellpulse(bad, "doctor")
    assert done.returncode == 1
    *told, _ = done.stdout.splitlines()
    assert [line.split()[2] for line in told] == ["CELLPULSE_INGEST_PORT", "CELLPULSE_PING_SECONDS"]


@pytest.fixture
def own_redis(tmp_path: Path, running: Callable[..., Any]) -> Iterator[str]:
    """Return the address of a Redis that the test may spoil."""
    port = free_port()
    with running(redis_part(tmp_path, "127.0.0.1", port), tmp_path / "redis.log"):
        yield f"redis://127.0.0.1:{port}/0"


def test_a_redis_that_may_lose_events_is_named(own_redis: str) -> None:
    """Each of its settings that costs events is told; as it should be, it is well."""
    assert "on disk before it answers" in lines(look_at_redis(own_redis), "ok")
    with redis.Redis.from_url(own_redis) as client:
        client.config_set("appendfsync", "everysec")
        assert "set 'appendfsync always'" in lines(look_at_redis(own_redis), "watch")
        client.config_set("maxmemory", "1100000")
        client.config_set("maxmemory-policy", "noeviction")
        assert "of its memory: raise maxmemory" in lines(look_at_redis(own_redis), "watch")
        client.config_set("maxmemory", "0")
        client.config_set("maxmemory-policy", "allkeys-lru")
        assert "set it to noeviction" in lines(look_at_redis(own_redis), "bad")
        client.config_set("maxmemory-policy", "noeviction")
        client.config_set("appendonly", "no")
        assert "keeps events in memory only" in lines(look_at_redis(own_redis), "bad")


def test_tables_of_another_version_are_named(postgres_url: str, empty_postgres_url: str) -> None:
    """No tables, older ones and newer ones each have their remedy, and so has a lossy server."""
    assert "'fsync = on'" in lines(look_at_postgres(postgres_url), "bad")  # the tests' own server
    assert "run 'cellpulse migrate'" in lines(look_at_postgres(empty_postgres_url), "bad")
    for revision, remedy in (("0001", "then run 'cellpulse migrate'"), ("9999", "upgrade Cell")):
        with psycopg.connect(postgres_url) as connection:
            connection.execute("UPDATE alembic_version SET version_num = %s", (revision,))
        assert remedy in lines(look_at_postgres(postgres_url), "bad")


def test_tables_of_a_newer_version_stop_no_other_look(
    postgres_url: str, redis_url: str, tmp_path: Path
) -> None:
    """What refuses to read newer tables elsewhere must not keep the doctor from going on."""
    with psycopg.connect(postgres_url) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    given = {"CELLPULSE_REDIS_URL": redis_url, "CELLPULSE_POSTGRES_URL": postgres_url}
    done = cellpulse(environment(tmp_path, **given), "doctor")
    assert done.returncode == 1
    parts = {line.split()[1] for line in done.stdout.splitlines()}
    assert {"redis", "postgres", "lake", "ingest", "disk", "clock", "secret", "hook"} <= parts
    assert "bad    postgres     has tables of version '9999'" in done.stdout


def test_a_lake_that_can_t_be_read_is_named(postgres_url: str, tmp_path: Path) -> None:
    """No lake yet is told with the command that makes it; a lake is attached and asked."""
    lake = tmp_path / "lake"
    assert "run 'cellpulse migrate'" in lines(stores.look_at_lake(postgres_url, str(lake)), "bad")
    prepare_databases(
        LakeSettings(CELLPULSE_POSTGRES_URL=postgres_url, CELLPULSE_LAKE_PATH=str(lake))
    )
    assert "can be read" in lines(stores.look_at_lake(postgres_url, str(lake)), "ok")
    with psycopg.connect(postgres_url) as connection:
        connection.execute("DROP SCHEMA lake CASCADE")
    assert "can't be read" in lines(stores.look_at_lake(postgres_url, str(lake)), "bad")


def test_influxdb_without_its_bucket_is_named(influx_settings: InfluxSettings) -> None:
    """A bucket that is not there is told; one that is there is well."""
    assert "can be read" in lines(stores.look_at_influxdb(influx_settings), "ok")
    away = influx_settings.model_copy(update={"bucket": "not-there"})
    assert "correct INFLUXDB_BUCKET" in lines(stores.look_at_influxdb(away), "bad")


def test_a_store_that_refuses_the_login_is_named(ralph: Any) -> None:
    """A wrong password is told as that, not as a store that is away."""
    assert "answers at" in lines(stores.look_at_lrs(ralph.settings), "ok")
    wrong = LrsSettings(CELLPULSE_LRS_URL=ralph.settings.url, CELLPULSE_LRS_PASSWORD="wrong")
    if httpx.get(f"{wrong.url}/about", auth=("", "wrong")).status_code == 401:
        assert "refuses the login" in lines(stores.look_at_lrs(wrong), "bad")


def test_a_port_that_another_program_has_is_named(tmp_path: Path) -> None:
    """A process that is not there, and a port on which something else sits, are told apart."""
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.MonkeyPatch.context() as patch:
        patch.setenv("CELLPULSE_DATA_DIR", str(tmp_path))
        patch.setenv("CELLPULSE_INGEST_PORT", str(other.getsockname()[1]))
        patch.setenv("CELLPULSE_API_PORT", str(free_port()))
        settings = DoctorSettings.load()
        told = lines(
            processes.look_at_processes(settings, PlatformStatus(), with_notebooks=False), "bad"
        )
    assert "set CELLPULSE_INGEST_PORT to a free one" in told
    assert f"nothing listens at {settings.of_api}" in told


def test_a_store_that_lags_or_lacks_is_named(redis_url: str, tmp_path: Path) -> None:
    """An event that waits for an hour, and events that were trimmed away, are told by store."""
    hour_ago = int(time.time() - 3_600) * 1000
    with closing(redis.Redis.from_url(redis_url)) as client:
        log = LogReader(client)
        log.add_groups(["postgres", "lake"])
        client.xadd(LOG, {"event": "{}", "offset": "1"}, id=f"{hour_ago}-0")
        log.missed.note("postgres", "0-1", 3)
        client.hset(COUNTS, "rejected", 2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CELLPULSE_DATA_DIR", str(tmp_path))
        patch.setenv("CELLPULSE_REDIS_URL", redis_url)
        settings = DoctorSettings.load()
        status = read_status(settings.platform)
    told = lines(processes.look_at_lag(status), "bad")
    assert "lag lake     lag 1 events, 36" in told
    assert "missed 3 events or more: 'cellpulse audit' names them" in told
    refused = lines(processes.look_at_lag(status), "watch")
    assert "2 were refused so far: whoever posted them was told why" in refused
    alive = processes.look_at_processes(settings, status, with_notebooks=False)
    assert "start it ('python -m flows.worker'" in lines(alive, "bad")


def test_a_full_disk_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Little room and no room are told apart; folders on one disk are one line."""
    folders = [tmp_path / "not-there-yet", tmp_path]
    usage = {"total": 100 * 10**9, "used": 0}
    for free, level in ((50, "ok"), (5, "watch"), (1, "bad")):
        disk = type("Usage", (), {**usage, "free": free * 10**9})
        monkeypatch.setattr("flows.doctor.machine.shutil.disk_usage", lambda _, disk=disk: disk)
        told = lines(machine.look_at_disks(folders), level)
        assert f"{free}.0 GB ({free}%) are free" in told
        assert len(told.splitlines()) == 1


def test_a_clock_that_is_wrong_is_named(
    tmp_path: Path, running: Callable[..., Any], postgres_url: str
) -> None:
    """A Redis whose clock is an hour ahead is told; with the right time all agree."""
    clocks = Clocks(tmp_path)
    assert clocks.can_jump
    name = next(iter(CLOCKS))
    given = [f"{key}={value}" for key, value in clocks.environment(name).items()]
    port = free_port()
    part = redis_part(tmp_path, "127.0.0.1", port)
    with running(replace(part, command=("env", *given, *part.command)), tmp_path / "log"):
        url = f"redis://127.0.0.1:{port}/0"
        agreed = lines(machine.look_at_clocks(url, postgres_url), "ok")
        assert "agrees with redis and postgres" in agreed
        clocks.set(name, 3_600)
        told = lines(machine.look_at_clocks(url, postgres_url), "bad")
        assert "that of redis is +3600 s from this machine's: have both follow one time" in told


def test_a_store_that_lets_wait_makes_no_clock_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    """While PostgreSQL does not answer for seconds, Redis' clock is still that of when it told."""
    now = 1_000_000.0

    def answers_late(_: object) -> None:
        nonlocal now
        now += 5

    monkeypatch.setattr(machine, "time", SimpleNamespace(time=lambda: now))
    monkeypatch.setattr(machine, "_of_redis", lambda _: now)
    monkeypatch.setattr(machine, "_of_postgres", answers_late)
    found = list(machine.look_at_clocks("redis://a/0", "postgresql://a/b"))
    assert [(each.level, each.words) for each in found] == [("ok", "agrees with redis")]


def test_secrets_that_can_be_guessed_or_read_are_named(tmp_path: Path) -> None:
    """A secret of few characters, a file that others can read, and an open store are told."""
    kept = tmp_path / "cellpulse_secret"
    kept.write_text("0123456789abcdef" * 4)
    kept.chmod(0o640)
    told = lines(machine.look_at_secrets(["ab" * 20], [kept]), "bad")
    assert "openssl rand -hex 32" in told
    assert f"chmod 600 {kept}" in told
    kept.chmod(0o600)
    assert lines(machine.look_at_secrets([kept.read_text()], [kept]), "ok")
    addresses = {"A": "redis://store.example/0", "B": "redis://:p@store.example/0", "C": None}
    told = lines(machine.look_at_passwords(addresses), "watch")
    assert told.count("no password") == 1
    assert "A has no password" in told


def test_a_kernel_without_the_hook_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kernel whose Python lacks the hook is told with the command that installs it there."""
    other = tmp_path / "kernels" / "other"
    other.mkdir(parents=True)
    bare = tmp_path / "python"
    bare.write_text(f'#!/bin/sh\nexec {sys.executable} -I -S "$@"\n')
    bare.chmod(0o755)
    argv = [str(bare), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec = {"argv": argv, "display_name": "Other", "language": "python"}
    (other / "kernel.json").write_text(json.dumps(spec))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    found = list(look_at_hook())
    assert f"'{bare} -m pip install cellpulse-hook'" in lines(found, "bad")
    assert "loaded by the kernel" in lines(found, "ok")
