"""Settings: what they make of addresses."""

import psycopg
import pytest

from flows.embedded.postgres_server import postgres_answers
from flows.settings import InfluxSettings, LrsSettings, PlatformSettings
from ingest_api.settings import BadSettingError


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),
        ("::1", "http://[::1]:8000"),
    ],
)
def test_an_address_can_be_opened(host: str, address: str) -> None:
    """A part's address is one by which this machine reaches it, also by IPv6."""
    settings = PlatformSettings(CELLPULSE_HOST=host, influx=InfluxSettings())
    assert settings.address(8000) == address


@pytest.mark.parametrize(
    "address",
    [
        "lrs.example.org",
        "ftp://lrs.example.org",
        "https://me:secret@lrs.example.org/xapi",
        "https://lrs.example.org/xapi?key=secret",
        "https://lrs.example.org/x api",
        "https://lrs.example.org:port/xapi",
    ],
)
def test_an_address_of_a_learning_record_store_holds_no_user(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is wrong is said in one line, which does not show what may be secret."""
    monkeypatch.setenv("CELLPULSE_LRS_URL", address)
    with pytest.raises(BadSettingError, match=r"CELLPULSE_LRS_URL: .*must be") as raised:
        LrsSettings.load()
    assert "secret" not in str(raised.value)


def test_no_database_is_made_on_a_named_server(empty_postgres_url: str) -> None:
    """A database that a given address names but the server lacks is said to be away, not made."""
    server = empty_postgres_url.rpartition("/")[0]
    assert not postgres_answers(f"{server}/other?application_name=x")
    with psycopg.connect(empty_postgres_url) as connection:
        query = "SELECT datname FROM pg_database WHERE datname LIKE 'other%'"
        assert connection.execute(query).fetchall() == []
