"""What pydantic says is wrong with a value, as people read it."""

from collections.abc import Mapping
from typing import Any, Final

_INTRODUCTION: Final = "Value error, "


def fault_words(fault: Mapping[str, Any]) -> str:
    """Return the words of one of `ValidationError.errors()`, without how pydantic begins ours."""
    return str(fault["msg"]).removeprefix(_INTRODUCTION)


def faults_in_a_line(errors: Any) -> str:
    """Return pydantic's error list as one line: what `validation_errors` tells."""
    return "; ".join(
        f"{fault['field']}: {fault['message']}" if fault["field"] else fault["message"]
        for fault in validation_errors(errors)
    )


def validation_errors(errors: Any) -> list[dict[str, Any]]:
    """Reduce pydantic's error list to place and message: it must not echo what was sent."""
    return [
        {"field": ".".join(str(part) for part in error["loc"]), "message": fault_words(error)}
        for error in errors
    ]
