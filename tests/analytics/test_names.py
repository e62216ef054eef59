"""Who is meant in what somebody wrote, by who reads it."""

import pytest

from analytics.names import told_in_texts
from flows.pseudonyms.names import Name
from ingest_api.tokens import ALL_COURSES, NO_COURSE, Grant, SignedIn

NAMES = {
    "py": {"p-ada": Name("ada"), "p-bob": Name("bob")},
    "db": {"p-eve": Name("eve")},
}
#: About one student, with another one's pseudonym in what was asked.
ANSWER = {"students": [{"student_id": "p-ada", "events": [{"help_message": "as p-bob said"}]}]}


def assistant(*sections: tuple[str, str]) -> Grant:
    signed_in = SignedIn("tess", "t", 0, 1, sections=sections)
    return Grant("read", NO_COURSE, signed_in=signed_in)


@pytest.mark.parametrize(
    ("grant", "told"),
    [
        (Grant("read", ALL_COURSES), {"p-ada": "ada", "p-bob": "bob", "p-eve": "eve"}),
        (Grant("read", "py"), {"p-ada": "ada", "p-bob": "bob"}),
        (
            Grant("read", "py", "p-bob"),
            {"p-ada": "somebody", "p-bob": "bob", "p-eve": "somebody"},
        ),
        (assistant(("py", "A")), {"p-ada": "ada", "p-bob": "somebody"}),
        (assistant(("db", "A"), ("db", "B")), {"p-eve": "somebody"}),
    ],
    ids=["every course", "a course", "a student", "a section", "another course's section"],
)
def test_a_text_tells_of_whom_its_reader_may_see(grant: Grant, told: dict[str, str]) -> None:
    """Of a course that is seen in part, only of those of whom the answer is."""
    assert told_in_texts(ANSWER, grant, NAMES) == told
