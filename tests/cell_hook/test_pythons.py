"""The hook's wheel in kernels of other Pythons, in both usual kinds of environments."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.kernelspec import KernelSpecManager

from tests.cell_hook.conftest import Kernel
from tests.pythons import (
    clean_environment,
    conda_like_prefix,
    found,
    install,
    virtual_environment,
)
from tests.wheels import HOOK, PROJECT, wheel_of

#: The oldest that the hook says it is for, and those newer than that of most of the tests.
VERSIONS = found("3.9", "3.12", "3.13")
#: What runs a kernel, pinned for all of these.
PACKAGES = PROJECT / "tests" / "kernel" / "requirements.lock"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return wheel_of(HOOK, tmp_path_factory.mktemp("wheel"), 1_700_000_000)


@pytest.fixture
def start_elsewhere(
    tmp_path: Path, ingest: Any, environment_for: Callable[..., dict[str, str]], wheel: Path
) -> Iterator[Callable[[Path], Any]]:
    """Return a starter of kernels of an environment that has the wheel, by its kernelspec."""
    kernels = []

    def start(python: Path) -> Any:
        install(python, "--require-hashes", "-r", PACKAGES)
        install(python, wheel)
        home = tmp_path / python.parents[1].name
        home.mkdir(exist_ok=True)
        # As docs/jupyterhub.md has it: JupyterLab lives elsewhere and knows the kernel by this.
        subprocess.run(
            (python, "-m", "ipykernel", "install", "--prefix", home, "--name", "class"),
            env=clean_environment(),
            capture_output=True,
            check=True,
        )
        specs = KernelSpecManager(kernel_dirs=[str(home / "share" / "jupyter" / "kernels")])
        environment = environment_for(home, ingest.url)
        environment.pop("PYTHONPATH", None)
        kernels.append(Kernel(environment, home, name="class", specs=specs))
        return kernels[-1]

    yield start
    for kernel in kernels:
        kernel.close(now=True)


@pytest.mark.parametrize(
    ("make", "version"),
    [*((virtual_environment, version) for version in VERSIONS), (conda_like_prefix, VERSIONS[0])],
)
def test_a_kernel_of_another_python_reports_by_itself(
    make: Callable[[Path, str], Path],
    version: str,
    start_elsewhere: Callable[[Path], Any],
    ingest: Any,
    tmp_path: Path,
) -> None:
    """With nothing typed and nothing but the wheel installed, a run arrives, and an error too."""
    kernel = start_elsewhere(make(tmp_path / "class-environment", version))
    assert ingest.wait_for(type="session_started")["seq"] == 1
    said = kernel.run("import sys; print('%d.%d' % sys.version_info[:2])", "version")
    assert said.strip() == version
    assert ingest.wait_for(cell_id="version")["status"] == "ok"
    kernel.run("undefined", "wrong")
    assert ingest.wait_for(cell_id="wrong")["error_name"] == "NameError"
    assert "ada" in kernel.run("%cellpulse status")
