"""What processes there are, while some of them come and go."""

import psutil


def command_of(process: psutil.Process) -> list[str]:
    """Return a process's command and arguments; none where it has ended meanwhile."""
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:  # a database's own helpers come and go
        return []
