"""Settings of the aggregation API and of `connect()`."""

from typing import Annotated

from pydantic import Field

from flows.settings import LakeSettings
from ingest_api.settings import Address, Secret, data_dir

__all__ = ["ApiSettings", "LakeSettings"]


class ApiSettings(LakeSettings):
    """What the aggregation API needs: the lake, and the secret that tokens are signed with.

    Where Redis is named, dashboards are told at once of what an instructor changed. Exports are
    kept in a folder of their own.
    """

    secret: Annotated[Secret, Field(alias="CELLPULSE_SECRET")]
    redis_url: Annotated[
        Address | None,
        Field(alias="CELLPULSE_REDIS_URL", pattern="^(rediss?|unix)://", repr=False),
    ] = None
    exports_path: Annotated[
        str,
        Field(alias="CELLPULSE_EXPORTS_PATH", default_factory=lambda: str(data_dir() / "exports")),
    ]
