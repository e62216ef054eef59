"""`cellpulse schema`."""

import json

import click

from ingest_api.events import event_json_schema


@click.command()
def schema() -> None:
    """Print the JSON Schema of an event."""
    click.echo(json.dumps(event_json_schema(), indent=2, ensure_ascii=False))
