"""What the numbers mean: measures, the aggregation API, and `connect()` for notebooks."""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from analytics.drawing import draw_in_jupyterlab
    from analytics.lake.bundle import open_bundle
    from analytics.lake.connection import connect

__all__ = ["connect", "draw_in_jupyterlab", "open_bundle"]


#: Loaded when it is asked for, so that `analytics.responses` never loads DuckDB.
_MODULES: Final = {
    "connect": "analytics.lake.connection",
    "draw_in_jupyterlab": "analytics.drawing",
    "open_bundle": "analytics.lake.bundle",
}


def __getattr__(name: str) -> Any:
    """Load a name's module when it is first asked for."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)
