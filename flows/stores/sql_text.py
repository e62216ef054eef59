"""Texts within SQL, for statements of DuckDB that take no parameter."""


def literal(text: str) -> str:
    """Return a text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"
