"""The operator's command, `cellpulse`: each of its commands is a module of `flows.commands`."""

from typing import Final

import click

from flows.commands.lazy_group import LazyGroup
from ingest_api.quick_end import end_at_once

#: Each command's module, and the first sentence of its help.
COMMANDS: Final = {
    "up": (
        "flows.commands.up",
        "Start the whole platform here, and run until Ctrl-C or SIGTERM.",
    ),
    "status": (
        "flows.commands.status",
        "Show each part, the log's length, each store's lag, and what became of the events.",
    ),
    "doctor": (
        "flows.commands.doctor",
        "Look at a running or broken installation, and say in one line each what to do.",
    ),
    "token": (
        "flows.commands.token",
        "Print a token for a course, or for one student of it; list or revoke those there are.",
    ),
    "account": (
        "flows.commands.account",
        "Look after who signs in to the dashboard.",
    ),
    "simulate": (
        "flows.commands.simulate",
        "Play a class that works through the sample course, by way of the real ingest.",
    ),
    "course": (
        "flows.commands.course",
        "Register what a course consists of, and show it.",
    ),
    "enroll": (
        "flows.commands.enroll",
        "Enroll a course's students from a file, or from an LTI 1.3 platform.",
    ),
    "disclose": (
        "flows.commands.disclose",
        "Write everything that is stored about a student of a course into a zip file.",
    ),
    "forget": (
        "flows.commands.forget",
        "Erase a student from every store, and prove it by a search of every byte.",
    ),
    "notice": (
        "flows.commands.notice",
        "Show or set what a course tells its students about the recording.",
    ),
    "retention": (
        "flows.commands.retention",
        "Show or set how many days a course keeps students after their last event.",
    ),
    "looked-at": (
        "flows.commands.looked_at",
        "Show who looked at a student: hour (UTC), course, who, and how many answers they had.",
    ),
    "audit": (
        "flows.commands.audit",
        "Compare every store with what was accepted, event by event, while the class goes on.",
    ),
    "rejected": (
        "flows.commands.rejected",
        "Look after what was set aside: list it, show it, replay it after a fix, or drop it.",
    ),
    "rebuild": (
        "flows.commands.rebuild",
        "Make the lake anew from InfluxDB's full event log, while the class goes on.",
    ),
    "backup": (
        "flows.commands.backup",
        "Copy everything into a new folder, while the platform runs.",
    ),
    "restore": (
        "flows.commands.restore",
        "Make an empty platform what it was when a backup was made.",
    ),
    "export": (
        "flows.commands.export",
        "Write one course's data into a new folder, while the class goes on.",
    ),
    "import": (
        "flows.commands.import_data",
        "Bring a data set of another system, or an export, into a course, while the platform runs.",
    ),
    "migrate": (
        "flows.commands.migrate",
        "Bring PostgreSQL's tables to this version, and make the lake where there is none.",
    ),
    "schema": (
        "flows.commands.schema",
        "Print the JSON Schema of an event.",
    ),
}


@click.group(cls=LazyGroup, lazy=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="cellpulse")
def cli() -> None:
    """Run and look after Cellpulse, the live pulse of a programming class.

    Settings come from the environment; README.md lists them. Commands other than 'up' find a
    platform that runs on the same data folder by themselves.
    """
    end_at_once()


if __name__ == "__main__":
    cli()
