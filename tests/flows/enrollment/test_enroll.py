"""`cellpulse enroll`: a course's students from a CSV file, all of them or none."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner, Result
from redis import Redis

from flows.cli import cli
from flows.enrollment.publish import publish_sections
from flows.stores.postgres import PostgresWriter, engine_for
from ingest_api.course_sections import CONTENTS, VERSIONS, read_sections
from tests.flows.conftest import Make

Enroll = Callable[..., Result]


@pytest.fixture
def enroll(postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Enroll:
    """Return a function that enrolls the students of a text in course `demo`."""
    monkeypatch.setenv("CELLPULSE_POSTGRES_URL", postgres_url)
    path = tmp_path / "roster.csv"

    def run(roster: str, *options: str, course: str = "demo") -> Result:
        path.write_text(roster)
        return CliRunner().invoke(cli, ["enroll", str(path), "--course", course, *options])

    return run


@pytest.fixture
def enrolled(postgres_url: str) -> Callable[[], list[Any]]:
    """Return a function that returns who is enrolled: course, student, name, section, seat."""

    def rows() -> list[Any]:
        with psycopg.connect(postgres_url) as connection:
            return connection.execute(
                "SELECT course_id, student_id, display_name, section, seat FROM enrollments "
                "ORDER BY 1, 2"
            ).fetchall()

    return rows


def test_students_are_enrolled_and_updated(
    enroll: Enroll, enrolled: Callable[[], list[Any]], postgres_url: str, event: Make
) -> None:
    """A roster adds and changes; what it has no column for, and whom it does not name, stays."""
    engine = engine_for(postgres_url)
    seen = [event(1, student_id="seen"), event(2, student_id="s1")]
    PostgresWriter(engine).apply(seen, seen[-1].position)

    roster = "student_id,name,section,seat\ns1,Ada,A,B4\ns2,Bob,B,\n"
    would = enroll(roster, "--dry-run")
    assert would.stdout == (
        "demo: 1 students would be new, 1 would be changed, 0 as they were\n"
        "    new: s2 (name Bob, section B)\n"
        "    changed: s1 is now (name Ada, section A, seat B4)\n"
        "    1 more students of the course are not in the roster and stay as they are\n"
    )
    before = [("demo", "s1", None, None, None), ("demo", "seen", None, None, None)]
    assert enrolled() == before
    assert enroll(roster).stdout.startswith("demo: 1 students new, 1 changed, 0 as they were\n")
    assert enroll(roster).stdout.startswith("demo: 0 students new, 0 changed, 2 as they were\n")

    moved = enroll("student_id,section,email\ns1,,x\ns2,A,y\nseen,A,z\n")
    assert "    changed: s1 (section A) is now without\n" in moved.stdout
    assert "    changed: s2 (section B) is now (section A)\n" in moved.stdout
    assert "    columns that were not read: email\n" in moved.stdout
    expected = [
        ("demo", "s1", "Ada", None, "B4"),
        ("demo", "s2", "Bob", "A", None),
        ("demo", "seen", None, "A", None),
    ]
    assert enrolled() == expected
    later = [event(3, student_id="s2")]
    PostgresWriter(engine).apply(later, later[-1].position)
    engine.dispose()
    assert enrolled() == expected


def test_a_student_of_two_courses_has_a_section_in_each(
    enroll: Enroll, enrolled: Callable[[], list[Any]]
) -> None:
    """Also of a course that nothing is known of; the command says that."""
    assert "nothing was known of this course" in enroll("student_id,section\ns1,A\n").stdout
    enroll("student_id,section\ns1,B\n", course="other")
    assert enrolled() == [
        ("demo", "s1", None, "A", None),
        ("other", "s1", None, "B", None),
    ]


def test_a_large_roster_is_shown_in_part(enroll: Enroll, enrolled: Callable[[], list[Any]]) -> None:
    """More students than one statement takes are enrolled; twenty of them are listed."""
    result = enroll("student_id\n" + "".join(f"s{number:04}\n" for number in range(2_500)))
    assert result.stdout.endswith("    new: s0019\n    and 2480 more\n")
    assert len(enrolled()) == 2_500


@pytest.mark.parametrize(
    ("roster", "course", "words"),
    [
        ("student_id\ns1\n\ns2\ns1\n", "demo", "roster.csv, line 5: the student 's1' is in line 2"),
        ("student_id\ns1\n", "a\\b", "--course 'a\\\\b': "),
    ],
)
def test_a_fault_changes_nothing(
    enroll: Enroll, enrolled: Callable[[], list[Any]], roster: str, course: str, words: str
) -> None:
    """One line says what is wrong, and nobody is enrolled."""
    result = enroll(roster, course=course)
    assert result.exit_code == 1
    assert result.output.count("\n") == 1
    assert words in result.output
    assert enrolled() == []


def test_the_edge_is_told_of_sections(
    enroll: Enroll, redis_url: str, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At once, and again after a loss of Redis; a course without sections is forgotten."""
    monkeypatch.setenv("CELLPULSE_REDIS_URL", redis_url)
    enroll("student_id,section\ns1,A\ns2,B\ns3,\n")
    enroll("student_id,section\ns1,C\n", course="other")
    engine = engine_for(postgres_url)
    with Redis.from_url(redis_url, protocol=2) as redis:

        def published() -> dict[str, dict[str, str]]:
            found: Any = redis.hgetall(CONTENTS)
            assert redis.hkeys(VERSIONS) == list(found)
            return {
                course.decode(): read_sections(text).section_of for course, text in found.items()
            }

        expected = {"demo": {"s1": "A", "s2": "B"}, "other": {"s1": "C"}}
        assert published() == expected
        redis.flushall()
        publish_sections(engine, redis)
        assert published() == expected
        enroll("student_id,section\ns1,B\n")
        enroll("student_id,section\ns1,\n", course="other")
        assert published() == {"demo": {"s1": "B", "s2": "B"}}
    engine.dispose()
