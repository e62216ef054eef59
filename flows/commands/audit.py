"""`cellpulse audit`."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from flows.audit.audit import audit as audit_stores
from flows.commands.errors import one_line_and_code
from flows.settings import FlowsSettings


@click.command()
@click.option("--course", help="Only this course; all when absent.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
@one_line_and_code(2)
def audit(course: str | None, as_json: bool) -> None:
    """Compare every store with what was accepted, event by event, while the class goes on.

    \b
    Each finding is of a kind:
      lost           an accepted event, or what follows from it, is not there
      duplicated     something is there more than once
      foreign        something is there that was never accepted
      out_of_order   a store has events in another order than the log
      changed        the same position, another content
      wrong_sum      a rollup is not the sum of the events
      wrong_state    PostgreSQL's state is not what the events make it,
                     or a store's own position can't be true
      not_yet_there  a store is behind; no damage

    Gaps in a session's sequence numbers that PostgreSQL counts are known losses, and events that a
    store refused and that stand in the rejected stream are set aside: both are listed, and are no
    findings.

    Exits with 0 only when all agree and nothing is missing, with 1 when there are findings (a
    store that is merely behind gives one: not_yet_there), and with 2 when a part can't be read or
    no store knows the course.

    \b
    JSON: ok, as_of (position of the log and of each store), events, counts (findings by kind),
    findings (the first 1,000 of each kind and store: kind, store, course_id, student_id,
    session_id, first_position, last_position, first_seq, last_seq, events, message, todo),
    known_losses, known_loss_events, set_aside, set_aside_events, notes (what can't be checked).
    """  # noqa: D301 - click's mark for a paragraph that keeps its lines
    report = audit_stores(FlowsSettings.load(), course, _progress)
    click.echo(json.dumps(report.as_json(), indent=2) if as_json else report.as_text())
    sys.exit(0 if report.ok else 1)


@contextmanager
def _progress(what: str, length: int) -> Iterator[Callable[[int], None]]:
    with click.progressbar(length=length, label=f"{what:<8}", file=sys.stderr) as bar:
        yield bar.update
