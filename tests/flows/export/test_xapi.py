"""A course exported as xAPI statements."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from flows.cli import cli
from flows.xapi.export import export_xapi
from flows.xapi.identity import Identity
from flows.xapi.statements import Statements
from flows.xapi.vocabulary import VERBS
from ingest_api.settings import BadSettingError

PASSED = {"type": "check_result", "check_name": "sum", "passed": True, "exercise": "1.1"}
#: Who solved what: one student twice by two checks, another once, and one outside of exercises.
CHECKS: list[dict[str, Any]] = [
    PASSED | {"passed": False},
    PASSED,
    PASSED | {"check_name": "all"},
    PASSED | {"student_id": "s2"},
    PASSED | {"student_id": "s2", "exercise": None},
]


@pytest.fixture(autouse=True)
def installation(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Have a secret, and a data folder without a platform."""
    monkeypatch.setenv("CELLPULSE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("CELLPULSE_SECRET", "s" * 32)


def read(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "statements.jsonl").read_text().splitlines()]


def test_each_event_gives_its_statements_in_log_order(
    lake: Any,
    every_field: list[dict[str, Any]],
    exported: Callable[..., Path],
    faults_by_ralph: Callable[[dict[str, Any]], str],
) -> None:
    """They are what the push makes of the same events, Ralph takes them, and each is explained."""
    lake.append(*every_field, *CHECKS)
    statements = Statements(Identity.load())
    solving = {len(every_field) + 1, len(every_field) + 3}
    expected = [
        statement
        for place, logged in enumerate(lake.events)
        for statement in statements.of(logged.event, completes=place in solving)
    ]
    folder = exported(export_xapi)
    found = read(folder)
    assert found == expected
    assert [faults for each in found if (faults := faults_by_ralph(each))] == []
    assert sum(each["verb"]["id"] == VERBS["completed"] for each in found) == 2
    dictionary = (folder / "data_dictionary.csv").read_text()
    for each in found:
        result, context = each.get("result", {}), each["context"]
        for name in (*result.get("extensions", {}), *context.get("extensions", {})):
            assert f"extensions['{name}']" in dictionary
        for name in result.keys() - {"extensions"}:
            assert f"result.{name}" in dictionary


def test_an_export_of_a_snapshot_is_always_the_same(
    lake: Any, opened: Callable[..., Any], exported: Callable[..., Path]
) -> None:
    """Every file, also after the class went on."""
    lake.append(*CHECKS[:3])
    with opened() as source:
        snapshot = source.moment.snapshot
    before = exported(export_xapi, snapshot)
    lake.append(*CHECKS[3:])
    after = exported(export_xapi, snapshot)
    files = sorted(path.name for path in before.iterdir())
    assert {"statements.jsonl", "profile.jsonld", "README.md"} <= set(files)
    for name in files:
        assert (before / name).read_bytes() == (after / name).read_bytes(), name


def test_the_command_writes_it_and_needs_a_key(
    lake: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key of its own names students by it; without key and secret there is one line, no file."""
    lake.append(*CHECKS)
    monkeypatch.setenv("CELLPULSE_POSTGRES_URL", lake.settings.postgres_url)
    monkeypatch.setenv("CELLPULSE_LAKE_PATH", lake.settings.lake_path)
    names = []
    for number, key in enumerate(("", "k" * 32)):
        monkeypatch.setenv("CELLPULSE_AGENT_KEY", key)
        done = run(tmp_path / str(number))
        assert done.exit_code == 0, done.output
        names.append({each["actor"]["account"]["name"] for each in read(tmp_path / str(number))})
    assert [len(found) for found in names] == [2, 2]
    assert not names[0] & names[1]
    monkeypatch.delenv("CELLPULSE_SECRET")
    monkeypatch.delenv("CELLPULSE_AGENT_KEY")
    done = run(tmp_path / "none")
    assert done.exit_code == 1
    assert "cellpulse: CELLPULSE_SECRET is not set" in done.output
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("CELLPULSE_AGENT_KEY", "too-short-secret"),
        ("CELLPULSE_HOME_URL", "cellpulse.example.org"),
        ("CELLPULSE_HOME_URL", "https://me:secret@example.org"),
        ("CELLPULSE_HOME_URL", "https://example.org/?a=b"),
        ("CELLPULSE_HOME_URL", "https://exämple.org/"),
        ("CELLPULSE_HOME_URL", "https://example.org:x/"),
        ("CELLPULSE_HOME_URL", "https://example.org/%zz"),
    ],
)
def test_a_bad_setting_is_named_and_not_shown(
    setting: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line says which setting is wrong, without its value, which may be secret."""
    monkeypatch.setenv(setting, value)
    with pytest.raises(BadSettingError) as raised:
        Identity.load()
    assert setting in str(raised.value)
    assert "secret" not in str(raised.value)


def run(out: Path) -> Any:
    arguments = ("export", "--format", "xapi", "--course", "demo", "--out", str(out))
    return CliRunner().invoke(cli, arguments)
