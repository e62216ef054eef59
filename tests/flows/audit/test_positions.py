"""What a store's own position tells, without any store."""

import pytest

from flows.audit.positions import LAST_NS, StorePosition, position_faults
from flows.log.logged_event import position_ns

END = position_ns("1000-5")


@pytest.mark.parametrize(
    "position",
    [
        StorePosition("lake", ("1000-5",), "1000-5", END),
        StorePosition("lake", ("999-0",), "998-0", 0),
        StorePosition("postgres", ("0-0",)),
    ],
)
def test_a_position_at_or_before_the_logs_end_is_well(position: StorePosition) -> None:
    """A store that has come to the end, or is on its way, has no fault."""
    assert list(position_faults(position, END)) == []


@pytest.mark.parametrize(
    ("position", "words"),
    [
        (StorePosition("lake", ()), "found 0"),
        (StorePosition("lake", ("0-0", "0-0")), "found 2"),
        (StorePosition("lake", ("999-0",), "1000-0"), "may have dropped what it lacks"),
        (StorePosition("lake", ("999-0",), None, END), "would write them once more"),
        (StorePosition("lake", ("1000-6",)), "would leave out the next events"),
    ],
)
def test_a_position_that_cannot_be_true_is_named(position: StorePosition, words: str) -> None:
    """Each contradiction is one fault, in words that say what follows from it."""
    [fault] = position_faults(position, END)
    assert words in fault


def test_a_new_redis_says_nothing_about_a_position() -> None:
    """A Redis without any event can't tell that a store is ahead of it."""
    assert list(position_faults(StorePosition("lake", ("1000-6",)), 0)) == []


def test_the_lakes_newest_row_and_the_largest_number_bound_what_is_compared() -> None:
    """Rows beyond the store's own position are compared too; a number of 64 bits is the last."""
    assert StorePosition("lake", ("999-0",), None, END).at_ns == END
    assert StorePosition("lake", ("9999999999999-0",)).at_ns == LAST_NS
