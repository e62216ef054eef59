"""What in the API's answers somebody wrote, and so may have a name in it."""

from typing import Final

#: Fields with what students, their programs or instructors wrote.
WRITTEN: Final = frozenset(
    {
        "code",
        "error_message",
        "fixed_code",
        "help_message",
        "line",
        "message",
        "output",
        "pattern",
        "reason",
        "solved_code",
        "text",
    }
)
