"""How long to wait before a request that failed is sent again."""

from __future__ import annotations

from typing import Callable

from cellpulse_hook.answer import Answer, Meaning

#: The longest pause after the first, the second, and each further failure in a row, in seconds.
#: The first is short, because most outages are: one student is back soon. The others are long
#: enough for a class of 500, which makes 19 requests a second while the server is away, and at
#: most 40, its usual 25 included, when it comes back, however long it was away.
_LONGEST_S = (3.0, 24.0, 40.0)
#: A pause is at least this part of the longest: the sooner after a failure, the likelier another.
_SHORTEST_PART = 1 / 3
#: After the time that a server asked for, which it may have told the whole class at once.
_SPREAD_S = 40.0
#: Where the settings are wrong, somebody has to act first.
_DENIED_S = (30.0, 60.0)


def pause_s(failures: int, answer: Answer, uniform: Callable[[float, float], float]) -> float:
    """Return how many seconds to wait.

    Args:
        failures: How often in a row it failed, this time included: 1 or more.
        answer: The last failure.
        uniform: Draws a number between two others, as `random.uniform` does.
    """
    if answer.meaning is not Meaning.LATER:
        return answer.retry_after_s + uniform(*_DENIED_S)
    if answer.retry_after_s > 0:
        return answer.retry_after_s + uniform(0, _SPREAD_S)
    longest_s = _LONGEST_S[min(failures, len(_LONGEST_S)) - 1]
    return uniform(longest_s * _SHORTEST_PART, longest_s)
