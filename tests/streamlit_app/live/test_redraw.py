"""How often an open page is drawn."""

import pytest

from streamlit_app.live.feed.component import shortest_redraw_ms


@pytest.mark.parametrize(
    ("took", "ms"), [(0.0, 500), (0.1, 500), (0.25, 500), (0.6, 1_200), (2.0, 4_000), (60.0, 4_000)]
)
def test_a_drawing_is_no_more_than_half_of_the_time(took: float, ms: int) -> None:
    """A page that is drawn slowly is drawn more seldom, within bounds."""
    assert shortest_redraw_ms(took) == ms
