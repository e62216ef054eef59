"""Notices that the Jupyter server has ended: its kernels are then killed within a second.

A JupyterHub that runs servers as processes stops them by SIGINT, which leaves no time to shut
kernels down; a server may also crash. No `atexit` runs then.
"""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Mapping
from typing import Callable


def when_parent_ends(ended: Callable[[], None], environ: Mapping[str, str]) -> None:
    """Call `ended`, on a thread of its own, when the server that started this kernel is gone.

    Only for a kernel that ends with its server, and where the system tells (Linux).
    """
    server = environ.get("JPY_PARENT_PID", "")
    if not hasattr(os, "pidfd_open") or server != str(os.getppid()):
        return
    try:
        handle = os.pidfd_open(int(server))
    except OSError:  # an old system, or one that forbids it
        return
    threading.Thread(
        target=_wait, args=(handle, ended), name="cellpulse-hook-parent", daemon=True
    ).start()


def _wait(handle: int, ended: Callable[[], None]) -> None:
    gone = select.poll()
    gone.register(handle, select.POLLIN)
    gone.poll()
    os.close(handle)
    ended()
