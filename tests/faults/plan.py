"""Which faults a round has, and when: a pure function of the seed and the round's number."""

import random
from dataclasses import dataclass
from typing import Final

#: How long a round makes trouble, in seconds.
ROUND_SECONDS: Final = 6.0
#: Two faults at once are as likely as one.
MOST_FAULTS: Final = 2

PROCESSES: Final = (
    "redis",
    "postgres",
    "influxdb",
    "influxdb-adaptor",
    "ingest",
    "relay",
    "worker-1",
    "worker-2",
    "api",
    "dashboard",
    "jupyterlab",
    "kernel-1",
    "kernel-2",
)
HOPS: Final = (
    "hook-ingest",
    "ingest-redis",
    "flows-redis",
    "worker-postgres",
    "worker-influxdb",
    "api-postgres",
)
#: Hops that speak HTTP, where a proxy in between can answer for the server.
HTTP_HOPS: Final = ("hook-ingest", "worker-influxdb")
CLOCKS: Final = ("redis", "ingest", "relay", "worker-1", "worker-2", "kernel-1")
DISKS: Final = ("spool", "lake", "postgres")


@dataclass(frozen=True)
class Fault:
    """One fault.

    Attributes:
        kind: What is done; a method of `Faults`.
        target: To what.
        at: When, in seconds after the round began.
        seconds: How long it lasts before it is healed.
        amount: How much, where the kind has a measure: of a delay or a clock's jump, in seconds.
    """

    kind: str
    target: str
    at: float
    seconds: float
    amount: float = 0.0

    def __str__(self) -> str:
        amount = f" by {self.amount:+.2f} s" if self.amount else ""
        return f"{self.kind} {self.target}{amount} at {self.at:.1f} s for {self.seconds:.1f} s"


#: Each kind with its targets; kinds are drawn evenly, so that none drowns among the others.
KINDS: Final[dict[str, tuple[str, ...]]] = {
    "kill": PROCESSES,
    "terminate": PROCESSES,
    "freeze": PROCESSES,
    "kill_in_commit": ("worker", "postgres"),
    "kill_in_maintenance": ("worker", "postgres"),
    "restart_everything": ("platform",),
    "cut": HOPS,
    "delay": HOPS,
    "half_open": HOPS,
    "garbage": HOPS,
    "http_500": HTTP_HOPS,
    "redis_out_of_memory": ("redis",),
    "redis_read_only": ("redis",),
    "lose_notifications": ("redis",),
    "fill_disk": DISKS,
    "clock_jump": CLOCKS,
}


def faults_of_round(seed: int, number: int) -> list[Fault]:
    """Return the faults of one round, in the order in which they happen."""
    chance = random.Random(f"cellpulse {seed} {number}")
    count = chance.randint(1, MOST_FAULTS)
    return sorted((_fault(chance) for _ in range(count)), key=lambda fault: fault.at)


def _fault(chance: random.Random) -> Fault:
    kind = chance.choice(list(KINDS))
    target = chance.choice(KINDS[kind])
    seconds = chance.uniform(0.3, ROUND_SECONDS / 2)
    at = chance.uniform(0, ROUND_SECONDS - seconds)
    amount = {
        "delay": chance.uniform(0.05, 0.6),
        "clock_jump": chance.choice((-1, 1)) * chance.uniform(1, 6) * 3_600,
    }.get(kind, 0.0)
    return Fault(kind, target, at, seconds, amount)
