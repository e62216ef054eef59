"""The texts that a measure's header brings to the pages."""

from collections.abc import Iterator

from analytics.measures.measure import Measure
from streamlit_app.language.measure_units import in_minutes, in_words, without_seconds, without_unit


def texts_of(measure: Measure) -> Iterator[str]:
    """Return them in the order of the header; a unit also as it stands beside a number."""
    yield from (measure.title, measure.meaning, measure.formula)
    yield from (measure.unit, without_seconds(measure.unit), in_minutes(measure.unit))
    for name, parameter in measure.parameters.items():
        yield from (in_words(name), parameter.meaning)
    for name, meaning in measure.columns.items():
        yield from (in_words(without_unit(name)), meaning)
    yield from (measure.adapted, measure.limits)
