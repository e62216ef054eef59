"""`cellpulse token`."""

import sys
from datetime import UTC, datetime
from typing import Final

import click
from redis import RedisError
from sqlalchemy import Engine

from flows.accounts.publish_revoked import tell_revoked
from flows.commands.errors import one_line_for_errors
from flows.commands.master_data import ask_about_new_course, master_data
from flows.pseudonyms.tokens import record_handed_out
from flows.pseudonyms.who import hiding
from flows.redis_client import connect_redis
from flows.settings import LakeSettings, WhoIsWhoSettings
from flows.stores import issued_tokens
from flows.stores.issued_tokens import KnownToken
from flows.stores.known_names import meant, student_ids
from ingest_api.settings import BadSettingError, LogSettings, SecretSettings
from ingest_api.tokens import (
    ALL_COURSES,
    Grant,
    InvalidTokenError,
    Scope,
    TokenLife,
    issue_token,
    read_token,
)

_DAY_SECONDS: Final = 24 * 3_600


@click.group(invoke_without_command=True)
@click.option(
    "--scope",
    type=click.Choice(["ingest", "read"]),
    help="'ingest' may send events, 'read' may see them.",
)
@click.option("--course", help="The course's id; '*' for every course.")
@click.option("--student", help="Only for this student; everyone of the course when absent.")
@click.option(
    "--expires",
    type=click.IntRange(1, 3_660),
    metavar="DAYS",
    help="End after so many days; without it the token holds until it is revoked.",
)
@click.pass_context
@one_line_for_errors
def token(
    context: click.Context,
    scope: Scope | None,
    course: str | None,
    student: str | None,
    expires: int | None,
) -> None:
    """Print a token for a course, or for one student of it; list or revoke those there are."""
    if context.invoked_subcommand is not None:
        return
    if scope is None or course is None:
        raise click.UsageError("name --scope and --course; or 'list' or 'revoke'", context)
    secret = SecretSettings.load().secret.get_secret_value()
    seconds = None if expires is None else expires * _DAY_SECONDS
    grant = Grant(scope, course, student, token=TokenLife.new(seconds))
    with master_data(LakeSettings.load().postgres_url) as engine:
        if course != ALL_COURSES:
            _ask_about_names(engine, course, student)
        grant = record_handed_out(engine, WhoIsWhoSettings.load(), grant)
    click.echo(issue_token(secret, grant))


@token.command("list")
@one_line_for_errors
def list_tokens() -> None:
    """List the tokens that were handed out: id, what for, since when, and whether they hold."""
    with master_data(LakeSettings.load().postgres_url) as engine:
        known = issued_tokens.every(engine)
    if not known:
        click.echo("no tokens")
    for each in known:
        click.echo(_line(each))


@token.command()
@click.argument("which", metavar="ID|TOKEN|-")
@one_line_for_errors
def revoke(which: str) -> None:
    """Revoke a token, by its id or by the token itself ('-' reads it from the input)."""
    given = sys.stdin.readline().strip() if which == "-" else which
    with master_data(LakeSettings.load().postgres_url) as engine:
        token_id = _id_of(engine, given)
        known = issued_tokens.revoke(engine, token_id)
        try:
            with connect_redis(LogSettings.load().redis_url) as redis:
                tell_revoked(engine, redis, known)
        except (BadSettingError, RedisError):
            click.echo(f"Redis can't be told: {_made_up_for(known)}", err=True)
    click.echo(f"revoked {token_id}")


def _ask_about_names(engine: Engine, course: str, student: str | None) -> None:
    """Ask on stderr about names that are nearly known: a token may well come before all else."""
    ask_about_new_course(engine, course)
    known = [] if student is None else student_ids(engine, course)
    if student is not None and student not in known and (near := meant(student, known)):
        click.echo(f"nobody {student!r} is known in course {course!r}{near}", err=True)


def _id_of(engine: Engine, given: str) -> str:
    """Return the id of a token that is named by it, or by itself, which notes that there is one."""
    if "." not in given:
        return given
    try:
        grant = read_token(SecretSettings.load().secrets, given)
    except InvalidTokenError as error:
        raise issued_tokens.TokenError(f"{error}: there is nothing to revoke") from error
    issued_tokens.record(engine, hiding(engine).recorded(grant))
    return grant.token.token_id


def _made_up_for(known: KnownToken) -> str:
    worker = "the worker does so when it answers again"
    if known.student_id is None:
        return worker
    return f"{worker}; say the same again then, so that the student's own page closes too"


def _line(known: KnownToken) -> str:
    whose = "" if known.student_id is None else f"  student {known.student_id}"
    return (
        f"{known.token_id}  {known.scope}  course {known.course_id}{whose}  "
        f"issued {known.issued_at:%Y-%m-%d}  {_state(known)}"
    )


def _state(known: KnownToken) -> str:
    if known.revoked_at is not None:
        return f"revoked {known.revoked_at:%Y-%m-%d}"
    if known.expires_at is None:
        return "does not end"
    ended = known.expires_at <= datetime.now(UTC)
    return f"{'ended' if ended else 'ends'} {known.expires_at:%Y-%m-%d}"
