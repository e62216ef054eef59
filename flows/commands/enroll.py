"""`cellpulse enroll`."""

from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Final

import click
from redis import RedisError
from sqlalchemy import Engine

from flows.commands.errors import one_line_for_errors
from flows.commands.master_data import check_course, master_data
from flows.enrollment.enroll import Outcome
from flows.enrollment.gradebook import is_gradebook, read_gradebook
from flows.enrollment.lti_platform import read_members
from flows.enrollment.lti_roster import roster_of_members
from flows.enrollment.lti_settings import LtiSettings
from flows.enrollment.publish import publish_sections
from flows.enrollment.roster import Entry, read_roster
from flows.pseudonyms.roster import enroll_in_any
from flows.redis_client import connect_redis
from flows.settings import LakeSettings, WhoIsWhoSettings
from ingest_api.settings import BadSettingError, LogSettings

#: Most students that are listed one by one of each kind.
_LISTED: Final = 20
_WORDS: Final = {"display_name": "name", "section": "section", "seat": "seat"}


@click.command()
@click.argument("roster", metavar="[FILE]", required=False, type=click.Path(path_type=Path))
@click.option("--lti", "membership_url", help="Membership URL of an LTI 1.3 platform, for a FILE.")
@click.option("--course", "course_id", required=True, help="The course, as its events name it.")
@click.option("--dry-run", is_flag=True, help="Only show what would change.")
@click.option("--encoding", default="utf-8", show_default=True, help="Of the file's text.")
@one_line_for_errors
def enroll(
    roster: Path | None, membership_url: str | None, course_id: str, dry_run: bool, encoding: str
) -> None:
    """Enroll a course's students from a file, or from an LTI 1.3 platform.

    The file is nbgrader's gradebook.db, or a CSV file whose first line names the columns:
    student_id, as the events have it, and if you like name, section and seat. All of it or nothing
    is taken. Enrolling again updates; a student who is not in the file stays in the course.
    """
    check_course(course_id)
    entries, notes = _read(roster, membership_url, encoding)
    who = WhoIsWhoSettings.load()
    with master_data(LakeSettings.load().postgres_url) as engine:
        outcome = enroll_in_any(engine, who, course_id, entries, dry_run=dry_run)
        if not dry_run:
            _publish(engine)
    _say(course_id, outcome, dry_run=dry_run)
    _list(notes)


def _read(
    path: Path | None, membership_url: str | None, encoding: str
) -> tuple[dict[str, Entry], list[str]]:
    """Return the students of a file or of a platform, and what to say of what was not taken."""
    if (path is None) == (membership_url is None):
        raise click.UsageError("name either a file or --lti with a membership URL")
    if path is not None and is_gradebook(path):
        return read_gradebook(path), []
    if path is not None:
        read = read_roster(path, encoding)
        unread = ", ".join(read.unread)
        return read.entries, [f"columns that were not read: {unread}"] if unread else []
    settings = LtiSettings.load()
    members = read_members(membership_url or "", settings)
    found = roster_of_members(members, settings.student_id)
    note = (
        f"not enrolled: {found.staff} who teach, {found.away} inactive or deleted, "
        f"{found.others} with other roles"
    )
    return found.entries, [note]


def _publish(engine: Engine) -> None:
    """Tell the edge at once; where Redis is not named or away, the worker does so in seconds."""
    try:
        with connect_redis(LogSettings.load().redis_url) as redis:
            publish_sections(engine, redis)
    except (BadSettingError, RedisError):
        click.echo("live feeds of sections follow in some seconds", err=True)


def _say(course_id: str, outcome: Outcome, *, dry_run: bool) -> None:
    new, changed = len(outcome.new), len(outcome.changed)
    would = "would be " if dry_run else ""
    click.echo(
        f"{course_id}: {new} students {would}new, {changed} {would}changed, "
        f"{outcome.unchanged} as they were"
    )
    if outcome.is_new_course:
        click.echo("    nothing was known of this course before: is it the right name?")
    _list(f"new: {student}{_told(entry)}" for student, entry in outcome.new.items())
    _list(
        f"changed: {student}{_told(before)} is now{_told(after) or ' without'}"
        for student, (before, after) in outcome.changed.items()
    )
    if outcome.others:
        click.echo(
            f"    {outcome.others} more students of the course are not in the roster and stay as "
            "they are"
        )


def _list(lines: Iterable[str]) -> None:
    rest = iter(lines)
    for line in islice(rest, _LISTED):
        click.echo(f"    {line}")
    left = sum(1 for _ in rest)
    if left:
        click.echo(f"    and {left} more")


def _told(entry: Entry) -> str:
    told = [f"{_WORDS[name]} {text}" for name, text in entry.items() if text]
    return f" ({', '.join(told)})" if told else ""
