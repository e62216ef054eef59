"""`cellpulse disclose`."""

from pathlib import Path

import click

from flows.commands.errors import one_line_for_errors
from flows.personal_data.gather import Person, Sources, write_personal_data
from flows.pseudonyms.names import Names
from flows.pseudonyms.who import hiding
from flows.redis_client import connect_redis
from flows.settings import LakeSettings, NamesSettings
from flows.stores.known_names import unknown_student
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
    """Write everything that is stored about a student of a course into a zip file.

    Where nothing is, no file is left and the exit code is 1.
    """
    lake = LakeSettings.load()
    engine = engine_for(lake.postgres_url)
    try:
        with connect_redis(LogSettings.load().redis_url) as redis:
            person = Person(course, hiding(engine).stored_id(course, student))
            names = Names(NamesSettings.load().names_url)
            sources = Sources(lake, engine, redis, names)
            if not write_personal_data(sources, person, out):
                out.unlink()
                raise unknown_student(engine, student, course)
    except OSError as error:
        raise click.ClickException(f"{out} can't be written: {error.strerror}") from error
    finally:
        engine.dispose()
    click.echo(f"wrote {out}")
