"""Settings of the aggregation API and of `connect()`."""

from typing import Annotated

from pydantic import Field

from flows.settings import LakeSettings
from ingest_api.settings import Address, Secret

__all__ = ["ApiSettings", "LakeSettings"]


class ApiSettings(LakeSettings):
    """What the aggregation API needs: the lake, and the secret that tokens are signed with.

    Where Redis is named, dashboards are told at once of what an instructor changed. An admin is
    told whether the ingest and the dashboard answer, where their addresses are named.
    """

    secret: Annotated[Secret, Field(alias="CELLPULSE_SECRET")]
    redis_url: Annotated[
        Address | None,
        Field(alias="CELLPULSE_REDIS_URL", pattern="^(rediss?|unix)://", repr=False),
    ] = None
    ingest_url: Annotated[
        Address | None, Field(alias="CELLPULSE_INGEST_URL", pattern="^https?://[^/]")
    ] = None
    dashboard_url: Annotated[
        Address | None, Field(alias="CELLPULSE_DASHBOARD_URL", pattern="^https?://[^/]")
    ] = None
