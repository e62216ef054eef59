"""`cellpulse disclose`."""

from pathlib import Path

import click

from flows.commands.errors import one_line_for_errors
from flows.personal_data.gather import Person, Sources, write_personal_data
from flows.pseudonyms.names import Names
from flows.pseudonyms.who import hiding
from flows.redis_client import connect_redis
from flows.settings import LakeSettings, NamesSettings
from flows.stores.postgres import engine_for
from ingest_api.settings import LogSettings


@click.command()
@click.option("--student", required=True, help="The student's id.")
@click.option("--course", required=True, help="The course's id.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="The zip file to write.",
)
@one_line_for_errors
def disclose(student: str, course: str, out: Path) -> None:
    """Write everything that is stored about a student of a course into a zip file."""
    lake = LakeSettings.load()
    engine = engine_for(lake.postgres_url)
    try:
        with connect_redis(LogSettings.load().redis_url) as redis:
            person = Person(course, hiding(engine).stored_id(course, student))
            names = Names(NamesSettings.load().names_url)
            is_known = write_personal_data(Sources(lake, engine, redis, names), person, out)
    except OSError as error:
        raise click.ClickException(f"{out} can't be written: {error.strerror}") from error
    finally:
        engine.dispose()
    click.echo(f"wrote {out}")
    if not is_known:
        click.echo(
            f"nothing is stored about {student!r} in course {course!r}: is it the right id?",
            err=True,
        )
