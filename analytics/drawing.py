"""Altair's charts in JupyterLab, without the internet."""

from typing import Any, Final

import altair as alt

_VEGA_LITE_5: Final = {"$schema": "https://vega.github.io/schema/vega-lite/v5.json"}


def draw_in_jupyterlab() -> None:
    """Show charts by JupyterLab's own Vega-Lite 5; Altair's default loads a newer one from afar."""
    alt.renderers.register("jupyterlab", _rendered)
    alt.renderers.enable("jupyterlab")


def _rendered(chart: dict[str, Any]) -> dict[str, Any]:
    return {"application/vnd.vegalite.v5+json": chart | _VEGA_LITE_5}
