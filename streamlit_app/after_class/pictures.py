"""Charts as SVG, drawn without a browser, in the font that the report brings along."""

from functools import cache
from typing import Any, Final

import altair as alt
import vl_convert

from streamlit_app.after_class.charts import Chart
from streamlit_app.after_class.fonts import FONT_FAMILY, FONT_FILE

#: Of a chart beside its table, and of one that has the page's width for itself, in pixels.
_BESIDE: Final = {"width": 420}
_ALONE: Final = {"width": 960, "height": 150}
#: As on the page: a chart's size is that of all of it.
_SIZED: Final = {"autosize": {"type": "fit", "contains": "padding"}}
_VEGA_LITE: Final = ".".join(alt.SCHEMA_VERSION.lstrip("v").split(".")[:2])


def as_svg(chart: Chart, *, is_alone: bool) -> str:
    """Return a chart as one SVG element; its texts stay texts."""
    _know_font()
    specification: dict[str, Any] = chart.to_dict() | _SIZED | (_ALONE if is_alone else _BESIDE)
    specification["config"]["font"] = FONT_FAMILY
    return vl_convert.vegalite_to_svg(specification, vl_version=_VEGA_LITE)


@cache
def _know_font() -> None:
    vl_convert.register_font_directory(str(FONT_FILE.parent))
