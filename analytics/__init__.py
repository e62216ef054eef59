"""What the numbers mean: measures, the aggregation API, and `connect()` for notebooks."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from analytics.connection import connect

__all__ = ["connect"]


def __getattr__(name: str) -> Any:
    """Load `connect` when it is asked for, so that `analytics.responses` never loads DuckDB."""
    if name != "connect":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from analytics.connection import connect  # noqa: PLC0415 - loading it late is the point

    return connect
