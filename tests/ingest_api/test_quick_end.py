"""A process that is done ends at once."""

import subprocess
import sys

_ENDING = """
import atexit, gc
atexit.register(lambda: print(gc.get_freeze_count() > 0))
from ingest_api.quick_end import end_at_once
end_at_once()
print(gc.get_freeze_count() > 0)
"""


def test_nothing_is_looked_through_at_the_end() -> None:
    """Until then garbage is collected as ever; at the end Python has nothing to go through."""
    done = subprocess.run(
        (sys.executable, "-c", _ENDING), capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\nTrue\n"
