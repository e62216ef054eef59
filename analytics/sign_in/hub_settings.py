"""Settings of signing in by a JupyterHub. Without its address there is none."""

from typing import Annotated, Any, Final

from pydantic import Field, SecretStr, ValidationInfo, field_validator

from analytics.sign_in.oidc_settings import SafeAddress
from ingest_api.settings import Settings

#: What the Hub knows us by: its service of the name that cellpulse_hub gives it.
CLIENT_ID: Final = "service-cellpulse"
_NEEDED: Final = {
    "token": "CELLPULSE_HUB_TOKEN to the value that the Hub has under this name",
    "dashboard_url": "CELLPULSE_PUBLIC_DASHBOARD_URL to the dashboard's address as browsers reach "
    "it",
}


class HubSettings(Settings):
    """Which Hub, and by what it knows us."""

    url: Annotated[SafeAddress | None, Field(alias="CELLPULSE_HUB_URL")] = None
    token: Annotated[
        SecretStr | None, Field(alias="CELLPULSE_HUB_TOKEN", validate_default=True)
    ] = None
    dashboard_url: Annotated[
        SafeAddress | None,
        Field(alias="CELLPULSE_PUBLIC_DASHBOARD_URL", validate_default=True),
    ] = None

    @field_validator("token", "dashboard_url")
    @classmethod
    def _know_each_other(cls, value: Any, info: ValidationInfo) -> Any:
        if value is None and info.data.get("url") is not None:
            raise ValueError(f"with CELLPULSE_HUB_URL set {_NEEDED[str(info.field_name)]}")
        return value
