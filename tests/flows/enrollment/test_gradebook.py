"""`cellpulse enroll` with the gradebook of a real nbgrader, and with what is none."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner, Result

from flows.cli import cli
from flows.enrollment.gradebook import read_gradebook
from flows.progsnap2.errors import DataSetError
from tests.nbgrader.run import run_nbgrader

ROSTER = "id,first_name,last_name,email\nada,Ada,Lovelace,ada@example.org\nzoë,Zoë,,\n"


@pytest.fixture
def enroll(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], Result]:
    """Return a function that enrolls the students of a file in course `py`."""
    monkeypatch.setenv("CELLPULSE_POSTGRES_URL", postgres_url)
    return lambda file: CliRunner().invoke(cli, ["enroll", str(file), "--course", "py"])


@pytest.mark.timeout(1200)
def test_the_students_of_a_gradebook_are_enrolled(
    tmp_path: Path, enroll: Callable[[Path], Result], postgres_url: str
) -> None:
    """With the ids and names of nbgrader's own import; who has an id alone is enrolled too."""
    (tmp_path / "roster.csv").write_text(ROSTER)
    run_nbgrader(tmp_path, "db student import roster.csv", "db student add bob")
    done = enroll(tmp_path / "gradebook.db")
    assert done.stdout.startswith("py: 3 students new, 0 changed, 0 as they were\n"), done.stderr
    with psycopg.connect(postgres_url) as connection:
        query = "SELECT student_id, display_name FROM enrollments ORDER BY 1"
        rows: list[Any] = connection.execute(query).fetchall()
    assert rows == [("ada", "Ada Lovelace"), ("bob", None), ("zoë", "Zoë")]


def database(path: Path, *statements: str) -> Path:
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()
    return path


STUDENTS = "CREATE TABLE student (id TEXT, first_name TEXT, last_name TEXT)"


def test_names_that_nobody_has_take_no_name_away(tmp_path: Path) -> None:
    """Where nbgrader knows ids alone, as it does after its first collection, names stay."""
    add = "INSERT INTO student (id) VALUES ('s1'), ('s2')"
    gradebook = database(tmp_path / "ids.db", STUDENTS, add)
    assert read_gradebook(gradebook) == {"s1": {}, "s2": {}}


@pytest.mark.parametrize(
    ("statements", "says"),
    [
        (["CREATE TABLE other (id TEXT)"], "no gradebook of nbgrader: no such table: student; "),
        ([STUDENTS], "no student in the gradebook: add them with 'nbgrader db student import'"),
        ([STUDENTS, "INSERT INTO student (id) VALUES ('a\\b')"], r"student 'a\\b': must not"),
        (
            [STUDENTS, "INSERT INTO student VALUES ('s1', hex(zeroblob(101)), '')"],
            "name of s1 '000",
        ),
    ],
)
def test_what_is_no_gradebook_is_one_line(
    tmp_path: Path, enroll: Callable[[Path], Result], statements: list[str], says: str
) -> None:
    """The line names the file and what to do, and nobody is enrolled."""
    path = database(tmp_path / "odd?#.db", *statements)
    refused = enroll(path)
    assert refused.exit_code == 1
    assert refused.stderr.startswith(f"cellpulse: {path}: {says}")
    assert refused.stderr.count("\n") == 1


def test_a_gradebook_that_is_torn_is_refused(tmp_path: Path) -> None:
    """What SQLite can't read is told in its own words."""
    path = tmp_path / "torn.db"
    path.write_bytes(b"SQLite format 3\x00" + b"x" * 200)
    with pytest.raises(DataSetError, match=r"torn\.db: no gradebook of nbgrader: "):
        read_gradebook(path)
