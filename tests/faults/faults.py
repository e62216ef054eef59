"""What each kind of fault does, and how it is healed."""

import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, cast

import psycopg
from dramatiq.brokers.redis import RedisBroker
from redis import Redis, RedisError

from flows.stores.lake_locks import WRITER_LOCK
from flows.worker.wake_ups import MAINTENANCE, WakeUps
from tests.faults.plan import CLOCKS, DISKS, Fault
from tests.faults.platform import Platform
from tests.faults.proxy import Mode

_UNTIL_LOCKED_SECONDS: Final = 3.0
_KILL_SUBSCRIBERS: Final = ("CLIENT", "KILL", "TYPE", "pubsub")
#: What `flows.embedded.redis_server` gives it.
_REDIS_MEMORY: Final = "1gb"
#: How a fault fails where another one was there before it.
PREVENTED: Final = (RedisError, psycopg.Error)
Heal = Callable[[], Any]


class Faults:
    """Does what the plan says to a platform; each method returns what heals it."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def impossible(self, fault: Fault) -> str | None:
        """Return why this machine can't have a fault, or None."""
        if fault.kind == "fill_disk" and not self._platform.disks.can_be_filled:
            return "only root can mount the disk that is filled"
        if fault.kind == "clock_jump" and not self._platform.clocks.can_jump:
            return "libfaketime is not installed"
        return None

    def inflict(self, fault: Fault) -> Heal:
        act: Callable[[Fault], Heal] = getattr(self, f"_{fault.kind}")
        return act(fault)

    def heal_all(self) -> None:
        """Undo whatever a fault left, because another one kept it from being healed in time."""
        for process in self._platform.processes.values():
            process.send(signal.SIGCONT)
        for proxy in self._platform.proxies.values():
            proxy.heal()
        for clock in CLOCKS:
            self._platform.clocks.set(clock, 0)
        if self._platform.disks.can_be_filled:
            for disk in DISKS:
                self._platform.disks.free(disk)
        self._platform.start_all()
        self._redis(lambda redis: redis.config_set("maxmemory", _REDIS_MEMORY))
        self._redis(lambda redis: redis.execute_command("REPLICAOF", "NO", "ONE"))

    def _kill(self, fault: Fault) -> Heal:
        process = self._platform.processes[fault.target]
        process.kill()
        return process.start

    def _terminate(self, fault: Fault) -> Heal:
        process = self._platform.processes[fault.target]
        process.send(process.stop_signal)

        def revive() -> None:
            process.stop()
            process.start()

        return revive

    def _freeze(self, fault: Fault) -> Heal:
        process = self._platform.processes[fault.target]
        process.send(signal.SIGSTOP)
        return lambda: process.send(signal.SIGCONT)

    def _kill_in_commit(self, fault: Fault) -> Heal:
        self._await_writer_lock()
        return self._kill_writer(fault)

    def _kill_in_maintenance(self, fault: Fault) -> Heal:
        broker = RedisBroker(url=self._platform.redis_url)
        with Redis.from_url(self._platform.redis_url, socket_timeout=2) as redis:
            WakeUps(redis, broker, [MAINTENANCE]).request_maintenance()
        broker.client.close()
        self._await_writer_lock()
        return self._kill_writer(fault)

    def _kill_writer(self, fault: Fault) -> Heal:
        processes = [
            process
            for name, process in self._platform.processes.items()
            if name.startswith(fault.target)
        ]
        for process in processes:
            process.kill()

        def revive() -> None:
            for process in processes:
                process.start()

        return revive

    def _await_writer_lock(self) -> None:
        """Wait until somebody writes the lake; where nobody does for long, go on all the same."""
        query = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = %s"
        end = time.monotonic() + _UNTIL_LOCKED_SECONDS
        with psycopg.connect(self._platform.postgres_url, autocommit=True) as postgres:
            while time.monotonic() < end:
                row = postgres.execute(query, [WRITER_LOCK]).fetchone()
                if row and row[0]:
                    return
                time.sleep(0.002)

    def _restart_everything(self, _: Fault) -> Heal:
        processes = list(self._platform.processes.values())
        for process in processes:
            process.kill()
        return self._platform.start_all

    def _hurt_hop(self, fault: Fault) -> Heal:
        proxy = self._platform.proxies[fault.target]
        proxy.change(cast("Mode", fault.kind), fault.amount)
        return proxy.heal

    #: What a proxy can do goes by the same names.
    _cut = _delay = _half_open = _garbage = _http_500 = _hurt_hop

    def _redis_out_of_memory(self, _: Fault) -> Heal:
        self._redis(lambda redis: redis.config_set("maxmemory", 1))
        return lambda: self._redis(lambda redis: redis.config_set("maxmemory", _REDIS_MEMORY))

    def _redis_read_only(self, _: Fault) -> Heal:
        self._redis(lambda redis: redis.execute_command("REPLICAOF", "127.0.0.1", "1"))
        return lambda: self._redis(lambda redis: redis.execute_command("REPLICAOF", "NO", "ONE"))

    def _lose_notifications(self, fault: Fault) -> Heal:
        over = threading.Event()

        def lose() -> None:
            while not over.wait(0.1):
                with suppress(RedisError):  # another fault has it
                    self._redis(lambda redis: redis.execute_command(*_KILL_SUBSCRIBERS))

        losing = threading.Thread(target=lose, daemon=True)
        losing.start()

        def leave_be() -> None:
            over.set()
            losing.join(fault.seconds + 10)

        return leave_be

    def _fill_disk(self, fault: Fault) -> Heal:
        self._platform.disks.fill(fault.target)
        return lambda: self._platform.disks.free(fault.target)

    def _clock_jump(self, fault: Fault) -> Heal:
        self._platform.clocks.set(fault.target, fault.amount)
        return lambda: self._platform.clocks.set(fault.target, 0)

    def _redis(self, step: Callable[[Any], Any]) -> Any:
        with Redis.from_url(
            self._platform.redis_url, decode_responses=True, socket_timeout=5
        ) as redis:
            return step(redis)
