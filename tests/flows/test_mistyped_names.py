"""A name that nobody knows never looks like success: it is said, with those that are near."""

import json
from pathlib import Path

import pytest

from flows.enrollment.enroll import enroll
from flows.migrations.migrate import prepare_databases
from flows.settings import LakeSettings
from flows.stores.known_names import meant
from flows.stores.postgres import engine_for
from tests.cellpulse import cellpulse

COURSE = ": did you mean 'python-1'?"
#: What asks about somebody or of a course: nothing to tell is an error.
ASKING = (
    (("audit", "--course", "pyhton-1"), 2, f"no store knows a course 'pyhton-1'{COURSE}"),
    (("notice", "--course", "pyhton-1"), 1, f"there is no course 'pyhton-1'{COURSE}"),
    (("notice", "--course", "pyhton-1", "--off"), 1, COURSE),
    (("retention", "--course", "pyhton-1"), 1, COURSE),
    (("retention", "--course", "pyhton-1", "--dry-run"), 1, COURSE),
    (("retention", "--course", "pyhton-1", "--days", "9"), 1, COURSE),
    (("course", "show", "--course", "pyhton-1"), 1, COURSE),
    (("looked-at", "--student", "adda"), 1, "in any course: did you mean 'ada'?"),
    (("looked-at", "--student", "ada", "--course", "pyhton-1"), 1, COURSE),
    (("disclose", "--student", "ada", "--course", "pyhton-1", "--out", "copy.zip"), 1, COURSE),
    (("forget", "--student", "Adda"), 2, "known in any course: did you mean 'ada'?"),
    (("forget", "--student", "ada", "--course", "pyhton-1"), 2, COURSE),
    (("forget", "--student", "ad", "--course", "python-1"), 2, ": did you mean 'ada'?"),
    (("rejected", "list", "--source", "postgre"), 2, "'postgres'"),
    (("rejected", "replay", "--all", "--source", "postgre"), 2, "'postgres'"),
    (("token", "revoke", "none-of-this-id"), 1, "no token with the id 'none-of-this-id'"),
    (("account", "remove", "prof"), 1, "'prof'"),
)
#: What makes something new does so, and asks whether the name is the right one.
MAKING = (
    ("token", "--scope", "read", "--course", "pyhton-1"),
    ("account", "add", "prof", "--role", "instructor", "--course", "pyhton-1"),
    ("enroll", "roster.csv", "--course", "Python-1", "--dry-run"),
    ("course", "register", "notebook.ipynb", "--course", "pyhton-1"),
)

CELL = {
    "cell_type": "code",
    "id": "a",
    "metadata": {"tags": ["exercise:1.1"]},
    "source": "1 + 1",
    "outputs": [],
    "execution_count": None,
}
NOTEBOOK = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [CELL]}


@pytest.fixture
def environment(
    redis_url: str,
    postgres_url: str,
    lake_path: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> dict[str, str]:
    """Return the settings of stores that know of `ada` in `python-1` and of nothing else."""
    monkeypatch.chdir(tmp_path)
    lake = LakeSettings(CELLPULSE_POSTGRES_URL=postgres_url, CELLPULSE_LAKE_PATH=lake_path)
    prepare_databases(lake)
    engine = engine_for(postgres_url)
    enroll(engine, "python-1", {"ada": {"section": "Group A"}})
    engine.dispose()
    return {
        "CELLPULSE_DATA_DIR": str(tmp_path),
        "CELLPULSE_REDIS_URL": redis_url,
        "CELLPULSE_POSTGRES_URL": postgres_url,
        "CELLPULSE_LAKE_PATH": lake_path,
        "CELLPULSE_SECRET": "s" * 40,
    }


def test_who_asks_about_a_name_that_nobody_knows_is_told(
    environment: dict[str, str], tmp_path: Path
) -> None:
    """The exit code is not 0, nothing is on the output, and nothing is written."""
    for arguments, code, said in ASKING:
        done = cellpulse(environment, *arguments)
        assert (done.returncode, done.stdout) == (code, ""), arguments
        assert said in done.stderr, arguments
    assert not (tmp_path / "copy.zip").exists()
    assert cellpulse(environment, "looked-at", "--student", "ada").returncode == 0
    assert cellpulse(environment, "audit", "--course", "python-1").returncode == 0


def test_who_makes_something_of_nearly_a_known_name_is_asked(
    environment: dict[str, str], tmp_path: Path
) -> None:
    """It may be the right name, so it is done all the same."""
    (tmp_path / "roster.csv").write_text("student_id\nbob\n")
    (tmp_path / "notebook.ipynb").write_text(json.dumps(NOTEBOOK))
    for arguments in MAKING:
        done = cellpulse(environment, *arguments)
        assert done.returncode == 0, done.stderr
        assert COURSE in done.stdout + done.stderr, arguments
    token = ("token", "--scope", "ingest", "--course", "python-1", "--student")
    assert "did you mean 'ada'?" in cellpulse(environment, *token, "adda").stderr
    assert cellpulse(environment, *token, "ada").stderr == ""
    assert cellpulse(environment, "token", "--scope", "read", "--course", "*").stderr == ""
    assistant = ("account", "add", "tim", "--role", "assistant", "--course", "python-1")
    asked = cellpulse(environment, *assistant, "--section", "group a").stderr
    assert "nobody is in a section 'group a' of 'python-1': did you mean 'Group A'?" in asked
    assert "mistyped" in cellpulse(environment, "account", "sign-out", "grace").stderr
    assert cellpulse(environment, "account", "sign-out", "prof").stderr == ""


def test_near_names_are_found_whatever_their_capitals() -> None:
    """At most three, the nearest first; none of the name itself."""
    known = ["python-1", "python-2", "Python-10", "algebra", "python-12"]
    assert meant("PYTHON-1", known).startswith(": did you mean 'python-1' or 'python-12'")
    assert meant("physics", ["demo"]) == meant("demo", ["demo"]) == meant("demo", []) == ""
