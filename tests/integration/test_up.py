"""`cellpulse up`: the whole platform on one machine, started and stopped as an operator does."""

import json
import re
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from tests.processes import command_of

WaitUntil = Callable[..., None]
RUN = {"course_id": "demo", "student_id": "s1", "status": "ok"}


@pytest.fixture
def platform(tmp_path: Path, make_platform: Callable[[Path], Any]) -> Iterator[Any]:
    """Return a platform that is not started yet; it is stopped at the end."""
    up = make_platform(tmp_path / "a folder, with 'quotes'")
    yield up
    if up.process is not None and up.process.poll() is None:
        up.stop()


def progress(platform: Any) -> dict[str, Any] | None:
    answer = httpx.get(
        f"{platform.api}/courses/demo/progress", headers=platform.bearer("read"), timeout=30
    )
    return answer.json() if answer.status_code == httpx.codes.OK else None


def test_it_starts_mends_itself_keeps_what_it_got_and_stops_whole(
    platform: Any, wait_until: WaitUntil
) -> None:
    """It takes events, starts a part that died again, and goes on from its data after any end."""
    says_where_everything_is(platform, platform.start())
    posted = httpx.post(
        f"{platform.ingest}/student-progress", json=[RUN] * 3, headers=platform.bearer("ingest")
    )
    assert posted.status_code == 202
    wait_until(lambda: (progress(platform) or {}).get("runs") == 3, "the lake")
    second = platform.run("up")
    assert second.returncode != 0
    assert re.fullmatch(
        r"cellpulse: another 'cellpulse up' runs on the data folder .+\n", second.stderr
    )
    [ingest] = [child for child in children(platform) if "ingest_api.serve" in command_of(child)]
    ingest.kill()
    ingest.wait()
    wait_until(lambda: platform.run("status").returncode == 0, "all to be well again")
    hidden = ("course", "pseudonymous", "--course", "hidden")
    assert platform.run(*hidden).returncode == 0
    assert platform.stop(signal.SIGINT) == 0

    assert platform.run("status").returncode == 1
    refuses_another_key(platform)
    assert platform.run(*hidden, "--anonymous").returncode == 0
    platform.start()
    assert (progress(platform) or {}).get("runs") == 3

    # After `up` was killed the next one starts at once.
    left = children(platform)
    platform.process.kill()
    platform.process.wait()
    assert platform.start()[-1] == "ready"
    assert not [child for child in left if child.is_running()]

    # Parts of every group that do not answer to their signal are killed, and nothing is left.
    for child in children(platform):
        program, *arguments = command_of(child) or [""]
        if Path(program).name == "influxd" or {"flows.relay", "jupyterlab"} & {*arguments}:
            child.suspend()
    assert platform.stop() == 0


def children(platform: Any) -> list[psutil.Process]:
    return psutil.Process(platform.process.pid).children(recursive=True)


def says_where_everything_is(platform: Any, lines: list[str]) -> None:
    assert lines[-1] == "ready"
    addresses = dict(re.split(r"\s{2,}", line, maxsplit=1) for line in lines[:-1])
    assert "token=" in addresses["dashboard"]
    assert "Choose a password" in httpx.get(addresses["first sign-in"]).text
    assert httpx.get(addresses["notebooks"], follow_redirects=True).status_code == 200
    assert (platform.folder / "cellpulse_secret").stat().st_mode & 0o777 == 0o600
    assert (platform.folder / "run.env").stat().st_mode & 0o777 == 0o600
    status = platform.run("status", "--json")
    assert status.returncode == 0, status.stdout
    assert json.loads(status.stdout)["ok"]
    doctor = platform.run("doctor")
    assert doctor.returncode == 0, doctor.stdout
    assert "ok     jupyterlab" in doctor.stdout


def refuses_another_key(platform: Any) -> None:
    key = platform.folder / "cellpulse_pseudonym_key"
    assert key.stat().st_mode & 0o777 == 0o600
    key.write_text("another key than that of the course")
    refused = platform.run("up")
    assert refused.returncode == 1
    assert re.fullmatch(r"cellpulse: CELLPULSE_PSEUDONYM_KEY is not the key .+\n", refused.stderr)


def test_a_stop_during_the_start_leaves_nothing_running(
    platform: Any, wait_until: WaitUntil
) -> None:
    """SIGTERM before `ready` stops whatever had been started."""
    log = platform.folder.parent / "up.log"
    with log.open("w") as output:
        platform.process = subprocess.Popen(
            platform.command("up"), env=platform.environment, stdout=output, stderr=output
        )
    up = psutil.Process(platform.process.pid)
    wait_until(
        lambda: any("postgres" in child.name() for child in up.children(recursive=True)), "it"
    )
    assert platform.stop() == 0
    assert "ready" not in log.read_text()
    assert not (platform.folder / "run.env").exists()


def test_a_port_in_use_is_named_and_nothing_is_started(platform: Any) -> None:
    """A port that something else uses stops the start with one line and starts nothing."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", int(platform.environment["CELLPULSE_API_PORT"])))
        other.listen()
        done = platform.run("up")
    assert done.returncode != 0
    [line] = done.stderr.splitlines()
    assert platform.environment["CELLPULSE_API_PORT"] in line
    assert "CELLPULSE_API_PORT" in line
    assert not (platform.folder / "run.env").exists()


@pytest.mark.parametrize(
    ("setting", "value", "says"),
    [
        ("CELLPULSE_INGEST_PORT", "eight", "CELLPULSE_INGEST_PORT is 'eight'"),
        ("CELLPULSE_INGEST_PORT", "70000", "less than or equal to 65535"),
        ("CELLPULSE_REDIS_URL", "localhost", "CELLPULSE_REDIS_URL"),
        (
            "CELLPULSE_REDIS_URL",
            "redis://localhost:99999",
            "REDIS_URL: Port",
        ),
        (
            "CELLPULSE_REDIS_URL",
            "redis://localhost:abc/0",
            "REDIS_URL: Port",
        ),
        ("CELLPULSE_REDIS_URL", "redis://[::1", "CELLPULSE_REDIS_URL: Invalid IPv6"),
        ("CELLPULSE_POSTGRES_URL", "postgresql://u:p@localhost:abc/x", "CELLPULSE_POSTGRES_URL: P"),
        ("INFLUXDB_URL", "http://localhost:abc", "INFLUXDB_URL: Port"),
        ("INFLUXDB_URL", "http://", "INFLUXDB_URL: String should match"),
        ("CELLPULSE_REDIS_URL", "redis://127.0.0.1:1", "CELLPULSE_REDIS_URL names does not answer"),
        ("CELLPULSE_POSTGRES_URL", "postgresql://x@127.0.0.1:1/x", "does not answer"),
        ("INFLUXDB_URL", "http://127.0.0.1:1", "INFLUXDB_URL names does not answer"),
        ("CELLPULSE_SECRET", "short", "CELLPULSE_SECRET: must have at least 32 characters"),
        ("CELLPULSE_COURSE", "a\tb", "CELLPULSE_COURSE"),
        ("CELLPULSE_HOST", "nosuchhost.invalid", "CELLPULSE_HOST"),
        ("CELLPULSE_HOST", "203.0.113.7", "CELLPULSE_HOST"),
    ],
)
def test_a_bad_setting_stops_the_start_with_one_line(
    platform: Any, setting: str, value: str, says: str
) -> None:
    """A setting that is wrong is named in one line that says what is right."""
    platform.environment[setting] = value
    done = platform.run("up")
    assert done.returncode != 0
    [line] = done.stderr.splitlines()
    assert says in line


def test_one_port_for_two_parts_is_named(platform: Any) -> None:
    """Two parts on one port stop the start, and both settings are named."""
    environment = platform.environment
    environment["CELLPULSE_API_PORT"] = environment["CELLPULSE_INGEST_PORT"]
    done = platform.run("up")
    assert done.returncode != 0
    [line] = done.stderr.splitlines()
    assert "CELLPULSE_API_PORT and CELLPULSE_INGEST_PORT are both" in line


def test_a_data_folder_with_an_odd_name_is_refused(platform: Any, tmp_path: Path) -> None:
    """A path that the supervisor would take for a comment is named in one line."""
    platform.environment["CELLPULSE_DATA_DIR"] = str(tmp_path / "course #1")
    done = platform.run("up")
    assert done.returncode != 0
    [line] = done.stderr.splitlines()
    assert "name another folder" in line


def test_a_data_folder_of_a_newer_version_is_refused(platform: Any) -> None:
    """A data folder that a newer Cellpulse made is left as it is."""
    platform.folder.mkdir()
    (platform.folder / "version").write_text("99\n")
    done = platform.run("up")
    assert done.returncode != 0
    assert "layout version '99'" in done.stderr


def test_commands_without_a_platform_say_so(platform: Any) -> None:
    """Without a running platform a command names what is missing, in one line."""
    done = platform.run("rebuild")
    assert done.returncode != 0
    [line] = done.stderr.splitlines()
    assert "no 'cellpulse up' runs" in line
    done = platform.run("status")
    assert done.returncode == 1
    assert "no 'cellpulse up' runs" in done.stderr
    done = platform.run("course", "pseudonymous", "--course", "demo")
    assert "no 'cellpulse up' runs" in done.stderr
    assert not platform.folder.exists()
