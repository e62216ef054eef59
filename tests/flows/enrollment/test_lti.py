"""`cellpulse enroll --lti`: a course's students from a learning platform's own process."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from flows.cli import cli
from tests.flows.enrollment import platform_process

Enroll = Callable[..., Result]


@dataclass(frozen=True)
class Platform:
    """A running platform, and the key by which it knows the tool."""

    address: str
    key_file: Path


def _write_keys(folder: Path) -> tuple[Path, Path]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private, public = folder / "private.pem", folder / "public.pem"
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    public.write_bytes(
        key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )
    return private, public


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """Run the platform on a free port."""
    private, public = _write_keys(tmp_path_factory.mktemp("keys"))
    command = [sys.executable, platform_process.__file__, str(public)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            port = int(process.stdout.readline())
            yield Platform(f"http://127.0.0.1:{port}", private)
        finally:
            process.kill()


@pytest.fixture
def enroll(platform: Platform, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> Enroll:
    """Return a function that enrolls from a platform that behaves so."""
    monkeypatch.setenv("CELLPULSE_POSTGRES_URL", postgres_url)
    monkeypatch.setenv("CELLPULSE_LTI_CLIENT_ID", "tool")
    monkeypatch.setenv("CELLPULSE_LTI_KEY_FILE", str(platform.key_file))

    def run(behaviour: str, *options: str) -> Result:
        address = f"{platform.address}/{behaviour}"
        monkeypatch.setenv("CELLPULSE_LTI_TOKEN_URL", f"{address}/token")
        lti = ("--lti", f"{address}/members")
        return CliRunner().invoke(cli, ["enroll", *lti, "--course", "demo", *options])

    return run


def enrolled(postgres_url: str) -> list[Any]:
    """Return who is enrolled, with their names."""
    with psycopg.connect(postgres_url) as connection:
        query = "SELECT student_id, display_name FROM enrollments ORDER BY 1"
        return connection.execute(query).fetchall()


def test_active_learners_of_all_pages_are_enrolled(enroll: Enroll, postgres_url: str) -> None:
    """Nobody else is; a preview writes nothing, a second run changes nothing, names stay."""
    rest = "    not enrolled: 2 who teach, 2 inactive or deleted, 1 with other roles\n"
    would = enroll("good", "--dry-run")
    assert would.stdout == (
        "demo: 2 students would be new, 0 would be changed, 0 as they were\n"
        "    nothing was known of this course before: is it the right name?\n"
        "    new: u1 (name Ada)\n"
        "    new: u2 (name Bob B)\n" + rest
    )
    assert enrolled(postgres_url) == []
    assert enroll("good").stdout.startswith("demo: 2 students new, 0 changed, 0 as they were\n")
    again = enroll("good")
    assert again.stdout == "demo: 0 students new, 0 changed, 2 as they were\n" + rest
    assert enroll("nameless").exit_code == 0
    assert enrolled(postgres_url) == [("u1", "Ada"), ("u2", "Bob B")]


def test_another_field_can_be_the_students_id(
    enroll: Enroll, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A learner without it is named by its place, over all pages, and nobody is enrolled."""
    monkeypatch.setenv("CELLPULSE_LTI_STUDENT_ID", "email")
    refused = enroll("good")
    assert refused.exit_code == 1
    assert refused.stderr.startswith("cellpulse: member 3: no email: have the platform share it")
    assert enrolled(postgres_url) == []


#: What a platform does amiss, and what is said of it.
AMISS = (
    ("wrong-scope", "the token is not for https://purl.imsglobal.org/spec/lti-nrps"),
    ("no-token", "/no-token/token: no access_token in its answer"),
    ("broken", "/broken/members: answers 503: try again later"),
    ("html", "/html/members: its answer is not JSON: is it the right address?"),
    ("list", "/list/members: its answer is no JSON object"),
    ("no-members", "/no-members/members: no list of members in its answer"),
    ("circle", "/circle/members: its pages do not end, after 3 of them"),
    ("elsewhere", "on another server, 'https://evil.example/m'; nothing was sent there"),
    ("large", "more than 10 MB are too many for a course's students"),
    ("no-id", "member 2: no user_id"),
    ("twice", "member 2: the user_id 'u1' is another member's too"),
    ("bad-id", "member 1: user_id 'a\\x00b': "),
    ("number", "member 1: user_id is no text"),
    ("no-roles", "member 1: no list of roles"),
    ("status", "member 1: status 'Gone': must be one of Active, Inactive, Deleted"),
    ("text", "member 1: no list of roles"),
    ("teachers", "no active learner among 1 members"),
)


def test_a_platform_that_answers_amiss_is_one_line(enroll: Enroll, postgres_url: str) -> None:
    """The line names the address or the member, never the token, and nobody is enrolled."""
    for behaviour, says in AMISS:
        refused = enroll(behaviour)
        assert refused.exit_code == 1, behaviour
        assert says in refused.stderr
        assert refused.stderr.count("\n") == 1, refused.stderr
        assert "secret-token" not in refused.output
        assert enrolled(postgres_url) == [], behaviour


def test_pages_without_an_end_are_left(enroll: Enroll, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where each is another one."""
    monkeypatch.setattr("flows.enrollment.lti_platform._MOST_PAGES", 5)
    assert "its pages do not end, after 5 of them" in enroll("endless").stderr


def test_a_key_that_the_platform_does_not_know_is_refused(
    enroll: Enroll, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The platform says 401, and the line says which settings to look at."""
    other, _ = _write_keys(tmp_path)
    monkeypatch.setenv("CELLPULSE_LTI_KEY_FILE", str(other))
    refused = enroll("good")
    assert refused.exit_code == 1
    assert "/good/token: answers 401: are CELLPULSE_LTI_CLIENT_ID and CELLPULSE" in refused.stderr


@pytest.mark.parametrize(
    ("setting", "value", "says"),
    [
        ("CELLPULSE_LTI_KEY_FILE", "/nowhere", "CELLPULSE_LTI_KEY_FILE: can't be read: No such"),
        ("CELLPULSE_LTI_KEY_FILE", __file__, "CELLPULSE_LTI_KEY_FILE: must be a file with an RSA"),
        ("CELLPULSE_LTI_KEY_FILE", "/dev/zero", "CELLPULSE_LTI_KEY_FILE: must be a file with an"),
        ("CELLPULSE_LTI_STUDENT_ID", "name", "CELLPULSE_LTI_STUDENT_ID is 'name'"),
        ("CELLPULSE_LTI_CLIENT_ID", "", "CELLPULSE_LTI_CLIENT_ID is not set"),
    ],
)
def test_a_wrong_setting_is_named(
    enroll: Enroll, monkeypatch: pytest.MonkeyPatch, setting: str, value: str, says: str
) -> None:
    """In one line, before the platform is asked."""
    monkeypatch.setenv(setting, value)
    refused = enroll("good")
    assert refused.exit_code == 1
    assert refused.stderr.startswith(f"cellpulse: {says}")


def test_the_key_can_come_with_the_command(platform: Platform, postgres_url: str) -> None:
    """As docs/lti.md has it for containers: no process and no folder there holds the key."""
    address = f"{platform.address}/good"
    environment = os.environ | {
        "CELLPULSE_POSTGRES_URL": postgres_url,
        "CELLPULSE_LTI_CLIENT_ID": "tool",
        "CELLPULSE_LTI_TOKEN_URL": f"{address}/token",
        "CELLPULSE_LTI_KEY_FILE": "/dev/stdin",
    }
    command = [sys.executable, "-m", "flows.cli", "enroll", "--course", "demo"]
    done = subprocess.run(
        [*command, "--lti", f"{address}/members"],
        env=environment,
        input=platform.key_file.read_bytes(),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    assert enrolled(postgres_url) == [("u1", "Ada"), ("u2", "Bob B")]


def test_only_an_rsa_private_key_will_do(
    enroll: Enroll, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its public half, or a key of another kind, is refused as the file that it is."""
    _, public = _write_keys(tmp_path)
    other = tmp_path / "ec.pem"
    other.write_bytes(
        ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    for file in (public, other):
        monkeypatch.setenv("CELLPULSE_LTI_KEY_FILE", str(file))
        assert "CELLPULSE_LTI_KEY_FILE: must be a file with an RSA" in enroll("good").stderr


@pytest.mark.usefixtures("enroll")
@pytest.mark.parametrize(
    "url", ["http://lms.example.org/m", "https://u:p@x.org/m", "x", "http://["]
)
def test_names_are_read_over_tls_only(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An address that is not private, or that holds a password, is refused without a request."""
    monkeypatch.setenv("CELLPULSE_LTI_TOKEN_URL", "https://lms.example.org/token")
    refused = CliRunner().invoke(cli, ["enroll", "--lti", url, "--course", "demo"])
    assert refused.exit_code == 1
    assert refused.stderr.startswith("cellpulse: a platform's address must be https://host/path")


def test_a_file_and_a_platform_are_two_commands(enroll: Enroll) -> None:
    """Which of both counts would be a guess."""
    refused = enroll("good", "roster.csv")
    assert refused.exit_code == 2
    assert "name either a file or --lti" in refused.stderr
