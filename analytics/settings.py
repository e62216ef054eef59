"""Settings of the aggregation API and of `connect()`."""

from typing import Annotated

from pydantic import Field

from flows.settings import LakeSettings
from ingest_api.settings import Secret

__all__ = ["ApiSettings", "LakeSettings"]


class ApiSettings(LakeSettings):
    """What the aggregation API needs: the lake, and the secret that tokens are signed with."""

    secret: Annotated[Secret, Field(alias="CELLPULSE_SECRET")]
