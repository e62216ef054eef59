"""`connect()`: the lake in a notebook, read-only, or one clear error."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

import analytics
from analytics.errors import LakeUnavailableError
from analytics.lake.connection import connect
from analytics.lake.views import VIEWS

NOBODY = "postgresql://someone:hunter2@127.0.0.1:1/class"


@pytest.fixture(scope="module")
def lake(known_class: Any) -> Any:
    with connect(known_class.settings.postgres_url, known_class.settings.lake_path) as connection:
        yield connection


def test_every_table_is_a_view_under_its_plain_name(lake: duckdb.DuckDBPyConnection) -> None:
    """Raw events, rollups and master data are there without a prefix."""
    assert lake.sql("SELECT * FROM events WHERE course_id = 'py'").shape[0] == 12
    assert lake.sql("SELECT sum(runs) FROM rollup_student_exercise").fetchall() == [(267,)]
    assert lake.sql("SELECT student_id FROM student_states WHERE error_streak > 0").fetchall() == [
        ("ada",)
    ]
    for view in VIEWS:
        assert lake.sql(f"SELECT count(*) FROM {view}").fetchone() is not None


def test_every_view_and_column_has_a_meaning(lake: duckdb.DuckDBPyConnection) -> None:
    """Comments say what is in a view and in each of its columns."""
    views = lake.sql("SELECT view_name, comment FROM duckdb_views() WHERE NOT internal").fetchall()
    assert dict(views).keys() >= VIEWS.keys()
    silent = lake.sql(
        "SELECT table_name, column_name FROM duckdb_columns() "
        f"WHERE database_name = 'memory' AND table_name IN {tuple(VIEWS)} AND comment IS NULL"
    )
    assert silent.fetchall() == []


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM lake.events",
        "INSERT INTO master.courses (course_id) VALUES ('x')",
        "DROP TABLE lake.events",
        "CALL ducklake_expire_snapshots('lake', older_than => now())",
    ],
)
def test_nothing_can_be_written(statement: str, lake: duckdb.DuckDBPyConnection) -> None:
    """A notebook can't change or lose what the class has done."""
    with pytest.raises(duckdb.Error, match=r"(?i)read.only"):
        lake.execute(statement)


def test_times_are_in_utc_on_a_machine_of_any_zone(known_class: Any) -> None:
    """The machine's own zone changes no answer, not on a cursor either."""
    code = (
        "import sys; from analytics import connect; "
        "lake = connect(*sys.argv[1:]).cursor(); "
        "print(*lake.execute('SELECT min(occurred_at)::VARCHAR FROM events').fetchone())"
    )
    settings = known_class.settings
    done = subprocess.run(
        [sys.executable, "-c", code, settings.postgres_url, settings.lake_path],
        env=os.environ | {"TZ": "Asia/Kathmandu"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "2024-03-04 09:00:30+00\n"


def test_settings_are_used_where_nothing_is_given(
    known_class: Any, own_data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without arguments the address is that of the environment or of the running platform."""
    monkeypatch.setenv("CELLPULSE_POSTGRES_URL", known_class.settings.postgres_url)
    run_env = own_data_dir / "run.env"
    run_env.write_text(f"CELLPULSE_LAKE_PATH={known_class.settings.lake_path}\n")
    with analytics.connect() as lake:
        assert lake.sql("SELECT count(*) FROM courses").fetchone() == (4,)


@pytest.mark.usefixtures("own_data_dir")
def test_without_any_address_the_error_says_how_to_give_one() -> None:
    """Neither a setting nor a running platform: the variable is named."""
    with pytest.raises(
        LakeUnavailableError, match=r"CELLPULSE_POSTGRES_URL.*cellpulse up"
    ) as raised:
        connect()
    assert raised.value.__cause__ is not None


def test_a_server_that_does_not_answer_is_named_without_its_password(tmp_path: Path) -> None:
    """The error says what to check, keeps the cause, and shows the password nowhere."""
    with pytest.raises(LakeUnavailableError, match="does not answer") as raised:
        connect(NOBODY, str(tmp_path))
    cause = raised.value.__cause__
    assert isinstance(cause, duckdb.Error)
    assert "Connection refused" in str(cause)
    assert "hunter2" not in f"{raised.value}{cause}"


def test_a_database_without_a_lake_is_an_error_of_its_own(
    postgres_url: str, tmp_path: Path
) -> None:
    """Before the first start there is no lake, and the error says what makes it."""
    with pytest.raises(LakeUnavailableError, match="no lake in this database yet"):
        connect(postgres_url, str(tmp_path))


def test_a_wrong_path_to_the_files_is_an_error_of_its_own(known_class: Any, tmp_path: Path) -> None:
    """Files elsewhere than the catalog knows: the setting is named."""
    with pytest.raises(LakeUnavailableError, match="CELLPULSE_LAKE_PATH"):
        connect(known_class.settings.postgres_url, str(tmp_path / "elsewhere"))


def test_the_answers_contract_does_not_load_duckdb() -> None:
    """The dashboard imports the response models and gets neither DuckDB nor FastAPI with them."""
    code = (
        "import sys, analytics.responses; "
        "sys.exit(str({'duckdb', 'fastapi', 'sqlalchemy'} & sys.modules.keys() or ''))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr == "\n"


def test_an_unknown_name_of_the_package_is_an_attribute_error() -> None:
    """Only `connect` is loaded late."""
    with pytest.raises(AttributeError, match="conect"):
        _ = analytics.conect


def test_a_connection_reads_the_lake_as_it_was(stores: Any) -> None:
    """Pinned to a snapshot or a time, events, rollups and measures are those of then."""
    at = datetime(2024, 3, 4, 9, 0, tzinfo=UTC)
    run = {"course_id": "c", "student_id": "ada", "exercise": "1", "status": "error"}
    stores.write(stores.log(at, **run))
    with connect(stores.settings.postgres_url, stores.settings.lake_path) as lake:
        [(snapshot, committed_at, position)] = lake.sql("FROM read_from").fetchall()
    assert position == "1709542800000-0"
    stores.write(stores.log(at, **run))
    for as_of in (snapshot, committed_at):
        with connect(
            stores.settings.postgres_url, stores.settings.lake_path, as_of=as_of
        ) as pinned:
            assert pinned.sql("FROM read_from").fetchall() == [(snapshot, committed_at, position)]
            assert pinned.sql("SELECT count(*) FROM events").fetchall() == [(1,)]
            assert pinned.sql("SELECT runs FROM rollup_student_exercise").fetchall() == [(1,)]
            assert pinned.sql("SELECT value FROM error_quotient('c')").fetchall() == [(None,)]
    with connect(stores.settings.postgres_url, stores.settings.lake_path) as lake:
        assert lake.sql("SELECT count(*) FROM events").fetchall() == [(2,)]
        assert lake.sql("SELECT value FROM error_quotient('c')").fetchall() == [(8 / 11,)]


@pytest.mark.parametrize("as_of", [10**9, datetime(2001, 1, 1, tzinfo=UTC), 0])
def test_a_snapshot_that_is_not_there_is_named(known_class: Any, as_of: Any) -> None:
    """The error says which snapshot was asked for and which is the oldest."""
    settings = known_class.settings
    with pytest.raises(LakeUnavailableError, match=r"no snapshot .* \(the oldest is 1, of"):
        connect(settings.postgres_url, settings.lake_path, as_of=as_of)
