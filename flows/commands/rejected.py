"""`cellpulse rejected`."""

import asyncio
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import click

from flows.commands.errors import one_line_for_errors
from flows.log.reader import FROM_LOG
from flows.log.rejected import RejectedEntry, RejectedStream
from flows.redis_client import connect_redis
from flows.replay import FROM_CHANNEL, Outcome, Replay
from flows.settings import LRS, STORES, FlowsSettings, RelaySettings
from flows.worker.actors import open_stores
from ingest_api.event_log import EventLog, open_redis
from ingest_api.pseudonymous_courses import PseudonymousCourses
from ingest_api.registered_courses import RegisteredCourses

_REASON_SHOWN: Final = 70
_RAW_SHOWN: Final = 100
#: Where what is set aside can come from: a name that is none would seem to have nothing.
_SOURCES: Final = (FROM_CHANNEL, FROM_LOG, *STORES, LRS)


@click.group()
def rejected() -> None:
    """Look after what was set aside: list it, show it, replay it after a fix, or drop it."""


@rejected.command("list")
@click.option(
    "--limit",
    default=20,
    show_default=True,
    type=click.IntRange(1),
    help="How many at the most.",
)
@click.option("--source", type=click.Choice(_SOURCES), help="Only from here.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
@one_line_for_errors
def list_entries(limit: int, source: str | None, as_json: bool) -> None:
    """List what was set aside, newest first."""
    with _stream() as stream:
        entries = stream.newest(limit, source)
    if as_json:
        click.echo(json.dumps([_as_json(entry) for entry in entries], indent=2))
        return
    if not entries:
        click.echo("nothing was set aside")
    for entry in entries:
        at = f" at {entry.position}" if entry.position else ""
        click.echo(f"{entry.entry_id}  {_time(entry)}  {printable(entry.source)}{at}")
        click.echo(f"    {shortened(entry.reason, _REASON_SHOWN)}")
        click.echo(f"    {shortened(_raw(entry), _RAW_SHOWN)}")


@rejected.command()
@click.argument("entry_id", metavar="ID")
@one_line_for_errors
def show(entry_id: str) -> None:
    """Show everything about one entry, in full."""
    with _stream() as stream:
        [entry] = stream.named([entry_id])
    click.echo(f"id        {entry.entry_id}")
    click.echo(f"time      {_time(entry)}")
    click.echo(f"source    {printable(entry.source)}")
    click.echo(f"position  {printable(entry.position or 'never in the log')}")
    click.echo(f"reason    {printable(entry.reason)}")
    click.echo(printable(_raw(entry)))


@rejected.command()
@click.argument("entry_ids", metavar="ID…", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="All entries instead of named ones.")
@click.option("--source", type=click.Choice(_SOURCES), help="With --all: only from here.")
@click.option("--patch", help="A JSON object whose fields take the place of the entry's own.")
@one_line_for_errors
def replay(
    entry_ids: tuple[str, ...], everything: bool, source: str | None, patch: str | None
) -> None:
    """Give entries another try, after what refused them was mended.

    What succeeds is no longer set aside. What fails again stays, and the exit code is 1.
    """
    _check_choice(entry_ids, everything=everything)
    changes = _parsed(patch)
    settings = FlowsSettings.load()
    with _stream(settings) as stream:
        entries = stream.all(source) if everything else stream.named(entry_ids)
    failed = asyncio.run(_replay(settings, entries, changes))
    click.echo(f"{len(entries) - failed} replayed, {failed} still set aside")
    sys.exit(1 if failed else 0)


@rejected.command()
@click.argument("entry_ids", metavar="ID…", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="All entries instead of named ones.")
@click.option("--yes", is_flag=True, help="Needed with --all: nothing brings them back.")
@one_line_for_errors
def drop(entry_ids: tuple[str, ...], everything: bool, yes: bool) -> None:
    """Throw entries away for good, and count them."""
    _check_choice(entry_ids, everything=everything)
    if everything and not yes:
        raise click.UsageError("--all drops everything that was set aside: add --yes to do it")
    with _stream() as stream:
        entries = stream.all() if everything else stream.named(entry_ids)
        click.echo(f"{stream.drop(entries)} dropped")


@contextmanager
def _stream(settings: RelaySettings | None = None) -> Iterator[RejectedStream]:
    address = (settings or RelaySettings.load()).redis_url
    with connect_redis(address) as redis:
        yield RejectedStream(redis)


async def _replay(
    settings: FlowsSettings, entries: Sequence[RejectedEntry], patch: dict[str, Any]
) -> int:
    stores = open_stores(settings)
    client = open_redis(settings.redis_url)
    failed = 0
    with connect_redis(settings.redis_url) as redis:
        work = Replay(
            redis,
            EventLog(client, settings.log_limit_bytes),
            RegisteredCourses(client),
            PseudonymousCourses(client, key=None),
            stores,
        )
        for entry in entries:
            outcome = await work.replay(entry, patch)
            failed += not outcome.replayed
            click.echo(_line(outcome))
    await client.aclose()
    for store in stores:
        store.close()
    return failed


def _line(outcome: Outcome) -> str:
    became = "replayed" if outcome.replayed else "stays"
    return f"{outcome.entry.entry_id}  {became}: {printable(outcome.note)}"


def _check_choice(entry_ids: tuple[str, ...], *, everything: bool) -> None:
    if bool(entry_ids) == everything:
        raise click.UsageError("name the entries by their ids, or give --all")


def _parsed(patch: str | None) -> dict[str, Any]:
    if patch is None:
        return {}
    try:
        changes = json.loads(patch)
    except ValueError as error:
        raise click.UsageError(f"--patch is no JSON: {error}") from error
    if not isinstance(changes, dict):
        raise click.UsageError('--patch must be a JSON object, as \'{"status": "ok"}\'')
    return changes


def _as_json(entry: RejectedEntry) -> dict[str, Any]:
    return {
        "id": entry.entry_id,
        "time": entry.set_aside_at.isoformat(),
        "source": entry.source,
        "position": entry.position,
        "reason": entry.reason,
        "raw": _raw(entry),
    }


def _time(entry: RejectedEntry) -> str:
    return entry.set_aside_at.isoformat(sep=" ", timespec="seconds").removesuffix("+00:00")


def _raw(entry: RejectedEntry) -> str:
    return entry.raw.decode(errors="backslashreplace")


def printable(text: str) -> str:
    """Return a stranger's text so that a terminal shows it and obeys none of it."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def shortened(text: str, length: int) -> str:
    """Return the beginning of a stranger's text, safe for a terminal, on one line."""
    line = printable(" ".join(text[: 10 * length].split()))
    return line if len(line) <= length else f"{line[: length - 1]}…"
