"""The plan of a campaign: seeded, and leaving nothing out."""

from tests.faults.faults import Faults
from tests.faults.plan import CLOCKS, DISKS, HOPS, KINDS, PROCESSES, ROUND_SECONDS, faults_of_round

ROUNDS = range(1, 2_000)


def test_the_same_seed_gives_the_same_faults() -> None:
    """A round is played again by its seed and number, whatever was played before."""
    assert [faults_of_round(7, n) for n in ROUNDS] == [faults_of_round(7, n) for n in ROUNDS]
    assert [faults_of_round(7, n) for n in ROUNDS] != [faults_of_round(8, n) for n in ROUNDS]


def test_every_kind_and_target_is_drawn_and_ends_within_the_round() -> None:
    """No fault is left out by chance, each fits into its round, and each can be done."""
    faults = [fault for number in ROUNDS for fault in faults_of_round(1, number)]
    assert {fault.kind for fault in faults} == set(KINDS)
    targets = {fault.target for fault in faults}
    assert targets >= {*PROCESSES, *HOPS, *CLOCKS, *DISKS}
    assert all(f.at >= 0 and f.at + f.seconds <= ROUND_SECONDS for f in faults)
    assert all(callable(getattr(Faults, f"_{kind}")) for kind in KINDS)
