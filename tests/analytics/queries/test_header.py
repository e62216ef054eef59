"""The header of an SQL file."""

from analytics.queries.header import parse_header


def test_a_line_of_a_text_may_look_like_an_item() -> None:
    """A text that goes on with a word and a colon loses nothing; a key without a text has items."""
    header = parse_header(
        "-- formula: Each name\n--   counts: two are the same.\n"
        "-- columns:\n--   value: What it is,\n--     whole.\n\nSELECT 1"
    )
    assert header.text("formula") == "Each name counts: two are the same."
    assert header.items_of("columns") == {"value": "What it is, whole."}
