"""`cellpulse looked-at`."""

import click

from flows.commands.errors import one_line_for_errors
from flows.pseudonyms.who import hiding
from flows.settings import LakeSettings
from flows.stores.known_names import student_ids, unknown_student
from flows.stores.postgres import engine_for
from flows.stores.student_views import of_student


@click.command("looked-at")
@click.option("--student", required=True, help="The student's id.")
@click.option("--course", help="Only in this course; in all when absent.")
@one_line_for_errors
def looked_at(student: str, course: str | None) -> None:
    """Show who looked at a student: hour (UTC), course, who, and how many answers they had.

    Who is an account, or the id of a token as 'cellpulse token list' shows it. It is kept for a
    year. What students ask about themselves does not count.
    """
    engine = engine_for(LakeSettings.load().postgres_url)
    try:
        ids = hiding(engine).ids_of(student, course)
        found = [each for stored in ids for each in of_student(engine, stored, course)]
        if not found and not set(ids) & set(student_ids(engine, course)):
            raise unknown_student(engine, student, course)
    finally:
        engine.dispose()
    if not found:
        click.echo("nobody looked at this student")
    for each in sorted(found, key=lambda view: view.last_at, reverse=True):
        click.echo(
            f"{each.hour:%Y-%m-%d %H:%M}  {each.course_id}  {each.who}  {each.answers}, "
            f"the last at {each.last_at:%H:%M:%S}"
        )
