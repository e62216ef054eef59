"""How many files, and so connections, this process may have open."""

import resource
from typing import Final

#: Stands for "no limit", which some systems report as a number that they then refuse.
_PLENTY: Final = 1_048_576


def raise_open_files_limit() -> int:
    """Raise the soft limit to the hard one where that is possible, and return what it is now.

    Shells and service managers give 1,024 by default, which a class's dashboards use up.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _PLENTY if hard == resource.RLIM_INFINITY else hard
    if soft != resource.RLIM_INFINITY and soft < wanted:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        except (ValueError, OSError):  # macOS refuses more than its kernel's own limit
            return soft
        return wanted
    return min(soft, _PLENTY) if soft != resource.RLIM_INFINITY else _PLENTY
