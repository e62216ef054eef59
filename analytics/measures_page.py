"""Writes docs/measures.md: the introduction beside this file, then each measure's header."""

import sys
from collections.abc import Iterator
from importlib import resources
from typing import Final

from analytics.measures.measure import Measure, load_measure, measure_names

_INTRODUCTION: Final = (resources.files("analytics") / "measures_page.md").read_text(
    encoding="utf-8"
)


def measures_page() -> str:
    """Return the page, in Markdown."""
    measures = [load_measure(name) for name in measure_names()]
    return "\n".join([_INTRODUCTION, *(line for one in measures for line in _section(one))])


def _section(measure: Measure) -> Iterator[str]:
    yield f"## {measure.title}"
    yield f"`{measure.name}` · {measure.unit}"
    yield ""
    yield measure.meaning
    yield ""
    yield f"- **Formula**: {measure.formula}"
    for name, parameter in measure.parameters.items():
        default = "a course" if parameter.kind == "course" else f"default {parameter.default}"
        yield f"- **Parameter** `{name}` ({default}): {parameter.meaning}"
    for name, meaning in measure.columns.items():
        yield f"- **Column** `{name}`: {meaning}"
    yield f"- **Source**: {measure.source}"
    yield f"- **Adapted to notebooks**: {measure.adapted}"
    yield f"- **Limits**: {measure.limits}"
    yield ""


if __name__ == "__main__":
    sys.stdout.write(measures_page())
