"""The fault campaign: a class at work, seeded faults, and after each round nothing lost or doubled.

    python -m tests.faults.campaign --seed 7 --rounds 20

Ends with 0 when every round was clean; a round that was not keeps its folder with all logs.
"""

import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final, Self

import click

from tests.faults.faults import PREVENTED, Faults
from tests.faults.ledger import Ledger, Stored, broken_promises
from tests.faults.plan import ROUND_SECONDS, Fault, faults_of_round
from tests.faults.platform import COURSE, Platform
from tests.faults.traffic import Traffic

#: After all faults of a round are healed, everything is there within this, or it never comes.
RECOVERY_SECONDS: Final = 90.0


@dataclass(frozen=True)
class Round:
    """What came of a round.

    Attributes:
        recovery_seconds: From the last heal to no lag anywhere; spools empty, dashboards whole.
        problems: A sentence for each promise that was broken; empty when the round is clean.
    """

    number: int
    faults: list[Fault]
    left_out: list[str]
    events: int
    recovery_seconds: float
    problems: list[str]

    def __str__(self) -> str:
        faults = "; ".join(map(str, self.faults))
        left_out = "".join(f" (left out: {reason})" for reason in self.left_out)
        verdict = "clean" if not self.problems else "BROKEN\n  " + "\n  ".join(self.problems)
        return (
            f"round {self.number}: {faults}{left_out}: {self.events} events, all there after "
            f"{self.recovery_seconds:.1f} s, {verdict}"
        )


class Campaign:
    """Plays rounds on one platform; use it as `with Campaign(...) as campaign`."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._seed = seed
        self._platform = Platform(folder)
        self._ledger = Ledger()
        self._faults = Faults(self._platform)

    def __enter__(self) -> Self:
        self._platform.__enter__()
        try:
            self._traffic = Traffic(self._platform, self._ledger, self._seed)
        except BaseException:
            self._platform.__exit__(None, None, None)
            raise
        self._traffic.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._traffic.stop()
        self._platform.__exit__(None, None, None)

    def play(self, number: int) -> Round:
        """Play one round: faults while the class works, then heal, wait, and compare."""
        plan = faults_of_round(self._seed, number)
        left_out = [reason for fault in plan if (reason := self._faults.impossible(fault))]
        self._inflict([fault for fault in plan if not self._faults.impossible(fault)])
        healed = time.monotonic()
        self._faults.heal_all()
        self._traffic.rest()
        problems = self._await_recovery()
        seconds = time.monotonic() - healed
        stored = self._stored()
        problems += self._traffic.problems() + broken_promises(self._ledger, stored)
        problems += self._audit()
        self._traffic.go_on()
        return Round(number, plan, left_out, len(stored.positions), seconds, problems)

    def _inflict(self, faults: list[Fault]) -> None:
        begin = time.monotonic()
        heals: list[tuple[float, Callable[[], Any]]] = []
        steps: list[tuple[float, Fault | None]] = [(fault.at, fault) for fault in faults]
        steps += [(ROUND_SECONDS, None)]
        for at, fault in steps:
            self._heal_until(begin, at, heals)
            if fault is not None:
                with suppress(*PREVENTED):
                    heal = self._faults.inflict(fault)
                    heals.append((time.monotonic() - begin + fault.seconds, heal))
        self._heal_until(begin, float("inf"), heals)

    @staticmethod
    def _heal_until(begin: float, at: float, heals: list[tuple[float, Callable[[], Any]]]) -> None:
        heals.sort(key=lambda heal: heal[0])
        while heals and heals[0][0] <= at:
            due, heal = heals.pop(0)
            time.sleep(max(0.0, begin + due - time.monotonic()))
            with suppress(*PREVENTED):  # it is healed with all the rest at the round's end
                heal()
        if at != float("inf"):
            time.sleep(max(0.0, begin + at - time.monotonic()))

    def _await_recovery(self) -> list[str]:
        end = time.monotonic() + RECOVERY_SECONDS
        asked = time.monotonic()
        while waits := self._still_waits():
            now = time.monotonic()
            if now > end:
                return [f"after {RECOVERY_SECONDS:.0f} s: {waits}"]
            # The platform needs the processor too.
            time.sleep(max(0.1, now - asked))
            asked = time.monotonic()
        return []

    def _still_waits(self) -> str:
        if self._traffic.waiting:
            return f"{self._traffic.waiting} events wait in spools"
        status = self._platform.status()
        down = [part.name for part in status.parts if part.state != "ok"]
        behind = [store.name for store in status.stores if store.lag_events]
        if down or behind or not status.stores:
            return f"down: {down}, behind: {behind}"
        stored = self._stored()
        short = [name for name, n in self._ledger.replies.items() if stored.runs[name] < n]
        short += [n for n, got in self._ledger.followed.items() if len(got) < len(stored.positions)]
        missing = self._ledger.spooled.items() - {
            (session, len(numbers)) for session, numbers in stored.sequences.items()
        }
        return f"not all arrived of {short} and {len(missing)} sessions" if short or missing else ""

    def _stored(self) -> Stored:
        platform = self._platform
        return Stored.read(platform.postgres_url, platform.lake_path, COURSE)

    def _audit(self) -> list[str]:
        code, answer = self._platform.cellpulse("audit")
        if code == 0:
            return []
        if not isinstance(answer, dict):
            return [f"audit: exit code {code}: {answer}"]
        return [f"audit: {finding}" for finding in answer["findings"][:10]] or [
            f"audit: exit code {code} without a finding"
        ]


@click.command()
@click.option("--seed", type=int, help="The same seed gives the same faults; a new one if absent.")
@click.option("--rounds", default=20, show_default=True, type=click.IntRange(1))
@click.option("--keep", is_flag=True, help="Keep the folder with all logs in any case.")
def main(seed: int | None, rounds: int, keep: bool) -> None:
    """Hurt the whole platform while a class works, and see that it keeps every promise."""
    seed = secrets.randbelow(1_000_000) if seed is None else seed
    folder = Path(tempfile.mkdtemp(prefix="cellpulse-faults-"))
    click.echo(f"seed {seed}, {rounds} rounds, in {folder}")
    played: list[Round] = []
    with Campaign(folder, seed) as campaign:
        while len(played) < rounds and not any(round_.problems for round_ in played):
            played.append(campaign.play(len(played) + 1))
            click.echo(f"seed {seed} {played[-1]}")
    broken = [round_ for round_ in played if round_.problems]
    recoveries = [round_.recovery_seconds for round_ in played]
    click.echo(
        f"seed {seed}: {len(played)} rounds played, {len(broken)} broken; recovery median "
        f"{median(recoveries):.1f} s, longest {max(recoveries):.1f} s"
    )
    if broken or keep:
        click.echo(f"logs are in {folder}; play it again with SEED={seed}")
    else:
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
