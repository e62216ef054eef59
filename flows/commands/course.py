"""`cellpulse course`."""

import json
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import click
from redis import RedisError

from flows.commands.errors import one_line_for_errors
from flows.commands.lazy_group import LazyGroup
from flows.commands.master_data import check_course, master_data
from flows.course.content import CourseContentError
from flows.course.publish import publish
from flows.course.read_course import parse_due, read_course
from flows.course.register import Outcome, register
from flows.course.registered import registered_course
from flows.redis_client import connect_redis
from flows.settings import FlowsSettings

_LONGEST_TITLE: Final = 500
#: Old courses have a hundred notebooks without cell ids, and what was retired must be seen.
_MOST_NAMED: Final = 3


#: Each command that has its own module, and the first sentence of its help.
COMMANDS: Final = {
    "pseudonymous": (
        "flows.commands.pseudonymous",
        "Keep a course's students under pseudonyms, from before its first event and roster on.",
    )
}


@click.group(cls=LazyGroup, lazy=COMMANDS)
def course() -> None:
    """Register what a course consists of, and show it."""


@course.command("register")
@click.argument(
    "paths",
    metavar="PATH...",
    nargs=-1,
    required=True,
    type=click.Path(path_type=Path),
)
@click.option("--course", "course_id", required=True, help="The course, as its events name it.")
@click.option("--title", help="The course's title; without it, it stays as it is.")
@click.option(
    "--due",
    "dues",
    multiple=True,
    metavar="EXERCISE=TIME",
    help="When an exercise is due, for example 1.1=2026-03-01T18:00Z; may be repeated.",
)
@one_line_for_errors
def register_course(
    paths: tuple[Path, ...], course_id: str, title: str | None, dues: tuple[str, ...]
) -> None:
    """Register a course's notebooks: files, or folders with all notebooks below them.

    Give all of the course's notebooks each time: an exercise that is not found any more is
    retired. docs/course.md says what marks an exercise, and how it is found again.
    """
    check_course(course_id)
    due = dict(_parse_due(text) for text in dues)
    notebooks = read_course(paths, _with_progress)
    settings = FlowsSettings.load()
    with master_data(settings.postgres_url) as engine:
        outcome = register(engine, course_id, notebooks, _one_line(title), due)
    with connect_redis(settings.redis_url) as redis:
        try:
            publish(redis, course_id, outcome.version, outcome.content)
        except RedisError as error:
            click.echo(f"registered, but Redis does not answer yet: {error}", err=True)
    _say(course_id, len(notebooks), outcome)


@course.command()
@click.option("--course", "course_id", required=True, help="The course, as its events name it.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
@one_line_for_errors
def show(course_id: str, as_json: bool) -> None:
    """Show what is registered of a course: notebooks, exercises, checks, points and due dates."""
    with master_data(FlowsSettings.load().postgres_url) as engine:
        found = registered_course(engine, course_id)
    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
        return
    click.echo(found["title"])
    for notebook in found["notebooks"]:
        click.echo(f"{_retired(notebook)}{notebook['notebook']}  {notebook['title']}")
        for exercise in notebook["exercises"]:
            click.echo(f"    {_retired(exercise)}{_exercise_line(exercise)}")


def _with_progress(files: list[tuple[str, Path]]) -> Iterator[tuple[str, Path]]:
    # On a terminal only: elsewhere it would stand before the one line of an error.
    hidden = not sys.stderr.isatty()
    label = f"reading {len(files)} notebooks"
    with click.progressbar(files, label=label, file=sys.stderr, hidden=hidden) as each:
        yield from each


def _parse_due(text: str) -> tuple[str, datetime]:
    # Without a name or a time, what is left is no time either.
    name, _, time = text.rpartition("=")
    try:
        return name, parse_due(time if name else "")
    except (ValueError, OverflowError) as error:
        raise CourseContentError(
            f"--due {text!r}: write EXERCISE=TIME, for example 1.1=2026-03-01T18:00Z"
        ) from error


def _one_line(title: str | None) -> str | None:
    if title is None:
        return None
    return " ".join(title.replace("\x00", " ").split())[:_LONGEST_TITLE] or None


def _say(course_id: str, notebooks: int, outcome: Outcome) -> None:
    click.echo(
        f"{course_id}: {notebooks} notebooks, {len(outcome.exercises)} exercises "
        f"({len(outcome.new)} new), {outcome.checks} checks"
    )
    for name, mark in outcome.renamed:
        click.echo(f"    named {mark!r} in the notebooks now; its events stay under {name!r}")
    for name, notebook in outcome.retired:
        click.echo(f"    not found any more, retired: {name!r} of {notebook}")
    if outcome.without_ids:
        click.echo(
            f"    no cell ids in {_first_of(list(outcome.without_ids))} (older than format 4.5): "
            f"{sum(outcome.without_ids.values())} exercises are found by marks and by unedited "
            "code only"
        )


def _first_of(names: list[str]) -> str:
    rest = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {rest} more" if rest > 0 else "")


def _retired(found: dict[str, Any]) -> str:
    return "(retired) " if found["retired"] else ""


def _exercise_line(exercise: dict[str, Any]) -> str:
    parts = [exercise["exercise"]]
    if exercise["title"] != exercise["exercise"]:
        parts.append(exercise["title"])
    parts.append(f"[{exercise['marker']}]")
    if exercise["points"] is not None:
        parts.append(f"{exercise['points']:g} points")
    if exercise["due_at"]:
        parts.append(f"due {exercise['due_at']}")
    if exercise["checks"]:
        names = ", ".join(check["check_name"] for check in exercise["checks"])
        parts.append(f"checks: {names}")
    return "  ".join(parts)
