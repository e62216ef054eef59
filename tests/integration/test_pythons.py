"""The platform's wheels in clean environments of the newer Pythons: it starts and counts a run."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.pythons import clean_environment, uv, virtual_environment
from tests.wheels import HOOK, PROJECT, wheel_of

LOCK = PROJECT / "requirements.lock"


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("wheels")
    made = []
    for name, source in (("platform", PROJECT), ("hook", HOOK)):
        (folder / name).mkdir()
        made.append(wheel_of(source, folder / name, 1_700_000_000))
    return made


@pytest.mark.timeout(900)
@pytest.mark.parametrize("version", ["3.12", "3.13"])
def test_the_platform_runs_from_its_wheels(
    version: str,
    wheels: list[Path],
    tmp_path: Path,
    make_platform: Callable[[Path], Any],
    wait_until: Callable[..., None],
) -> None:
    """`cellpulse up` starts, an event is in every store and on the API, and it stops."""
    python = virtual_environment(tmp_path / "environment", version)
    install = ("pip", "install", "--quiet", "--python", python, "--no-deps")
    uv(*install, "--require-hashes", "-r", LOCK)
    uv(*install, *wheels)
    cellpulse = python.with_name("cellpulse")
    platform = make_platform(tmp_path / "platform")
    environment = {
        name: value for name, value in platform.environment.items() if name in clean_environment()
    } | {name: value for name, value in platform.environment.items() if "CELLPULSE" in name}

    def run(*arguments: str) -> str:
        done = subprocess.run(
            (cellpulse, *arguments), env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()

    def bearer(scope: str) -> dict[str, str]:
        token = run("token", "--scope", scope, "--course", "demo")
        return {"Authorization": f"Bearer {token}"}

    log = tmp_path / "up.log"
    with log.open("w") as output:
        up = subprocess.Popen(
            (cellpulse, "up"), cwd=tmp_path, env=environment, stdout=output, stderr=output
        )
    try:
        # The first start compiles every package.
        wait_until(lambda: "ready\n" in log.read_text() or up.poll() is not None, "ready", 300)
        assert up.poll() is None, log.read_text()
        event = {"course_id": "demo", "student_id": "s1", "status": "ok"}
        address = f"{platform.ingest}/student-progress"
        answer = httpx.post(address, json=event, headers=bearer("ingest"))
        assert answer.status_code == 202, answer.text
        reader, progress = bearer("read"), f"{platform.api}/courses/demo/progress"

        def runs() -> int:
            found = httpx.get(progress, headers=reader)
            return int(found.json()["runs"]) if found.is_success else 0

        wait_until(lambda: runs() == 1, "the run", 120)
        port = environment["CELLPULSE_DASHBOARD_PORT"]
        assert httpx.get(f"http://127.0.0.1:{port}/_stcore/health").is_success
        run("audit")
    finally:
        up.terminate()
        code = up.wait(120)
        shutil.rmtree(tmp_path / "environment")  # it is large, and pytest keeps folders
    assert code == 0, log.read_text()
