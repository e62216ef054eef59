"""The Hub's service: leads to the dashboard, and enrolls whoever is in a course's group.

`python -m cellpulse_hub.service`, started by the Hub, which tells it where everything is.
"""

import asyncio
import contextlib
import json
import logging
import os
from urllib.parse import urljoin, urlsplit

from tornado.httpclient import AsyncHTTPClient, HTTPRequest
from tornado.web import Application, RedirectHandler

from cellpulse_hub.groups import Students, students_by_course
from cellpulse_hub.platform import Platform, PlatformError

#: How often the Hub's groups are read, in seconds.
READ_SECONDS = 60.0
_LOG = logging.getLogger("cellpulse")
_PAGES = "application/jupyterhub-pagination+json"


class Enrolment:
    """Keeps Cellpulse's rosters up with the Hub's groups."""

    def __init__(self, hub_api_url: str, hub_token: str, platform: Platform) -> None:
        """Read the groups of the Hub at this address."""
        self._hub_api_url = hub_api_url
        self._headers = {"Authorization": f"token {hub_token}", "Accept": _PAGES}
        self._platform = platform
        #: What Cellpulse was told last, by course.
        self._told: dict[str, Students] = {}

    async def keep_up(self) -> None:
        """Enroll again and again. Never ends; what goes wrong is logged, and tried again."""
        while True:
            try:
                await self.enroll()
            except (OSError, ValueError) as error:
                _LOG.warning("the Hub's groups can't be read: %s", error)
            await asyncio.sleep(READ_SECONDS)

    async def enroll(self) -> None:
        """Enroll the students of each course of which Cellpulse was told otherwise.

        Raises:
            OSError: The Hub does not answer.
            ValueError: It answers with something else.
        """
        for course, students in students_by_course(await self._groups()).items():
            if students and students != self._told.get(course):
                try:
                    await self._platform.enroll(course, students)
                    self._told[course] = students
                except PlatformError as error:
                    _LOG.warning("nobody was enrolled in %s: %s", course, error)

    async def _groups(self) -> dict[str, list[str]]:
        groups: dict[str, list[str]] = {}
        address: str | None = f"{self._hub_api_url}/groups"
        while address is not None:
            answer = await AsyncHTTPClient().fetch(HTTPRequest(address, headers=self._headers))
            page = json.loads(answer.body)
            groups.update((group["name"], group["users"]) for group in page["items"])
            following = page["_pagination"]["next"]
            # By the address that is known to lead there, not the one that the Hub believes it has.
            address = following and urljoin(address, f"?{urlsplit(following['url']).query}")
        return groups


async def serve() -> None:
    """Listen where the Hub says, and enroll."""
    environ = os.environ
    platform = Platform(environ["CELLPULSE_API_URL"], environ["CELLPULSE_ADMIN_TOKEN"])
    to_dashboard = {
        "url": f"{environ['CELLPULSE_DASHBOARD_URL']}/sign-in/provider",
        "permanent": False,
    }
    listening = urlsplit(environ["JUPYTERHUB_SERVICE_URL"])
    Application([(r"/.*", RedirectHandler, to_dashboard)]).listen(
        listening.port or 80, listening.hostname or ""
    )
    await Enrolment(
        environ["JUPYTERHUB_API_URL"], environ["JUPYTERHUB_API_TOKEN"], platform
    ).keep_up()


if __name__ == "__main__":
    logging.basicConfig(format="cellpulse: %(message)s")
    with contextlib.suppress(KeyboardInterrupt):  # so the Hub ends it
        asyncio.run(serve())
