import pytest

from ingest_api.settings import BadSettingError
from streamlit_app.settings import DashboardSettings


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setenv("CELLPULSE_DATA_DIR", str(tmp_path))
    for field in DashboardSettings.model_fields.values():
        monkeypatch.delenv(str(field.alias), raising=False)


def test_a_fresh_machine_needs_no_setting() -> None:
    """Without any setting the dashboard finds the other parts on this machine."""
    settings = DashboardSettings.load()
    assert (settings.host, settings.port) == ("127.0.0.1", 8501)
    assert settings.api_address == "http://127.0.0.1:8001"
    assert (settings.public_ingest_url, settings.ingest_port) == (None, 8000)


def test_the_api_is_found_by_its_port(monkeypatch: pytest.MonkeyPatch) -> None:
    """The API's port alone moves its address."""
    monkeypatch.setenv("CELLPULSE_API_PORT", "9001")
    assert DashboardSettings.load().api_address == "http://127.0.0.1:9001"


def test_the_apis_address_wins_over_its_port(monkeypatch: pytest.MonkeyPatch) -> None:
    """The API's full address is taken as given, but for a slash at its end."""
    monkeypatch.setenv("CELLPULSE_API_PORT", "9001")
    monkeypatch.setenv("CELLPULSE_API_URL", "http://api:8001/")
    assert DashboardSettings.load().api_address == "http://api:8001"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CELLPULSE_DASHBOARD_PORT", "eighty"),
        ("CELLPULSE_API_PORT", "70000"),
        ("CELLPULSE_API_URL", "127.0.0.1:8001"),
        ("CELLPULSE_PUBLIC_INGEST_URL", "ws://127.0.0.1:8000"),
    ],
)
def test_a_bad_setting_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """A wrong value stops the start with one line that names the setting."""
    monkeypatch.setenv(name, value)
    with pytest.raises(BadSettingError, match=name) as raised:
        DashboardSettings.load()
    assert "\n" not in str(raised.value)
