"""`cellpulse course pseudonymous`."""

from collections.abc import Iterator
from contextlib import contextmanager

import click
from redis import Redis
from sqlalchemy import Engine

from flows.commands.errors import one_line_for_errors
from flows.commands.master_data import ask_about_new_course, check_course, master_data
from flows.embedded.up import stores_alone
from flows.pseudonyms.courses import PseudonymError, close_course, make_pseudonymous
from flows.pseudonyms.names import Names
from flows.pseudonyms.publish import take_names_back
from flows.redis_client import connect_redis
from flows.settings import FlowsSettings, WhoIsWhoSettings
from ingest_api.pseudonym import PseudonymKey
from ingest_api.pseudonymous_courses import SETTING
from ingest_api.settings import BadSettingError, data_dir


@click.command()
@click.option("--course", "course_id", required=True, help="The course, as its events name it.")
@click.option("--anonymous", is_flag=True, help="Delete the names, and close the course for good.")
@one_line_for_errors
def pseudonymous(course_id: str, anonymous: bool) -> None:
    """Keep a course's students under pseudonyms, from before its first event and roster on.

    It can't be taken back. With --anonymous nobody can be told any more who is who in a course
    that is pseudonymous, and it takes no more events. docs/privacy.md says what stays possible.
    """
    check_course(course_id)
    who = WhoIsWhoSettings.load()
    with _stores() as (engine, redis):
        if anonymous:
            close_course(engine, redis, course_id)
            Names(who.names_url).forget(course_id)
            take_names_back(redis, course_id)
            click.echo(f"{course_id}: anonymous for good; its names are deleted")
            return
        if who.pseudonym_key_text is None:
            raise PseudonymError(
                f"{SETTING} is not set: make a key ('openssl rand -hex 32'), keep it apart from "
                "the stores and their backups, and start the ingest and the API with it"
            )
        ask_about_new_course(engine, course_id)
        make_pseudonymous(engine, redis, PseudonymKey(who.pseudonym_key_text), course_id)
    click.echo(
        f"{course_id}: pseudonymous. Keep {SETTING} and the names apart from the backups: without "
        "the key the course takes no events, without the names nobody is named"
    )


@contextmanager
def _stores() -> Iterator[tuple[Engine, Redis]]:
    """Give PostgreSQL and Redis, also where `up` does not start because the key is lost."""
    try:
        settings = FlowsSettings.load()
    except BadSettingError:
        if not data_dir().is_dir():
            raise  # there is no platform here, and none is to be made
        with (
            stores_alone(data_dir()) as stores,
            _connected(stores.postgres_url, stores.redis_url) as both,
        ):
            yield both
    else:
        with _connected(settings.postgres_url, settings.redis_url) as both:
            yield both


@contextmanager
def _connected(postgres_url: str, redis_url: str) -> Iterator[tuple[Engine, Redis]]:
    with master_data(postgres_url) as engine, connect_redis(redis_url) as redis:
        yield engine, redis
