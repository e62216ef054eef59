"""`cellpulse retention`."""

import click

from flows.commands.errors import one_line_for_errors
from flows.erasure.retention import due, retentions, set_retention, told
from flows.models import LONGEST_RETENTION_DAYS
from flows.settings import LakeSettings
from flows.stores.known_names import require_course
from flows.stores.postgres import engine_for


class _Days(click.ParamType[int | str]):
    name = "DAYS"

    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> int | str:
        if value == "keep":
            return value
        if (
            not value.isascii()
            or not value.isdigit()
            or not 1 <= int(value) <= LONGEST_RETENTION_DAYS
        ):
            self.fail(
                f"{value!r} is neither 'keep' nor a number from 1 to {LONGEST_RETENTION_DAYS}",
                param,
                ctx,
            )
        return int(value)


@click.command()
@click.option("--course", help="Only this course; all when absent.")
@click.option("--days", type=_Days(), help="Set: a number of days, or 'keep' for no end.")
@click.option("--dry-run", is_flag=True, help="Say who would go now, and change nothing.")
@one_line_for_errors
def retention(course: str | None, days: int | str | None, dry_run: bool) -> None:
    """Show or set how many days a course keeps students after their last event.

    Whose time is over is erased from every store, as by 'cellpulse forget', by the worker, within a
    few minutes. With --days and --dry-run it says who would go if that were set.
    """
    if days is not None and course is None:
        raise click.UsageError("say which --course it is")
    engine = engine_for(LakeSettings.load().postgres_url)
    try:
        if course is not None:
            require_course(engine, course)
        number = days if isinstance(days, int) else None
        if dry_run:
            lines = told(due(engine, course, number)) or ["nobody's time is over"]
        else:
            if course is not None and days is not None:
                set_retention(engine, course, number)
            lines = [
                f"{each.course_id}: "
                + ("keeps everybody" if each.days is None else f"{each.days} days")
                for each in retentions(engine)
                if course in (None, each.course_id)
            ]
        for line in lines or ["there is no course yet"]:
            click.echo(line)
    finally:
        engine.dispose()
