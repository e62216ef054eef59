"""Settings of the aggregation API and of `connect()`."""

from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator

from analytics.sign_in.hub_settings import HubSettings
from analytics.sign_in.oidc_settings import OidcSettings
from flows.settings import LakeSettings, WhoIsWhoSettings
from ingest_api.settings import Address, SecretSettings, data_dir

__all__ = ["ApiSettings", "LakeSettings"]


class ApiSettings(LakeSettings, SecretSettings, WhoIsWhoSettings):
    """What the aggregation API needs: the lake, the secret that tokens are signed with, who is who.

    Where Redis is named, dashboards are told at once of what an instructor changed, people can sign
    in, and tokens that were revoked are refused. An admin is told whether the ingest and the
    dashboard answer, where their addresses are named. Exports are kept in a folder of their own.
    """

    redis_url: Annotated[
        Address | None,
        Field(alias="CELLPULSE_REDIS_URL", pattern="^(rediss?|unix)://", repr=False),
    ] = None
    oidc: Annotated[OidcSettings, Field(default_factory=OidcSettings.load)]
    hub: Annotated[HubSettings, Field(default_factory=HubSettings.load, validate_default=True)]
    ingest_url: Annotated[
        Address | None, Field(alias="CELLPULSE_INGEST_URL", pattern="^https?://[^/]")
    ] = None
    dashboard_url: Annotated[
        Address | None, Field(alias="CELLPULSE_DASHBOARD_URL", pattern="^https?://[^/]")
    ] = None
    exports_path: Annotated[
        str,
        Field(alias="CELLPULSE_EXPORTS_PATH", default_factory=lambda: str(data_dir() / "exports")),
    ]

    @field_validator("hub")
    @classmethod
    def _one_provider(cls, value: HubSettings, info: ValidationInfo) -> HubSettings:
        oidc = info.data.get("oidc")
        if value.url is not None and oidc is not None and oidc.issuer is not None:
            raise ValueError(
                "people sign in by one provider: set CELLPULSE_OIDC_ISSUER or CELLPULSE_HUB_URL"
            )
        return value
