"""Whether the aggregation API lives, and whether it can answer."""

from typing import Any, Final

from fastapi import APIRouter, Request

from analytics.examples import AWAY
from analytics.lake.reader import LakeReader
from analytics.queries.query import load_query

router = APIRouter()
_OK: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"application/json": {"example": {"status": "ok"}}}}
}


@router.head("/healthz", include_in_schema=False)
@router.get("/healthz", responses=_OK)
async def healthz() -> dict[str, str]:
    """Tell that the process lives; it depends on nothing else."""
    return {"status": "ok"}


@router.head("/readyz", include_in_schema=False)
@router.get("/readyz", responses={**_OK, **AWAY})
def readyz(request: Request) -> dict[str, str]:
    """Tell whether the lake and PostgreSQL answer: 503 when one of them does not."""
    lake: LakeReader = request.app.state.lake
    lake.read(load_query("as_of").row)
    return {"status": "ok"}
