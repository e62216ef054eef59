"""`cellpulse account`."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import click
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Engine

from flows.accounts.password_code import new_code_id, password_link
from flows.accounts.sign_out import sign_out_everywhere
from flows.commands.errors import one_line_for_errors
from flows.commands.master_data import ask_about_new_course
from flows.redis_client import connect_redis
from flows.settings import LakeSettings, PlatformSettings
from flows.stores import accounts
from flows.stores.accounts import AccountError, Role
from flows.stores.known_names import meant, section_names
from flows.stores.postgres import engine_for
from flows.stores.store import StoreUnavailableError
from ingest_api.events import Identifier
from ingest_api.faults import fault_words
from ingest_api.settings import BadSettingError, LogSettings, SecretSettings


@click.group()
def account() -> None:
    """Look after who signs in to the dashboard."""


@account.command()
@click.argument("name")
@click.option(
    "--role",
    type=click.Choice(["admin", "instructor", "assistant"]),
    required=True,
    help="An admin sees every course, an instructor those that --course names, an assistant the "
    "students of the sections of one course that --section names.",
)
@click.option("--course", "courses", multiple=True, help="What an instructor may see; repeatable.")
@click.option("--section", "sections", multiple=True, help="What an assistant may see; repeatable.")
@one_line_for_errors
def add(name: str, role: Role, courses: tuple[str, ...], sections: tuple[str, ...]) -> None:
    """Make an account, and print the link by which its owner chooses a password."""
    _check(role, courses, sections)
    try:
        TypeAdapter(Identifier).validate_python(name)  # as whoever signs in has to write it
    except ValidationError as error:
        words = fault_words(error.errors()[0])
        raise AccountError(f"a name has 1 to 200 printable characters: {words}") from error
    code_id = new_code_id()
    with _engine() as engine:
        _ask_about_names(engine, courses, sections)
        accounts.add(engine, name, role, courses, code_id, sections)
    click.echo(password_link(_dashboard(), _secret(), name, code_id))


@account.command()
@click.argument("name")
@one_line_for_errors
def reset(name: str) -> None:
    """Take an account's password away, sign its owner out, and print a new link."""
    code_id = new_code_id()
    with _engine() as engine:
        accounts.expect_code(engine, name, code_id)
    _sign_out_everywhere(name)
    click.echo(password_link(_dashboard(), _secret(), name, code_id))


@account.command()
@click.argument("name")
@one_line_for_errors
def remove(name: str) -> None:
    """Close an account, and sign its owner out."""
    with _engine() as engine:
        accounts.remove(engine, name)
    _sign_out_everywhere(name)
    click.echo(f"{name}: the account is closed, and signed out everywhere")


@account.command("sign-out")
@click.argument("name")
@one_line_for_errors
def sign_out(name: str) -> None:
    """End every session of a name, also of one that signs in by the institution."""
    _sign_out_everywhere(name)
    click.echo(f"{name}: signed out everywhere")
    with suppress(BadSettingError, StoreUnavailableError), _engine() as engine:
        known = [each.account for each in accounts.every(engine)]
        if name not in known:
            near = meant(name, known) or ": it signs in by the institution, or is mistyped"
            click.echo(f"no account has the name {name!r}{near}", err=True)


@account.command("list")
@one_line_for_errors
def list_accounts() -> None:
    """List the accounts: name, role, courses, and whether a password was chosen."""
    with _engine() as engine:
        known = accounts.every(engine)
    if not known:
        click.echo("no accounts")
    for each in known:
        courses = "every course" if each.role == "admin" else ", ".join(each.course_ids)
        sections = f" (section {', '.join(each.sections)})" if each.sections else ""
        waits = "" if each.password_hash else "  (no password yet)"
        click.echo(f"{each.account}  {each.role}  {courses}{sections}{waits}")


def _check(role: Role, courses: tuple[str, ...], sections: tuple[str, ...]) -> None:
    if role == "assistant":
        if len(courses) != 1 or not sections or not all(sections):
            raise AccountError("an assistant needs one --course and at least one --section of it")
    elif sections:
        raise AccountError("only an assistant has sections: leave --section out")
    elif (role == "instructor") != bool(courses):
        raise AccountError(
            "an instructor needs at least one --course; an admin sees every course, and takes none"
        )


def _ask_about_names(engine: Engine, courses: Sequence[str], sections: Sequence[str]) -> None:
    """Ask on stderr about names that are nearly known: an account may well come before all else."""
    for course in courses:
        ask_about_new_course(engine, course)
        known = section_names(engine, course) if sections else []
        for section in sections:
            if section not in known and (near := meant(section, known)):
                click.echo(f"nobody is in a section {section!r} of {course!r}{near}", err=True)


def _sign_out_everywhere(name: str) -> None:
    with connect_redis(LogSettings.load().redis_url) as redis:
        sign_out_everywhere(redis, name)


def _dashboard() -> str:
    settings = PlatformSettings.load()
    return settings.address(settings.dashboard_port)


def _secret() -> str:
    return SecretSettings.load().secret.get_secret_value()


@contextmanager
def _engine() -> Iterator[Engine]:
    engine = engine_for(LakeSettings.load().postgres_url)
    try:
        yield engine
    finally:
        engine.dispose()
