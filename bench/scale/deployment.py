"""The parts of the platform, each where it is to run: on this machine, or in a namespace."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from bench.scale.delayed_network import namespace
from bench.servers import SECRET, Server, process, running
from flows.embedded.answers import http_answers
from flows.embedded.influxdb_server import influxdb_parts
from flows.embedded.part import Part, free_port
from flows.embedded.postgres_server import postgres_address, postgres_part
from flows.embedded.redis_server import redis_part
from flows.migrations.migrate import prepare_databases
from flows.settings import LakeSettings

#: The machines, each with what runs on it.
STORES: Final = "stores"
INGEST: Final = "ingest"
FLOWS: Final = "flows"
API: Final = "api"
MACHINES: Final = (STORES, INGEST, FLOWS, API)
#: By such an entry PostgreSQL lets other machines in, with a password.
_OTHER_MACHINES: Final = "host all all 10.77.0.0/24 scram-sha-256\n"


@dataclass(frozen=True)
class Deployment:
    """A platform that answers.

    Attributes:
        ingest: Address of the ingest.
        api: Address of the aggregation API.
        redis_url: Address of Redis.
        parts: Its processes by name, for what each costs.
    """

    ingest: str
    api: str
    redis_url: str
    parts: Mapping[str, Server]


@contextmanager
def deployed(folder: Path, addresses: Mapping[str, str] | None) -> Iterator[Deployment]:
    """Run all parts but the pages, with empty stores.

    Args:
        folder: Where stores keep their data, and what the parts say.
        addresses: The address of each of `MACHINES`, whose namespace there is; None where all of
            them are this machine.
    """
    with ExitStack() as started:
        parts: dict[str, Server] = {}

        def run(machine: str, part: Part) -> None:
            if addresses is not None:
                inside = ("ip", "netns", "exec", namespace(machine), *part.command)
                part = replace(part, command=inside)
            parts[part.name] = Server("", started.enter_context(running(part, folder)))

        at = dict.fromkeys(MACHINES, "127.0.0.1") if addresses is None else addresses
        environment = _run_stores(folder, at[STORES], run)
        redis_url = environment["CELLPULSE_REDIS_URL"]
        for name in ("relay", "worker"):
            run(FLOWS, process(name, environment, redis_url))
        urls = {machine: f"http://{at[machine]}:{free_port()}" for machine in (INGEST, API)}
        for machine, module in ((INGEST, "ingest_api.serve"), (API, "analytics.serve")):
            run(machine, _serving(machine, module, environment, urls[machine]))
        yield Deployment(urls[INGEST], urls[API], redis_url, parts)


def _run_stores(folder: Path, host: str, run: Callable[[str, Part], None]) -> dict[str, str]:
    """Run Redis, PostgreSQL and InfluxDB; return what the others need to know of them."""
    port = free_port()
    log = redis_part(folder / "redis", host, port)
    # A password is asked for where it is not on one machine: here it would measure nothing.
    run(STORES, replace(log, command=(*log.command, "--protected-mode", "no")))
    redis_url = f"redis://{host}:{port}/0"
    port = free_port()
    catalog = postgres_part(folder / "postgres", host, port)
    with (folder / "postgres" / "data" / "pg_hba.conf").open("a") as file:
        file.write(_OTHER_MACHINES)
    run(STORES, catalog)
    postgres_url = postgres_address(folder / "postgres", host, port)
    influx = influxdb_parts(folder / "influxdb", host, free_port())
    for part in influx.parts[:-1]:
        # It answers within its own machine only; what stands before it answers for both.
        run(STORES, replace(part, answers=lambda: True))
    run(STORES, influx.parts[-1])
    influx.set_up()
    lake = str(folder / "lake")
    prepare_databases(LakeSettings(CELLPULSE_POSTGRES_URL=postgres_url, CELLPULSE_LAKE_PATH=lake))
    return {
        "CELLPULSE_REDIS_URL": redis_url,
        "CELLPULSE_POSTGRES_URL": postgres_url,
        "CELLPULSE_LAKE_PATH": lake,
        "CELLPULSE_SECRET": SECRET,
        "INFLUXDB_URL": influx.url,
        "INFLUXDB_TOKEN": influx.token,
        "INFLUXDB_ORG": influx.org,
        "INFLUXDB_BUCKET": influx.bucket,
    }


def _serving(name: str, module: str, environment: Mapping[str, str], url: str) -> Part:
    _, host, port = url.replace("//", "").split(":")
    return Part(
        name,
        (sys.executable, "-m", module, "--host", host, "--port", port),
        answers=lambda: http_answers(f"{url}/healthz"),
        environment=environment,
    )
