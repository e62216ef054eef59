"""A JupyterLab with the sample course, for one student, whose runs go to the platform beside it."""

import json
import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from flows.course.sample import NOTEBOOKS, SAMPLE_COURSE
from flows.embedded.answers import http_answers
from flows.embedded.part import Part
from flows.settings import PlatformSettings
from ingest_api.tokens import Grant, issue_token

#: No prompt about news and updates may stand between a student and the first cell.
_JUPYTERLAB_SETTINGS: Final = {
    "@jupyterlab/apputils-extension:notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
    }
}


def jupyterlab(
    settings: PlatformSettings, folder: Path, secret: str, token: str, more: Mapping[str, str]
) -> Part:
    """Return the part that is JupyterLab, whose notebooks send their events to our ingest.

    Args:
        settings: Of the platform.
        folder: The data folder.
        secret: What the hook's token is signed with.
        token: What JupyterLab wants in its link.
        more: Settings of the hook that the operator has set.
    """
    home = folder / "jupyter"
    lab_settings = home / "lab-settings"
    lab_settings.mkdir(parents=True, exist_ok=True)
    (lab_settings / "overrides.json").write_text(json.dumps(_JUPYTERLAB_SETTINGS))
    notebooks = folder / "notebooks"
    _copy_new_notebooks(notebooks)
    hook_token = issue_token(secret, Grant("ingest", settings.course, settings.student))
    address = settings.address(settings.jupyter_port)
    return Part(
        "jupyterlab",
        (
            # Whatever a notebook computes, the ingest beside it goes first.
            *("nice", "-n", "10", sys.executable, "-m", "jupyterlab", "--no-browser"),
            *("--ip", settings.host, "--port", str(settings.jupyter_port)),
            *("--ServerApp.port_retries=0", f"--ServerApp.root_dir={notebooks}"),
            *(f"--LabApp.app_settings_dir={lab_settings}", "--allow-root"),
        ),
        answers=lambda: http_answers(f"{address}/login"),
        environment={
            "CELLPULSE_DATA_DIR": str(folder),
            "CELLPULSE_URL": settings.address(settings.ingest_port),
            "CELLPULSE_TOKEN": hook_token,
            "CELLPULSE_COURSE": settings.course,
            "CELLPULSE_STUDENT": settings.student,
            "CELLPULSE_SPOOL_DIR": str(folder / "spool"),
            **more,
            "JUPYTER_TOKEN": token,
            "JUPYTER_CONFIG_DIR": str(home / "config"),
            "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
            "JUPYTERLAB_SETTINGS_DIR": str(home / "user-settings"),
            "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        },
        directory=notebooks,
        stop_seconds=3,
    )


def _copy_new_notebooks(folder: Path) -> None:
    """Give the student a copy to work on; what is there already is the student's own.

    A wheel brings none along: then the folder is empty.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for source in sorted(SAMPLE_COURSE.glob("*.ipynb")) + sorted(
        NOTEBOOKS.glob("research/*.ipynb")
    ):
        target = folder / source.relative_to(NOTEBOOKS)
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
