"""Under which id somebody is kept, course by course."""

import pytest

from flows.pseudonyms.courses import PseudonymError
from flows.pseudonyms.who import Hiding
from ingest_api.pseudonym import PseudonymKey, is_pseudonym

KEY = PseudonymKey("a key of at least thirty-two characters")
HIDING = Hiding({"hidden": KEY.check, "closed": ""}, KEY)
ADA = KEY.of("hidden", "ada")


def test_an_id_becomes_the_pseudonym_and_a_pseudonym_stays() -> None:
    """In a pseudonymous course; in another one nothing changes."""
    assert is_pseudonym(ADA)
    assert HIDING.stored_id("hidden", "ada") == ADA
    assert HIDING.stored_id("hidden", ADA) == ADA
    assert HIDING.stored_id("open", "ada") == "ada"


def test_whoever_is_called_like_a_pseudonym_is_not_that_student() -> None:
    """A name that somebody else vouches for is a name, as the edge takes the id of an event."""
    assert HIDING.id_of_name("hidden", "ada") == ADA
    assert HIDING.id_of_name("hidden", ADA) == KEY.of("hidden", ADA) != ADA
    assert HIDING.id_of_name("open", ADA) == ADA


@pytest.mark.parametrize(
    ("hiding", "course"),
    [(HIDING, "closed"), (Hiding(HIDING.courses, None), "hidden")],
    ids=["closed for good", "without the key"],
)
def test_nobody_can_tell_without_the_key(hiding: Hiding, course: str) -> None:
    """It is told, not guessed; a pseudonym itself needs no key."""
    with pytest.raises(PseudonymError):
        hiding.id_of_name(course, ADA)
    with pytest.raises(PseudonymError):
        hiding.stored_id(course, "ada")
    assert hiding.stored_id(course, ADA) == ADA
