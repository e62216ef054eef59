"""A process that is done ends at once: what it holds is not looked through for garbage before."""

import atexit
import gc


def end_at_once() -> None:
    """Have Python leave out its last collection, which goes through everything ever imported.

    With a database engine and an API framework among it that takes longer than most commands, and
    holds up a restart; the system takes all of it back in any case.
    """
    atexit.register(gc.freeze)
