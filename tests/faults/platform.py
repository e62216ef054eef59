"""The whole platform, wired through proxies, on disks and clocks that can fail."""

import json
import os
import secrets
import signal
import socket
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final, Self

from jupyter_client.connect import write_connection_file

from flows.embedded.answers import http_answers, lives
from flows.embedded.influxdb_server import influxdb_parts
from flows.embedded.part import Part, free_port
from flows.embedded.postgres_server import postgres_address, postgres_part
from flows.embedded.redis_server import redis_part
from flows.migrations.migrate import prepare_databases
from flows.platform_status import PlatformStatus
from flows.settings import InfluxSettings, LakeSettings, PlatformSettings
from flows.status import read_status
from ingest_api.tokens import Grant, Scope, issue_token
from tests.cellpulse import cellpulse
from tests.faults.clocks import Clocks
from tests.faults.disks import Disks
from tests.faults.plan import HOPS
from tests.faults.processes import Process
from tests.faults.proxy import Proxy

COURSE: Final = "faults"
KERNELS: Final = ("kernel-1", "kernel-2")
#: Run where there is a hook: a round can't wait until a class has come back without a stampede,
#: which tests/cell_hook holds in virtual time.
IMPATIENCE: Final = (
    "import cellpulse_hook.backoff as backoff; "
    "backoff._LONGEST_S, backoff._SPREAD_S, backoff._DENIED_S = (0.5, 2.0, 4.0), 3.0, (2.0, 4.0)"
)
_HOST: Final = "127.0.0.1"


class Platform:
    """Processes, proxies, disks and clocks; use it as a context."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.secret = secrets.token_urlsafe(32)
        self.disks = Disks(folder / "disks")
        self.clocks = Clocks(folder)
        self.processes: dict[str, Process] = {}
        self.proxies: dict[str, Proxy] = {}
        self._stack = ExitStack()
        self._ports = {
            name: free_port() for name in ("ingest", "api", "dashboard", "jupyterlab", "redis")
        }
        self.postgres_port = free_port()

    def __enter__(self) -> Self:
        self._stack.callback(self.disks.unmount)
        self._stack.callback(self._stop)
        self._make_stores()
        self._make_proxies()
        self._make_services()
        self._make_kernels()
        self.start_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def redis_url(self) -> str:
        return f"redis://{_HOST}:{self._ports['redis']}/0"

    @property
    def postgres_url(self) -> str:
        return postgres_address(self.disks.folder("postgres"), _HOST, self.postgres_port)

    @property
    def lake_path(self) -> str:
        return str(self.disks.folder("lake"))

    @property
    def ingest_url(self) -> str:
        """The ingest as hooks reach it: through the proxy."""
        return f"http://{_HOST}:{self.proxies['hook-ingest'].port}"

    @property
    def spool(self) -> Path:
        return self.disks.folder("spool")

    def token(self, scope: Scope, student: str | None = None) -> str:
        return issue_token(self.secret, Grant(scope, COURSE, student))

    def connection_file(self, kernel: str) -> Path:
        return self.folder / f"{kernel}.json"

    def start_all(self) -> None:
        """Start whatever does not run, each after what it needs, and wait until all answer."""
        stores = [self.processes[name] for name in ("redis", "postgres", "influxdb")]
        others = [process for process in self.processes.values() if process not in stores]
        for process in (*stores, self.processes["influxdb-adaptor"]):
            process.start()
        for process in (*stores, self.processes["influxdb-adaptor"]):
            process.await_answer()
        self._influx.set_up()
        # As `cellpulse up` does, beside which no worker writes and can hold it up.
        if not any(process.runs for process in others if process.name.startswith("worker")):
            prepare_databases(
                LakeSettings.load(
                    CELLPULSE_POSTGRES_URL=self.postgres_url, CELLPULSE_LAKE_PATH=self.lake_path
                )
            )
        for process in others:
            process.start()
        for process in others:
            process.await_answer()

    def status(self) -> PlatformStatus:
        """Return what `cellpulse status` says, asked past the proxies."""
        return read_status(
            PlatformSettings.model_validate(
                {**self._direct(), "influx": InfluxSettings.model_validate(self._direct())}
            )
        )

    def cellpulse(self, *arguments: str) -> tuple[int, Any]:
        """Run a command of the operator; return its exit code and the JSON that it prints."""
        done = cellpulse(self._environment({}) | self._direct(), *arguments, "--json")
        try:
            return done.returncode, json.loads(done.stdout)
        except ValueError:
            return done.returncode, done.stdout + done.stderr

    def _stop(self) -> None:
        for name in reversed(self.processes):
            self.processes[name].stop()

    def _make_stores(self) -> None:
        redis = redis_part(self.folder / "redis", _HOST, self._ports["redis"])
        postgres = postgres_part(self.disks.folder("postgres"), _HOST, self.postgres_port)
        self._influx = influxdb_parts(self.folder / "influxdb", _HOST)
        for part in (redis, postgres, *self._influx.parts):
            self._add_part(part)

    def _add_part(self, part: Part) -> None:
        self.processes[part.name] = Process(
            part.name,
            part.command,
            part.answers,
            self._environment({}) | self.clocks.environment(part.name),
            self.folder / f"{part.name}.log",
            stop_signal=signal.Signals[f"SIG{part.stop_signal}"],
        )

    def _make_proxies(self) -> None:
        influx_port = int(self._influx.url.rpartition(":")[2])
        to = {
            "hook-ingest": self._ports["ingest"],
            "ingest-redis": self._ports["redis"],
            "flows-redis": self._ports["redis"],
            "worker-postgres": self.postgres_port,
            "worker-influxdb": influx_port,
            "api-postgres": self.postgres_port,
        }
        for hop in HOPS:
            self.proxies[hop] = self._stack.enter_context(Proxy(to[hop]))

    def _make_services(self) -> None:
        log = {"CELLPULSE_REDIS_URL": f"redis://{_HOST}:{self.proxies['flows-redis'].port}/0"}
        influx = self._influx_environment(self.proxies["worker-influxdb"].port)
        worker = log | influx | self._lake("worker-postgres")
        secret = {"CELLPULSE_SECRET": self.secret}
        ingest = {"CELLPULSE_REDIS_URL": f"redis://{_HOST}:{self.proxies['ingest-redis'].port}/0"}
        pages = {
            "CELLPULSE_API_URL": self._address("api"),
            "CELLPULSE_INGEST_PORT": str(self._ports["ingest"]),
        }
        self._add_server("ingest", "ingest_api.serve", ingest | secret, "/healthz")
        self._add_worker("relay", "flows.relay", log | influx)
        self._add_worker("worker-1", "flows.worker", worker)
        self._add_worker("worker-2", "flows.worker", worker)
        self._add_server("api", "analytics.serve", self._lake("api-postgres") | secret, "/healthz")
        self._add_server("dashboard", "streamlit_app.serve", pages, "/_stcore/health")
        self._add(
            "jupyterlab",
            (
                *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
                *("--ip", _HOST, "--port", str(self._ports["jupyterlab"])),
                *("--ServerApp.port_retries=0", f"--ServerApp.root_dir={self.folder}"),
            ),
            lambda: http_answers(f"{self._address('jupyterlab')}/login"),
            {"JUPYTER_TOKEN": self.secret, "HOME": str(self.folder)},
        )

    def _make_kernels(self) -> None:
        for kernel in KERNELS:
            file = self.connection_file(kernel)
            _, content = write_connection_file(str(file), ip=_HOST)
            port = int(content["shell_port"])
            environment = {
                "CELLPULSE_URL": self.ingest_url,
                "CELLPULSE_TOKEN": self.token("ingest", kernel),
                "CELLPULSE_COURSE": COURSE,
                "CELLPULSE_STUDENT": kernel,
                "CELLPULSE_SPOOL_DIR": str(self.spool),
                "HOME": str(self.folder),
            }
            command = (
                *(sys.executable, "-m", "ipykernel_launcher", "-f", str(file)),
                f"--IPKernelApp.exec_lines={IMPATIENCE}",
            )
            self._add(kernel, command, lambda port=port: _listens(port), environment)

    def _add_server(self, name: str, module: str, environment: dict[str, str], health: str) -> None:
        command = (
            *(sys.executable, "-m", module, "--host", _HOST),
            *("--port", str(self._ports[name])),
        )
        address = self._address(name)
        self._add(name, command, lambda: http_answers(address + health), environment)

    def _add_worker(self, name: str, module: str, environment: dict[str, str]) -> None:
        alive = name.partition("-")[0]
        command = (sys.executable, "-m", module)
        self._add(name, command, lambda: lives(self.redis_url, alive), environment)

    def _add(self, name: str, command: Any, answers: Any, environment: dict[str, str]) -> None:
        self.processes[name] = Process(
            name,
            command,
            answers,
            self._environment(environment) | self.clocks.environment(name),
            self.folder / f"{name}.log",
            directory=self.folder,
        )

    def _environment(self, more: dict[str, str]) -> dict[str, str]:
        own = ("CELLPULSE_", "INFLUXDB_", "JUPYTER", "JPY_")
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(own)}
        return inherited | {"CELLPULSE_DATA_DIR": str(self.folder)} | more

    def _direct(self) -> dict[str, str]:
        """Where everything is, past the proxies."""
        return {
            "CELLPULSE_REDIS_URL": self.redis_url,
            "CELLPULSE_POSTGRES_URL": self.postgres_url,
            "CELLPULSE_LAKE_PATH": self.lake_path,
            "CELLPULSE_SECRET": self.secret,
            **self._influx_environment(int(self._influx.url.rpartition(":")[2])),
            **{
                f"CELLPULSE_{name}_PORT": str(self._ports[port])
                for name, port in (
                    ("INGEST", "ingest"),
                    ("API", "api"),
                    ("DASHBOARD", "dashboard"),
                    ("JUPYTER", "jupyterlab"),
                )
            },
        }

    def _lake(self, hop: str) -> dict[str, str]:
        direct = f":{self.postgres_port}/"
        return {
            "CELLPULSE_POSTGRES_URL": self.postgres_url.replace(
                direct, f":{self.proxies[hop].port}/"
            ),
            "CELLPULSE_LAKE_PATH": self.lake_path,
        }

    def _influx_environment(self, port: int) -> dict[str, str]:
        return {
            "INFLUXDB_URL": f"http://{_HOST}:{port}",
            "INFLUXDB_TOKEN": self._influx.token,
            "INFLUXDB_ORG": self._influx.org,
            "INFLUXDB_BUCKET": self._influx.bucket,
        }

    def _address(self, name: str) -> str:
        return f"http://{_HOST}:{self._ports[name]}"


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((_HOST, port)) == 0
