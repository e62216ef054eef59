"""A short campaign; `make faults` plays long ones with seeds that nobody chose."""

import os
from pathlib import Path

import pytest

from tests.faults.campaign import Campaign

SEED = int(os.environ.get("SEED", "2026"))
ROUNDS = 6


@pytest.mark.timeout(600)
def test_nothing_is_lost_or_doubled_whatever_breaks(tmp_path: Path) -> None:
    """After each round of seeded faults every store, ledger and dashboard agrees."""
    with Campaign(tmp_path, SEED) as campaign:
        for number in range(1, ROUNDS + 1):
            played = campaign.play(number)
            assert not played.problems, f"seed {SEED} {played}"
