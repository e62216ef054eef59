"""Whether each process lives, can work, and keeps up."""

import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import httpx

from flows.doctor.finding import Finding, bad, off, ok, watch
from flows.platform_status import PlatformStatus
from flows.settings import DoctorSettings

_TIMEOUT_SECONDS: Final = 3
#: Processes without an address: they note in Redis that they live.
_WITHOUT_PORT: Final = ("relay", "worker")
_HERE: Final = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True)
class _Served:
    """A process with an address, the path that tells whether it lives, and whether it can work."""

    name: str
    address: str
    setting: str
    lives: str
    works: str | None = None


def look_at_processes(
    settings: DoctorSettings, status: PlatformStatus, *, with_notebooks: bool
) -> Iterator[Finding]:
    """Yield how each process is; JupyterLab is one of them only under `cellpulse up`."""
    served = [
        _Served("ingest", settings.of_ingest, "CELLPULSE_INGEST_PORT", "/healthz", "/readyz"),
        _Served("api", settings.of_api, "CELLPULSE_API_PORT", "/healthz", "/readyz"),
        _Served("dashboard", settings.of_dashboard, "CELLPULSE_DASHBOARD_PORT", "/_stcore/health"),
    ]
    if with_notebooks:
        address = settings.platform.address(settings.platform.jupyter_port)
        served.append(_Served("jupyterlab", address, "CELLPULSE_JUPYTER_PORT", "/api"))
    for process in served:
        yield _served(process)
    redis_is_there = any(part.name == "redis" and part.state == "ok" for part in status.parts)
    for part in status.parts:
        if part.name not in _WITHOUT_PORT:
            continue
        if not redis_is_there:
            yield off(part.name, "only Redis knows whether it lives: mend 'redis' first")
        elif part.state == "ok":
            yield ok(part.name, "lives")
        else:
            yield bad(
                part.name,
                "has not said for 6 s that it lives",
                f"start it ('python -m flows.{part.name}', or 'cellpulse up'), and read its log",
            )


def look_at_public_address(address: str | None, dashboard: str | None) -> Iterator[Finding]:
    """Yield whether the dashboard can be reached as browsers do, and in secret.

    Args:
        address: By which browsers come.
        dashboard: Where the dashboard is, if it is elsewhere than this process, as in containers.
    """
    if not address:
        yield off("address", "CELLPULSE_PUBLIC_DASHBOARD_URL is not set")
        return
    parts = urlsplit(address)
    is_local = parts.hostname in _HERE
    if is_local and dashboard and urlsplit(dashboard).hostname not in _HERE:
        yield off("address", f"{address} is for the machine's own browsers: not asked from here")
        return
    if parts.scheme != "https" and not is_local:
        yield bad(
            "address",
            f"{address} is not encrypted: tokens and passwords can be read on the way",
            "put a TLS proxy in front (docs/operate.md) and correct CELLPULSE_PUBLIC_DASHBOARD_URL",
        )
    answer = _get(f"{address}/_stcore/health")
    if answer is None or not answer.is_success:
        yield bad(
            "address",
            f"the dashboard does not answer at {address}",
            "look at the proxy, at DNS and at CELLPULSE_PUBLIC_DASHBOARD_URL",
        )
    else:
        yield ok("address", f"the dashboard answers at {address}")


def look_at_lag(status: PlatformStatus) -> Iterator[Finding]:
    """Yield how far each store is, what was set aside, and what got lost."""
    for store in status.stores:
        part = f"lag {store.name}"
        if store.missed:
            yield bad(
                part,
                store.words,
                "'cellpulse audit' names them; 'cellpulse rebuild' makes the lake anew",
            )
        elif store.level == "well":
            yield ok(part, store.words)
        else:
            yield bad(part, store.words, "see whether the store answers, then the worker's log")
    rejected, lost = status.events.get("rejected") or 0, status.events.get("lost") or 0
    if rejected:
        yield watch(
            "events",
            f"{rejected} were refused so far",
            "whoever posted them was told why; 'cellpulse rejected list' has what was set aside",
        )
    if lost:
        yield watch("events", f"{lost} did not arrive", "'cellpulse audit' lists their sessions")


def _served(process: _Served) -> Finding:
    lives = _get(process.address + process.lives)
    if lives is None or not lives.is_success:
        return _absent(process)
    works = _get(process.address + process.works) if process.works else lives
    if works is None or not works.is_success:
        return bad(process.name, f"lives, and can't work ({_detail(works)})", "mend that first")
    return ok(process.name, f"answers at {process.address}")


def _absent(process: _Served) -> Finding:
    parts = urlsplit(process.address)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    with suppress(OSError), socket.create_connection((parts.hostname, port), 2):
        return bad(
            process.name,
            f"something else answers at {process.address}, or it hangs",
            f"stop what has the port, or set {process.setting} to a free one",
        )
    return bad(
        process.name,
        f"nothing listens at {process.address}",
        "start it, and read its log ('logs' in the data folder of 'cellpulse up')",
    )


def _get(address: str) -> httpx.Response | None:
    try:
        return httpx.get(address, timeout=_TIMEOUT_SECONDS)
    except (httpx.HTTPError, httpx.InvalidURL):
        return None


def _detail(answer: httpx.Response | None) -> str:
    if answer is None:
        return "no answer within 3 s"
    try:
        return str(answer.json()["detail"])
    except (ValueError, LookupError, TypeError):
        return f"HTTP {answer.status_code}"
