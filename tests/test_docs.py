"""What the documents say is what the code does."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from pydantic_settings import BaseSettings

from analytics.settings import ApiSettings
from analytics.sign_in.hub_settings import HubSettings
from analytics.sign_in.oidc_settings import OidcSettings
from flows.cli import cli
from flows.commands.lazy_group import LazyGroup
from flows.enrollment.lti_settings import LtiSettings
from flows.settings import (
    BucketSettings,
    DoctorSettings,
    FlowsSettings,
    InfluxSettings,
    LrsSettings,
    PlatformSettings,
    XapiSettings,
)
from ingest_api.logs import LoggingSettings
from ingest_api.settings import ClientLimits, IngestSettings, SecretSettings
from streamlit_app.settings import DashboardSettings

PROJECT = Path(__file__).parents[1]
README = (PROJECT / "README.md").read_text()
SETTINGS: tuple[type[BaseSettings], ...] = (
    ApiSettings,
    BucketSettings,
    ClientLimits,
    DashboardSettings,
    DoctorSettings,
    FlowsSettings,
    HubSettings,
    InfluxSettings,
    IngestSettings,
    LoggingSettings,
    LrsSettings,
    LtiSettings,
    OidcSettings,
    PlatformSettings,
    SecretSettings,
    XapiSettings,
)


def names_of_settings() -> Iterator[str]:
    yield "CELLPULSE_DATA_DIR"
    for settings in SETTINGS:
        for field in settings.model_fields.values():
            if field.alias:
                yield field.alias


def test_every_setting_is_in_the_readmes_table_and_nothing_else() -> None:
    """Each setting that a process reads has a row, and each row is a setting."""
    documented = set(re.findall(r"^\| `([A-Z_]+)` \|", README, re.MULTILINE))
    assert documented == set(names_of_settings())


def commands(group: click.Group, path: str = "cellpulse") -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        assert command.name == name
        yield f"{path} {name}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")


def test_every_command_is_in_the_readmes_table_and_has_help() -> None:
    """Each command of `cellpulse` has a row and a help text, and so has each of its options."""
    documented = set(re.findall(r"^\| `cellpulse ([a-z-]+)` \|", README, re.MULTILINE))
    assert documented == set(cli.list_commands(click.Context(cli)))
    for path, command in commands(cli):
        assert command.help, path
        for option in command.params:
            if isinstance(option, click.Option):
                assert option.help, f"{path} {option.name}"


def test_the_list_of_commands_says_what_each_says_itself() -> None:
    """A group that imports no command knows the first sentence of each one's help."""
    groups = [cli, *(each for _, each in commands(cli) if isinstance(each, LazyGroup))]
    told = 0
    for group in groups:
        for name, (_, sentence) in group.lazy.items():
            command = group.get_command(click.Context(group), name)
            assert command is not None
            assert " ".join((command.help or "").split()).startswith(sentence), name
            told += 1
    assert told > len(cli.lazy)


@pytest.mark.parametrize(
    "document",
    [
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        *sorted(f"docs/{each.name}" for each in (PROJECT / "docs").glob("*.md")),
    ],
)
def test_every_file_that_a_document_names_is_there(document: str) -> None:
    """Links, pictures and paths lead to files of the repository."""
    text = (PROJECT / document).read_text()
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in link]
    folder = (PROJECT / document).parent
    assert [link for link in links if not (folder / link).exists()] == []
    top = "analytics|bench|docs|flows|ingest_api|notebooks|ops|streamlit_app|tests"
    named = re.findall(rf"`((?:{top})/[\w./-]+\.\w+)(?:::\w+)?`", text)
    assert [name for name in named if not (PROJECT / name).exists()] == []


def test_every_threat_names_tests_that_there_are() -> None:
    """Each row of docs/security.md names at least one test, and each of these exists."""
    rows = [
        row
        for row in (PROJECT / "docs" / "security.md").read_text().splitlines()
        if row.startswith("| ") and not row.startswith("| threat |")
    ]
    assert len(rows) > 25
    for row in rows:
        named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", row)
        assert named, row
        for file, test in named:
            text = (PROJECT / file).read_text()
            assert re.search(rf"^(async )?def {test}\(", text, re.MULTILINE), f"{file}::{test}"


def test_architecture_names_every_folder() -> None:
    """Each folder of ours has its row, and so has each folder in three of them."""
    text = (PROJECT / "ARCHITECTURE.md").read_text()
    for folder in ("ingest_api", "flows", "analytics", "streamlit_app", "notebooks", "tests"):
        assert f"| `{folder}` |" in text
    for folder in ("flows", "analytics", "streamlit_app"):
        inner = {each.parent.name for each in (PROJECT / folder).glob("*/__init__.py")}
        assert inner - {"commands"} == set(re.findall(rf"`{folder}/(\w+)`", text))


def test_imports_run_against_the_data() -> None:
    """import-linter finds no import from a producer to its consumer."""
    done = subprocess.run(
        (str(Path(sys.executable).parent / "lint-imports"), "--no-logo", "--no-cache"),
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
