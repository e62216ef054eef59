"""The ledger sees what the platform must not do."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.faults.ledger import Ledger, Stored, broken_promises

KEPT = Stored(
    sequences={"a": [1, 2, 3], "b": [1]},
    ids=Counter("xyz"),
    runs=Counter({"kernel-1": 5}),
    positions=["1-0", "2-0", "3-0"],
)


@pytest.fixture
def ledger() -> Ledger:
    """Return the promises that `KEPT` keeps."""
    ledger = Ledger(spooled={"a": 3, "b": 1}, acknowledged={"x", "y"}, sent={"x", "y", "z"})
    ledger.replies["kernel-1"] = 5
    ledger.followed["dashboard-0"] = list(KEPT.positions)
    return ledger


def test_kept_promises_are_not_complained_of(ledger: Ledger) -> None:
    """What is stored once and in order is clean; what nobody was promised may be there or not."""
    assert broken_promises(ledger, KEPT) == []
    assert broken_promises(ledger, replace(KEPT, ids=Counter("xy"))) == []


@pytest.mark.parametrize(
    ("damage", "word"),
    [
        (lambda s: replace(s, sequences={"a": [1, 3], "b": [1]}), "missing [2]"),
        (lambda s: replace(s, sequences={"a": [1, 2, 2, 3], "b": [1]}), "twice [2]"),
        (lambda s: replace(s, sequences={"b": [1]}), "session a"),
        (lambda s: replace(s, ids=Counter("xz")), "lost, such as y"),
        (lambda s: replace(s, ids=Counter("xyzz")), "twice, such as z"),
        (lambda s: replace(s, runs=Counter({"kernel-1": 4})), "kernel-1"),
        (lambda s: replace(s, positions=["1-0", "2-0"]), "not stored ['3-0']"),
        (lambda s: replace(s, positions=["2-0", "1-0", "3-0"]), "in order"),
        (lambda s: replace(s, positions=[*s.positions, "4-0"]), "missing ['4-0']"),
    ],
)
def test_a_broken_promise_is_named(
    ledger: Ledger, damage: Callable[[Stored], Stored], word: str
) -> None:
    """Each way to break a promise gives a sentence that says which."""
    assert word in " ".join(broken_promises(ledger, damage(KEPT)))
