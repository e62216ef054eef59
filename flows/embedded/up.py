"""`cellpulse up`: the whole platform on this machine, in the foreground."""

import errno
import fcntl
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

import click

from flows.accounts.password_code import new_code_id, password_link
from flows.course.publish import publish
from flows.course.read_course import read_course
from flows.course.register import register
from flows.course.registered import is_registered
from flows.course.sample import SAMPLE_COURSE
from flows.embedded.kept_secrets import KEY_FILE, keep_pseudonym_key, keep_secret
from flows.embedded.part import Part, PartUnavailableError
from flows.embedded.platform import Platform
from flows.embedded.stores import Stores, prepare_stores
from flows.embedded.supervisor import PartFailedError, Supervisor
from flows.migrations.migrate import prepare_databases
from flows.pseudonyms.courses import pseudonymous_courses, publish_pseudonymous
from flows.redis_client import connect_redis
from flows.settings import LakeSettings, PlatformSettings
from flows.stores.accounts import expect_first_admin
from flows.stores.postgres import engine_for
from flows.version_of_data import check_data_version
from ingest_api.foreseen import ForeseenError
from ingest_api.pseudonym import PseudonymKey
from ingest_api.pseudonymous_courses import WrongPseudonymKeyError, require_key
from ingest_api.settings import RUN_FILE

#: A first start on a slow machine compiles all of JupyterLab. What ends is noticed at once.
_START_SECONDS: Final = 180.0
#: Longer than the parts take to end after `up` was killed.
_LEFTOVERS_SECONDS: Final = 25.0
DEMO_STUDENTS: Final = 30
#: The account whose password is chosen at the first visit.
FIRST_ADMIN: Final = "admin"
_DEMO_MINUTES: Final = 120
_DEMO_HEAD_START_MINUTES: Final = 35


class CannotStartError(ForeseenError):
    """Why the platform does not start, in one line that says what to do."""


def run_platform(folder: Path, *, demo: bool) -> None:
    """Start every part, say `ready`, and run until SIGINT, SIGTERM or SIGHUP.

    Raises:
        CannotStartError: Nothing is left running.
        BadSettingError: A setting is wrong, and nothing was started.
    """
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    with _sole_use(folder) as held_by_parts:
        check_data_version(folder)
        # What an earlier run left, that was killed, must not be taken for settings.
        (folder / RUN_FILE).unlink(missing_ok=True)
        settings = PlatformSettings.load()
        _check_ports(settings)
        try:
            stores = prepare_stores(settings, folder)
            secret, key = keep_secret(settings, folder), keep_pseudonym_key(settings, folder)
            platform = Platform(settings, stores, secret, folder, key)
            with (
                Supervisor(
                    folder / "logs", _groups(platform, demo=demo), held_by_parts
                ) as supervisor,
                _findable(platform, folder),
            ):
                _start(supervisor, platform, stop, demo=demo)
                if stop.is_set():
                    return
                _print_addresses(platform, folder, _first_account(platform))
                while not stop.wait(1):
                    if not supervisor.runs:
                        raise CannotStartError(f"the supervisor ended: see {folder}/logs")
                click.echo("stopping", err=True)
        except (PartUnavailableError, PartFailedError) as error:
            raise CannotStartError(str(error)) from error


@contextmanager
def stores_alone(folder: Path) -> Iterator[Stores]:
    """Have the stores and nothing else: those that settings name, the others started here.

    Raises:
        CannotStartError: One does not answer or start, or a platform runs on the data folder.
        BadSettingError: A setting is wrong.
    """
    with _sole_use(folder):
        check_data_version(folder)
        (folder / RUN_FILE).unlink(missing_ok=True)
        try:
            stores = prepare_stores(PlatformSettings.load(), folder)
            if not stores.parts:
                yield stores
                return
            with Supervisor(folder / "logs", {"stores": stores.parts}) as supervisor:
                supervisor.start("stores", _START_SECONDS, threading.Event())
                if stores.embedded_influx:
                    stores.embedded_influx.set_up()
                yield stores
        except (PartUnavailableError, PartFailedError) as error:
            raise CannotStartError(str(error)) from error


def _groups(platform: Platform, *, demo: bool) -> dict[str, list[Part]]:
    pages = platform.pages()
    if demo:
        pages.append(_simulated_class(platform))
    return {"stores": platform.stores.parts, "services": platform.services(), "pages": pages}


def _start(
    supervisor: Supervisor, platform: Platform, stop: threading.Event, *, demo: bool
) -> None:
    stores = platform.stores
    supervisor.start("stores", _START_SECONDS, stop)
    if stop.is_set():
        return
    if stores.embedded_influx:
        stores.embedded_influx.set_up()
    prepare_databases(
        LakeSettings(
            CELLPULSE_POSTGRES_URL=stores.postgres_url, CELLPULSE_LAKE_PATH=platform.lake_path
        )
    )
    _publish_pseudonymous(platform)
    if demo:
        _register_sample_course(platform)
    for group in ("services", "pages"):
        supervisor.start(group, _START_SECONDS, stop)


def _publish_pseudonymous(platform: Platform) -> None:
    """Tell the ingest which courses are pseudonymous before it starts: it waits for that.

    Raises:
        CannotStartError: It would not start, without their key.
    """
    engine = engine_for(platform.stores.postgres_url)
    try:
        require_key(pseudonymous_courses(engine), PseudonymKey(platform.pseudonym_key))
        with connect_redis(platform.stores.redis_url) as redis:
            publish_pseudonymous(engine, redis)
    except WrongPseudonymKeyError as error:
        raise CannotStartError(f"{error}; the file is {platform.folder / KEY_FILE}") from error
    finally:
        engine.dispose()


def _register_sample_course(platform: Platform) -> None:
    """Register what the simulated class works on, unless the operator registered the course."""
    course_id = platform.settings.course
    engine = engine_for(platform.stores.postgres_url)
    try:
        if is_registered(engine, course_id) or not SAMPLE_COURSE.is_dir():
            return
        outcome = register(engine, course_id, read_course([SAMPLE_COURSE]))
        with connect_redis(platform.stores.redis_url) as redis:
            publish(redis, course_id, outcome.version, outcome.content)
    finally:
        engine.dispose()


def _simulated_class(platform: Platform) -> Part:
    return Part(
        "simulated-class",
        (
            *(sys.executable, "-m", "flows.cli", "simulate"),
            *("--students", str(DEMO_STUDENTS), "--minutes", str(_DEMO_MINUTES)),
            *("--head-start", str(_DEMO_HEAD_START_MINUTES), "--with-code"),
            *("--course", platform.settings.course),
        ),
        answers=lambda: True,
        environment={"CELLPULSE_DATA_DIR": str(platform.folder)}
        | platform.environment()
        | {"CELLPULSE_SECRET": platform.secret},
        ends_by_itself=True,
    )


@contextmanager
def _sole_use(folder: Path) -> Iterator[int]:
    """Lock the data folder; yield the descriptor of the lock that its processes shall hold too.

    What an earlier `up` left, that was killed, ends by itself, and is waited for.
    """
    if any(mark in str(folder) for mark in (" #", " ;", "\n")):
        raise CannotStartError(
            f"CELLPULSE_DATA_DIR: {folder} holds ' #', ' ;' or a line break, which the supervisor "
            "can't read: name another folder"
        )
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        own, of_parts = (folder / "lock").open("w"), (folder / "parts.lock").open("w")
    except OSError as error:
        raise CannotStartError(f"CELLPULSE_DATA_DIR: {folder} can't be written: {error}") from error
    with own, of_parts:
        if not _locked(own):
            raise CannotStartError(
                f"another 'cellpulse up' runs on the data folder {folder}: stop it, or set "
                "CELLPULSE_DATA_DIR to another folder"
            )
        end = time.monotonic() + _LEFTOVERS_SECONDS
        while not _locked(of_parts):
            if time.monotonic() > end:
                raise CannotStartError(
                    f"processes of an earlier 'cellpulse up' on {folder} do not end: stop them"
                )
            time.sleep(0.1)
        yield of_parts.fileno()


def _locked(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _check_ports(settings: PlatformSettings) -> None:
    ports = {
        "CELLPULSE_INGEST_PORT": settings.ingest_port,
        "CELLPULSE_API_PORT": settings.api_port,
        "CELLPULSE_DASHBOARD_PORT": settings.dashboard_port,
        "CELLPULSE_JUPYTER_PORT": settings.jupyter_port,
        "CELLPULSE_REDIS_PORT": None if settings.redis_url else settings.redis_port,
        "CELLPULSE_POSTGRES_PORT": None if settings.postgres_url else settings.postgres_port,
    }
    taken: dict[int, str] = {}
    for setting, port in ports.items():
        if port is None:
            continue
        if port in taken:
            raise CannotStartError(f"{setting} and {taken[port]} are both {port}: change one")
        taken[port] = setting
        _check_port(settings.host, port, setting)


def _check_port(host: str, port: int, setting: str) -> None:
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise CannotStartError(f"CELLPULSE_HOST: {host!r} is no address of this machine") from error
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            if error.errno == errno.EADDRNOTAVAIL:
                raise CannotStartError(
                    f"CELLPULSE_HOST: {host!r} is no address of this machine"
                ) from error
            raise CannotStartError(
                f"port {port} on {host} can't be had ({error.strerror}): stop what uses it, or "
                f"set {setting} to a free port"
            ) from error


@contextmanager
def _findable(platform: Platform, folder: Path) -> Iterator[None]:
    """Keep the addresses in the data folder as long as the platform runs."""
    file = folder / RUN_FILE
    file.touch(mode=0o600)
    quoted = {name: value.replace("'", "\\'") for name, value in platform.environment().items()}
    file.write_text("".join(f"{name}='{value}'\n" for name, value in quoted.items()))
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def _first_account(platform: Platform) -> list[tuple[str, str]]:
    """Return the link for the first admin's password, until there is one."""
    code_id = new_code_id()
    engine = engine_for(platform.stores.postgres_url)
    try:
        if not expect_first_admin(engine, FIRST_ADMIN, code_id):
            return []
    finally:
        engine.dispose()
    dashboard = platform.settings.address(platform.settings.dashboard_port)
    return [("first sign-in", password_link(dashboard, platform.secret, FIRST_ADMIN, code_id))]


def _print_addresses(
    platform: Platform, folder: Path, first_account: list[tuple[str, str]]
) -> None:
    rows = [*platform.addresses(), *first_account, ("logs", str(folder / "logs"))]
    width = max(len(name) for name, _ in rows)
    for name, address in rows:
        click.echo(f"{name:<{width}}  {address}")
    click.echo("ready")
