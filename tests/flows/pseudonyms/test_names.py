"""The names of pseudonymous courses, in a file and in a database of their own."""

import stat
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import psycopg
import pytest

from flows.pseudonyms.names import Name, Names
from flows.settings import NamesSettings
from flows.stores.store import StoreUnavailableError
from ingest_api.settings import BadSettingError

ADA, BOB = Name("ada-the-first", "Ada Lovelace-Name"), Name("bob-the-second")


@pytest.fixture(params=["file", "database"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the address of a store that has nothing yet."""
    if request.param == "file":
        return f"sqlite:///{tmp_path / 'names.db'}"
    address: str = request.getfixturevalue("empty_postgres_url")
    return address


def test_names_are_kept_and_forgotten(url: str) -> None:
    """Each course's apart; what is kept again takes the place of what was there."""
    names = Names(url)
    assert names.every() == {}
    names.forget("demo")
    names.keep("demo", {"p-a": Name("ada-the-first"), "p-b": BOB})
    names.keep("other", {"p-c": ADA})
    names.keep("demo", {"p-a": ADA})
    assert names.every() == {"demo": {"p-a": ADA, "p-b": BOB}, "other": {"p-c": ADA}}
    names.forget("demo", "p-a")
    names.forget("demo", "p-nobody")
    assert names.of_course("demo") == {"p-b": BOB}
    names.forget("demo")
    assert Names(url).every() == {"other": {"p-c": ADA}}


def test_a_file_is_for_its_owner_and_loses_the_bytes(tmp_path: Path) -> None:
    """Asking makes none; what is forgotten is overwritten."""
    file = tmp_path / "names.db"
    names = Names(f"sqlite:///{file}")
    assert names.of_course("demo") == {}
    assert not file.exists()
    names.keep("demo", {"p-a": ADA, "p-b": BOB})
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert b"Lovelace-Name" in file.read_bytes()
    names.forget("demo", "p-a")
    assert b"Lovelace-Name" not in file.read_bytes()
    assert b"ada-the-first" not in file.read_bytes()
    assert b"bob-the-second" in file.read_bytes()


def test_a_database_need_not_be_one_of_its_own(
    migrated_database: Callable[[], AbstractContextManager[str]],
) -> None:
    """The table stands beside others, and theirs stay."""
    with migrated_database() as url:
        Names(url).keep("demo", {"p-a": ADA})
        Names(url).forget("demo", "p-a")
        with psycopg.connect(url) as connection:
            found = connection.execute("SELECT count(*) FROM courses").fetchone()
    assert found == (0,)


def test_a_store_that_is_away_is_told_in_our_words(tmp_path: Path) -> None:
    """Whichever it is."""
    for url in (f"sqlite:///{tmp_path}/nowhere/names.db", "postgresql://127.0.0.1:1/names"):
        with pytest.raises(StoreUnavailableError, match="the names of pseudonymous courses"):
            Names(url).keep("demo", {"p-a": ADA})


def test_an_address_of_another_kind_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """In one line that names the setting, and not the address: it may have a password."""
    monkeypatch.setenv("CELLPULSE_NAMES_URL", "mysql://u:secret@h/names")
    with pytest.raises(BadSettingError, match="CELLPULSE_NAMES_URL") as refused:
        NamesSettings.load()
    assert "secret@" not in str(refused.value)
