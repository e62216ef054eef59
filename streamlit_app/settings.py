"""Settings of the dashboard. It has no secret of its own: the aggregation API judges tokens."""

from typing import Annotated

from pydantic import Field

from ingest_api.settings import HttpAddress, Port, Settings


class DashboardSettings(Settings):
    """Where the dashboard listens, and where it finds the other parts."""

    host: Annotated[str, Field(alias="CELLPULSE_HOST", min_length=1)] = "127.0.0.1"
    port: Annotated[Port, Field(alias="CELLPULSE_DASHBOARD_PORT")] = 8501
    api_port: Annotated[Port, Field(alias="CELLPULSE_API_PORT")] = 8001
    api_url: Annotated[HttpAddress | None, Field(alias="CELLPULSE_API_URL")] = None
    ingest_port: Annotated[Port, Field(alias="CELLPULSE_INGEST_PORT")] = 8000
    public_ingest_url: Annotated[HttpAddress | None, Field(alias="CELLPULSE_PUBLIC_INGEST_URL")] = (
        None
    )

    jupyter_url: Annotated[HttpAddress | None, Field(alias="CELLPULSE_JUPYTER_URL")] = None
    #: Only that there is one of the two is known here; the API knows the provider.
    oidc_issuer: Annotated[str | None, Field(alias="CELLPULSE_OIDC_ISSUER")] = None
    hub_url: Annotated[str | None, Field(alias="CELLPULSE_HUB_URL")] = None

    @property
    def api_address(self) -> str:
        """The aggregation API as this process reaches it."""
        return self.api_url or f"http://127.0.0.1:{self.api_port}"

    @property
    def has_provider(self) -> bool:
        """Whether people may sign in by their institution."""
        return self.oidc_issuer is not None or self.hub_url is not None
