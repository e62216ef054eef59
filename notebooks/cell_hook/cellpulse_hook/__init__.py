"""The student's end of Cellpulse: an IPython extension that reports how each cell ran.

It loads by itself in every kernel of the environment that it is installed in;
`%load_ext cellpulse_hook` does the same by hand. `%cellpulse status` says what it is doing.
"""

import contextlib
from typing import Any, Optional

__version__ = "0.1.0"


def load_ipython_extension(shell: Any) -> None:
    """Start reporting from `shell`. Loading twice is loading once. Never raises."""
    from cellpulse_hook.hook import load  # noqa: PLC0415 - what fails here must not reach IPython

    load(shell)


def unload_ipython_extension(shell: Any) -> None:
    """Stop reporting from `shell` until it is loaded again. Never raises."""
    from cellpulse_hook.hook import unload  # noqa: PLC0415 - as above

    unload(shell)


def check(
    name: str,
    passed: object,
    points: Optional[float] = None,
    points_possible: Optional[float] = None,
) -> None:
    """Report the result of a check that the notebook makes itself, for the cell that runs.

    Where the hook does not record, this does nothing. Only a wrong name raises, with the hook and
    without it, so that its author sees it at once; the other values come from students' code, and
    whatever they are, the notebook goes on.

    Args:
        name: The check's name, unique within the course.
        passed: Whether it passed, as Python's `bool` sees it; where that fails, it did not.
        points: Points that it gave, 0 or more. What is no such number is left out.
        points_possible: Points that it can give, likewise.

    Raises:
        TypeError: `name` is not a text.
        ValueError: `name` is empty.
    """
    if not isinstance(name, str):
        raise TypeError(f"check: the first argument is the check's name, not {type(name)}")
    if not name.strip():
        raise ValueError("check: the check needs a name, for example check('sum', total == 6)")
    with contextlib.suppress(Exception):  # a notebook never sees our faults
        from cellpulse_hook.hook import record_check  # noqa: PLC0415 - as above
        from cellpulse_hook.scoring import score_said  # noqa: PLC0415 - as above

        record_check(name.strip(), score_said(passed, points, points_possible))
