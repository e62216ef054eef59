"""What pydantic says is wrong with a value, as people read it."""

from collections.abc import Mapping
from typing import Any, Final

_INTRODUCTION: Final = "Value error, "


def fault_words(fault: Mapping[str, Any]) -> str:
    """Return the words of one of `ValidationError.errors()`, without how pydantic begins ours."""
    return str(fault["msg"]).removeprefix(_INTRODUCTION)
