"""What the cell hook adds to a cell and to a kernel's start, in real kernels."""

import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, Final

from jupyter_client.manager import KernelManager

from bench.compare import BadMeasurementError
from bench.line import OURS, Aim, Figures, Line, Row, Scale, Sides
from bench.servers import SECRET, ours, redis
from ingest_api.tokens import Grant, issue_token

_WITHOUT: Final = "the same kernel without it"
#: Whatever the environment loads by itself is left out: a side loads the hook, or does not.
_PLAIN: Final = (
    "--InteractiveShellApp.extra_extensions=[]",
    "--InteractiveShellApp.extensions=[]",
)
_LOAD: Final = """
import time as _time
_begin = _time.perf_counter()
get_ipython().extension_manager.load_extension("cellpulse_hook")
_found = {"load": (_time.perf_counter() - _begin) * 1e3}
"""
#: Each cell's time, and the time of what is called before and after it.
_CELLS: Final = """
import time as _time
def _measure(shell, number):
    cells, called = [], []
    trigger, clock = shell.events.trigger, _time.perf_counter
    def timed(event, *arguments, **named):
        begin = clock()
        try:
            return trigger(event, *arguments, **named)
        finally:
            called[-1] += clock() - begin
    shell.events.trigger = timed
    for _ in range(number):
        called.append(0.0)
        begin = clock()
        shell.run_cell("pass", store_history=True)
        cells.append(clock() - begin)
    del shell.events.trigger
    cells.sort(), called.sort()
    at = lambda times, share: times[int(share * len(times))] * 1e6
    return {"cell": at(cells, .5), "called": at(called, .5), "called_p99": at(called, .99)}
_found = _measure(get_ipython(), NUMBER)
"""


@contextmanager
def _prepare(folder: Path, scale: Scale) -> Sides:
    cells = _CELLS.replace("NUMBER", str(scale.of(2_000, 20)))
    with redis(folder) as log:
        stores = {"CELLPULSE_REDIS_URL": log.url, "CELLPULSE_SECRET": SECRET}
        with ours(folder, "ingest_api.serve", stores) as ingest:
            hook = {
                "CELLPULSE_URL": ingest.url,
                "CELLPULSE_TOKEN": issue_token(SECRET, Grant("ingest", "demo", "s1")),
                "CELLPULSE_COURSE": "demo",
                "CELLPULSE_STUDENT": "s1",
            }
            kernels = count()

            def with_hook() -> Figures:
                spool = {"CELLPULSE_SPOOL_DIR": str(folder / f"spool-{next(kernels)}")}
                with kernel(folder, hook | spool) as (client, started):
                    loaded = ask_kernel(client, _LOAD)
                    return {"start": started} | loaded | ask_kernel(client, cells)

            def without() -> Figures:
                with kernel(folder, {}) as (client, started):
                    return {"start": started} | ask_kernel(client, cells)

            yield {OURS: with_hook, _WITHOUT: without}


@contextmanager
def kernel(folder: Path, environment: Mapping[str, str]) -> Iterator[tuple[Any, float]]:
    """Run a kernel; yield a client of it and the time that its start took, in milliseconds."""
    kept = {name: value for name, value in os.environ.items() if "CELLPULSE" not in name}
    manager = KernelManager(transport="ipc", ip=str(folder / "kernel"))
    begin = time.perf_counter()
    manager.start_kernel(
        extra_arguments=list(_PLAIN),
        env={**kept, **environment, "IPYTHONDIR": str(folder / "ipython")},
    )
    client = manager.blocking_client()
    try:
        client.start_channels()
        client.wait_for_ready(timeout=60)
        yield client, (time.perf_counter() - begin) * 1_000
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=False)


def ask_kernel(client: Any, code: str, *, silent: bool = False) -> dict[str, float]:
    """Run code that leaves its figures in `_found`, and return them.

    Args:
        client: Of the kernel.
        code: What is run.
        silent: Whether the hook is not to see it.

    Raises:
        BadMeasurementError: The code failed.
    """
    reply = client.execute_interactive(
        code,
        timeout=120,
        silent=silent,
        user_expressions={"found": "__import__('json').dumps(_found)"},
        output_hook=lambda _: None,
    )["content"]
    if reply["status"] != "ok" or reply["user_expressions"]["found"]["status"] != "ok":
        raise BadMeasurementError(f"a kernel failed: {str(reply)[-500:]}")
    text = reply["user_expressions"]["found"]["data"]["text/plain"]
    found: dict[str, float] = json.loads(text.strip("'"))
    return found


LINE: Final = Line(
    "hook",
    (
        Row("hook a cell, median", "called", "us", _WITHOUT, Aim("ours", "at most", 50)),
        Row("hook a cell, p99", "called_p99", "us", _WITHOUT, Aim("ours", "at most", 1_000)),
        Row("hook a whole cell of pass", "cell", "us", _WITHOUT),
        Row(
            "hook start of a kernel",
            "load",
            "ms",
            _WITHOUT,
            Aim("ours", "at most", 20),
            baseline_figure="start",
        ),
    ),
    _prepare,
)
