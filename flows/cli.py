"""The operator's command, `cellpulse`: each of its commands is a module of `flows.commands`."""

import click

from flows.commands.account import account
from flows.commands.audit import audit
from flows.commands.backup import backup
from flows.commands.course import course
from flows.commands.disclose import disclose
from flows.commands.doctor import doctor
from flows.commands.enroll import enroll
from flows.commands.export import export
from flows.commands.forget import forget
from flows.commands.import_data import import_data
from flows.commands.looked_at import looked_at
from flows.commands.migrate import migrate
from flows.commands.notice import notice
from flows.commands.pseudonymous import pseudonymous
from flows.commands.rebuild import rebuild
from flows.commands.rejected import rejected
from flows.commands.restore import restore
from flows.commands.retention import retention
from flows.commands.schema import schema
from flows.commands.simulate import simulate
from flows.commands.status import status
from flows.commands.token import token
from flows.commands.up import up
from ingest_api.quick_end import end_at_once


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="cellpulse")
def cli() -> None:
    """Run and look after Cellpulse, the live pulse of a programming class.

    Settings come from the environment; README.md lists them. Commands other than 'up' find a
    platform that runs on the same data folder by themselves.
    """
    end_at_once()


for command in (
    up,
    status,
    doctor,
    token,
    account,
    simulate,
    course,
    enroll,
    disclose,
    forget,
    notice,
    retention,
    looked_at,
    audit,
    rejected,
    rebuild,
    backup,
    restore,
    export,
    import_data,
    migrate,
    schema,
):
    cli.add_command(command)
course.add_command(pseudonymous)


if __name__ == "__main__":
    cli()
