"""The student's end of Cellpulse: an IPython extension that reports how each cell ran.

It loads by itself in every kernel of the environment that it is installed in;
`%load_ext cellpulse_hook` does the same by hand. `%cellpulse status` says what it is doing.
"""

from typing import Any

__version__ = "0.1.0"


def load_ipython_extension(shell: Any) -> None:
    """Start reporting from `shell`. Loading twice is loading once. Never raises."""
    from cellpulse_hook.hook import load  # noqa: PLC0415 - what fails here must not reach IPython

    load(shell)


def unload_ipython_extension(shell: Any) -> None:
    """Stop reporting from `shell` until it is loaded again. Never raises."""
    from cellpulse_hook.hook import unload  # noqa: PLC0415 - as above

    unload(shell)
