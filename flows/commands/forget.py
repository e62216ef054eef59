"""`cellpulse forget`."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import click
from sqlalchemy import Engine

from flows.commands.errors import one_line_for_errors
from flows.erasure import erased
from flows.erasure.again import erase_again
from flows.erasure.erase import Parts, Report, erase, people
from flows.erasure.erased import ErasureError, Keys
from flows.redis_client import connect_redis
from flows.settings import FlowsSettings
from flows.stores import deletion_requests
from flows.stores.postgres import engine_for
from ingest_api.settings import SecretSettings, data_dir

_NOT_WHOLE = "not everything is gone: see what was found above, and say the same again"


@click.command()
@click.option("--student", help="Erase this student from every store.")
@click.option("--course", help="Only from this course; from all when absent.")
@click.option("--list", "list_requests", is_flag=True, help="List who asks to be deleted.")
@click.option("--again", is_flag=True, help="Erase again whoever a restored store brought back.")
@one_line_for_errors
def forget(student: str | None, course: str | None, list_requests: bool, again: bool) -> None:
    """Erase a student from every store, and prove it by a search of every byte.

    It works while the class runs, and can't be undone. Cut off anywhere, say the same again. What
    a notebook sends under the same id afterwards is taken as a new person's; tokens that were made
    for this student alone hold no more.

    Exits with 0 only if nothing is found any more, and with 2 if nobody knows the student.
    """
    if (student is not None) + list_requests + again != 1 or (course and student is None):
        raise click.UsageError("say --student S [--course C], --again, or --list")
    with _parts() as parts:
        if list_requests:
            _list(parts.engine)
        elif again:
            _end(erase_again(parts), "nobody who was erased is back")
        else:
            try:
                persons = people(parts, student or "", course)
            except ErasureError as error:
                click.echo(f"cellpulse: {error}", err=True)
                sys.exit(2)
            report = erase(parts, persons)
            with suppress(OSError):  # a copy for restores: backups have their own
                erased.write_file(data_dir(), erased.entries(parts.engine))
            _end(report, "")


@contextmanager
def _parts() -> Iterator[Parts]:
    settings = FlowsSettings.load()
    engine = engine_for(settings.postgres_url)
    try:
        with connect_redis(settings.redis_url) as redis:
            keys = Keys(SecretSettings.load().secrets)
            yield Parts(settings, engine, redis, keys, click.echo)
    finally:
        engine.dispose()


def _end(report: Report | None, otherwise: str) -> None:
    if report is None:
        click.echo(otherwise)
        return
    for note in report.notes:
        click.echo(f"note: {note}")
    if not report.is_whole:
        click.echo(f"cellpulse: {_NOT_WHOLE}", err=True)
        sys.exit(1)
    click.echo("erased: nothing of them is found in any store")


def _list(engine: Engine) -> None:
    found = deletion_requests.every(engine)
    if not found:
        click.echo("nobody asks to be deleted")
    for each in found:
        click.echo(f"{each.requested_at:%Y-%m-%d %H:%M}  {each.course_id}  {each.student_id}")
    for entry in erased.entries(engine):
        asked = f", asked {entry.requested_at:%Y-%m-%d %H:%M}" if entry.requested_at else ""
        state = f"done {entry.completed_at:%Y-%m-%d %H:%M}" if entry.completed_at else "cut off"
        click.echo(f"{state}{asked}  {entry.course_id}  (erased)")
