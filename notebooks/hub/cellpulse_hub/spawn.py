"""What a student's server is given when it starts: the hook's settings, and nothing else."""

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from cellpulse_hub.groups import courses_of
from cellpulse_hub.platform import Platform, PlatformError

VARIABLES = ("CELLPULSE_URL", "CELLPULSE_TOKEN", "CELLPULSE_COURSE", "CELLPULSE_STUDENT")

#: What the Hub calls before a server starts; it may be a coroutine function.
PreSpawnHook = Callable[[Any], Any]


class HookSettings:
    """Puts the hook's settings into the environment of a server that is about to start.

    It never keeps a server from starting: what is missing is said in the Hub's log.
    """

    def __init__(self, platform: Platform, ingest_url: str, days: int) -> None:
        """Give tokens that hold so many days.

        Args:
            platform: Makes the tokens.
            ingest_url: The ingest as students' servers reach it.
            days: How long a token holds; a server that runs longer stops reporting.
        """
        self._platform = platform
        self._ingest_url = ingest_url
        self._days = days
        #: The latest token by course and student, for while Cellpulse is away.
        self._latest: dict[tuple[str, str], str] = {}

    async def give(self, spawner: Any) -> None:
        """Set the variables for the course that the server is for, or take them away."""
        kept = {k: v for k, v in spawner.environment.items() if k not in VARIABLES}
        spawner.environment = kept
        course = course_of(spawner)
        if course is None:
            return
        student = spawner.user.name
        token = await self._token(spawner, course, student)
        if token is not None:
            values = (self._ingest_url, token, course, student)
            spawner.environment = {**kept, **dict(zip(VARIABLES, values, strict=True))}

    async def _token(self, spawner: Any, course: str, student: str) -> str | None:
        known = (course, student)
        try:
            self._latest[known] = await self._platform.hook_token(course, student, self._days)
        except PlatformError as error:
            then = "an earlier token is used" if known in self._latest else "nothing is recorded"
            spawner.log.warning("cellpulse: %s's server starts, %s: %s", student, then, error)
        return self._latest.get(known)


def course_of(spawner: Any) -> str | None:
    """Return the course that a server is for; None where it is for none, or for which is unknown.

    A student of one course: that. A student of several: the one that the server is named after.
    """
    courses = courses_of(group.name for group in spawner.user.groups)
    if spawner.name in courses:
        return str(spawner.name)
    if len(courses) > 1:
        spawner.log.warning(
            "cellpulse: nothing is recorded on %s's server %r, it could be for %s: name a server "
            "after the course",
            spawner.user.name,
            spawner.name,
            " or ".join(courses),
        )
    return courses[0] if len(courses) == 1 else None


def in_turn(hooks: Sequence[PreSpawnHook]) -> PreSpawnHook:
    """Return one hook that calls several."""

    async def call(spawner: Any) -> None:
        for hook in hooks:
            done = hook(spawner)
            if inspect.isawaitable(done):
                await done

    return call
