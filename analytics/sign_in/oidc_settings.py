"""Settings of signing in by an identity provider. Without an issuer there is none."""

from typing import Annotated, Final

from pydantic import AfterValidator, Field, SecretStr, ValidationInfo, field_validator

from ingest_api.settings import Address, Settings

_LOOPBACK: Final = ("http://127.0.0.1", "http://localhost", "http://[::1]")


def _check(value: str) -> str:
    if not value.startswith(("https://", *_LOOPBACK)):
        raise ValueError("must be an https:// address; http:// only of this very machine")
    return value.rstrip("/")


SafeAddress = Annotated[Address, AfterValidator(_check)]


class OidcSettings(Settings):
    """Which provider, who we are to it, and what its claims mean."""

    issuer: Annotated[SafeAddress | None, Field(alias="CELLPULSE_OIDC_ISSUER")] = None
    client_id: Annotated[str, Field(alias="CELLPULSE_OIDC_CLIENT_ID")] = "cellpulse"
    client_secret: Annotated[SecretStr | None, Field(alias="CELLPULSE_OIDC_CLIENT_SECRET")] = None
    scopes: Annotated[str, Field(alias="CELLPULSE_OIDC_SCOPES", pattern=r"\bopenid\b")] = (
        "openid profile email"
    )
    account_claim: Annotated[str, Field(alias="CELLPULSE_OIDC_ACCOUNT_CLAIM", min_length=1)] = (
        "preferred_username"
    )
    roles_claim: Annotated[str, Field(alias="CELLPULSE_OIDC_ROLES_CLAIM", min_length=1)] = "groups"
    dashboard_url: Annotated[
        SafeAddress | None,
        Field(alias="CELLPULSE_PUBLIC_DASHBOARD_URL", validate_default=True),
    ] = None

    @field_validator("dashboard_url")
    @classmethod
    def _know_the_way_back(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None and info.data.get("issuer") is not None:
            raise ValueError(
                "with CELLPULSE_OIDC_ISSUER set CELLPULSE_PUBLIC_DASHBOARD_URL to the dashboard's "
                "address as browsers reach it"
            )
        return value
