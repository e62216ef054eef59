"""Namespaces between which every packet is late, so that processes are as if on several machines.

Each namespace has a `tun` device, whose packets this process holds back and passes on. It works
where the kernel has no `netem`, and needs root and iproute2. What it costs is this process's own
time, some 20 us a packet, and none of the platform's.
"""

import fcntl
import heapq
import os
import select
import struct
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from multiprocessing import Process
from pathlib import Path
from typing import Final

from bench.compare import BadMeasurementError

_NEW_DEVICE: Final = 0x400454CA
_PLAIN_PACKETS: Final = 0x0001 | 0x1000
_PACKET_BYTES: Final = 65_536
_DESTINATION: Final = slice(16, 20)
#: Where whatever is in no namespace is: the students, and who measures.
OUTSIDE: Final = "10.77.0.1"


@contextmanager
def delayed_network(names: tuple[str, ...], delay_seconds: float) -> Iterator[Mapping[str, str]]:
    """Make a namespace for each name and yield their addresses; end them when it is left.

    Every packet between two of them, or from one to the outside and back, is late.

    Raises:
        BadMeasurementError: This user or this kernel may not.
    """
    addresses = {name: f"10.77.0.{number}" for number, name in enumerate(names, start=2)}
    try:
        devices = {_bytes(OUTSIDE): _device(None, OUTSIDE)}
        for name, address in addresses.items():
            _ip("netns", "add", namespace(name))
            devices[_bytes(address)] = _device(name, address)
        passing = Process(target=_pass_on, args=(devices, delay_seconds), daemon=True)
        passing.start()
        try:
            yield addresses
        finally:
            passing.terminate()
            passing.join()
            for device in devices.values():
                os.close(device)
    except OSError as error:
        raise BadMeasurementError(
            f"no namespaces: {error}; this needs root and iproute2"
        ) from error
    finally:
        for name in names:
            if Path("/run/netns", namespace(name)).exists():
                _ip("netns", "delete", namespace(name))


def namespace(name: str) -> str:
    """Return what the namespace of a name is called."""
    return f"cellpulse-{name}"


def _device(name: str | None, address: str) -> int:
    """Make the device of a namespace, which this process reads and writes from anywhere."""
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    called = f"cellpulse{address.rpartition('.')[2]}"
    fcntl.ioctl(device, _NEW_DEVICE, struct.pack("16sH", called.encode(), _PLAIN_PACKETS))
    inside: tuple[str, ...] = ()
    if name is not None:
        _ip("link", "set", called, "netns", namespace(name))
        inside = ("-n", namespace(name))
        _ip(*inside, "link", "set", "lo", "up")
    _ip(*inside, "address", "add", f"{address}/24", "dev", called)
    _ip(*inside, "link", "set", called, "up")
    return device


def _pass_on(devices: Mapping[bytes, int], delay_seconds: float) -> None:
    """Pass each packet on to where it is addressed, late."""
    waiting: list[tuple[float, int, int, bytes]] = []
    number = 0
    poll = select.poll()
    for device in devices.values():
        poll.register(device, select.POLLIN)
    while True:
        now = time.monotonic()
        while waiting and waiting[0][0] <= now:
            _, _, target, packet = heapq.heappop(waiting)
            os.write(target, packet)
        wait_ms = max(0.0, (waiting[0][0] - now) * 1_000) if waiting else None
        for device, _ in poll.poll(wait_ms):
            packet = os.read(device, _PACKET_BYTES)
            to = devices.get(packet[_DESTINATION])
            if to is not None:
                number += 1
                heapq.heappush(waiting, (time.monotonic() + delay_seconds, number, to, packet))


def _bytes(address: str) -> bytes:
    return bytes(map(int, address.split(".")))


def _ip(*arguments: str) -> None:
    done = subprocess.run(("ip", *arguments), capture_output=True, text=True, check=False)
    if done.returncode:
        raise BadMeasurementError(f"ip {' '.join(arguments)}: {done.stderr.strip()}")
