"""`cellpulse notice`."""

from pathlib import Path

import click

from flows.commands.errors import one_line_for_errors
from flows.notices import DEFAULT_ENGLISH, DEFAULT_JAPANESE, set_notice, states, take_away
from flows.settings import LakeSettings
from flows.stores.known_names import require_course
from flows.stores.postgres import engine_for

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.command()
@click.option("--course", help="Of this course; all when absent.")
@click.option("--default", "use_default", is_flag=True, help="Set the text that comes with it.")
@click.option("--english", type=_FILE, help="Set: a file with the English text.")
@click.option("--japanese", type=_FILE, help="Set: a file with the Japanese text.")
@click.option("--off", is_flag=True, help="Show no notice any more.")
@one_line_for_errors
def notice(
    course: str | None,
    use_default: bool,
    english: Path | None,
    japanese: Path | None,
    off: bool,
) -> None:
    """Show or set what a course tells its students about the recording.

    A student's notebook shows it once, below the first cell after it learnt of it, in both
    languages; that is recorded with its version and time. Another text is shown once more.
    """
    texts = english is not None and japanese is not None
    if (english is None) != (japanese is None) or use_default + texts + off > 1:
        raise click.UsageError("say --default, or --english and --japanese, or --off")
    if (use_default or texts or off) and course is None:
        raise click.UsageError("say which --course it is")
    engine = engine_for(LakeSettings.load().postgres_url)
    try:
        if course is not None:
            require_course(engine, course)
        if course is not None and off:
            take_away(engine, course)
        elif course is not None and english is not None and japanese is not None:
            set_notice(engine, course, english.read_text("utf-8"), japanese.read_text("utf-8"))
        elif course is not None and use_default:
            set_notice(engine, course, DEFAULT_ENGLISH, DEFAULT_JAPANESE)
        for each in states(engine):
            if course in (None, each.course_id):
                click.echo(
                    f"{each.course_id}: no notice"
                    if each.version is None
                    else f"{each.course_id}: version {each.version}, seen by {each.seen} of "
                    f"{each.students} students"
                )
    except (OSError, UnicodeDecodeError) as error:
        raise click.ClickException(f"a text can't be read: {error}") from error
    finally:
        engine.dispose()
