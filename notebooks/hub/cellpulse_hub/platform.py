"""Asks Cellpulse's aggregation API for what the Hub needs of it."""

import csv
import io
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from tornado.httpclient import AsyncHTTPClient, HTTPClientError

from cellpulse_hub.groups import Students

#: How long a student's server waits for it, in seconds.
_TIMEOUT_SECONDS = 5.0


class PlatformError(Exception):
    """Cellpulse does not answer, or refuses; the message says why."""


@dataclass(frozen=True)
class Platform:
    """Cellpulse, as its admin sees it.

    Attributes:
        api_url: The aggregation API as the Hub reaches it.
        admin_token: `cellpulse token --scope read --course '*'`.
    """

    api_url: str
    admin_token: str = field(repr=False)

    async def hook_token(self, course: str, student: str, days: int) -> str:
        """Return a token by which this student's events of this course are sent, and no others.

        Raises:
            PlatformError: There is none.
        """
        asked = json.dumps({"student_id": student, "days": days})
        answer = await self._post(course, "hook_tokens", "application/json", asked)
        return str(answer["token"])

    async def enroll(self, course: str, students: Students) -> None:
        """Enroll students; whoever is enrolled already and not among them stays.

        Raises:
            PlatformError: Nobody was enrolled.
        """
        await self._post(course, "roster", "text/csv", roster(students))

    async def _post(self, course: str, what: str, kind: str, body: str) -> dict[str, Any]:
        address = f"{self.api_url}/api/v1/admin/courses/{quote(course, safe='')}/{what}"
        headers = {"Authorization": f"Bearer {self.admin_token}", "Content-Type": kind}
        try:
            answer = await AsyncHTTPClient().fetch(
                address,
                method="POST",
                headers=headers,
                body=body,
                connect_timeout=_TIMEOUT_SECONDS,
                request_timeout=_TIMEOUT_SECONDS,
            )
            found = json.loads(answer.body)
        except HTTPClientError as error:
            said = error.response.body.decode("utf-8", "replace") if error.response else ""
            why = said or error.message
            raise PlatformError(f"Cellpulse answers {error.code}: {why}") from error
        except (OSError, ValueError) as error:
            raise PlatformError(f"Cellpulse at {self.api_url} does not answer: {error}") from error
        if not isinstance(found, dict):
            raise PlatformError(f"what answers at {self.api_url} is not Cellpulse's API")
        return found


def roster(students: Students) -> str:
    """Return students as the CSV text of a roster; sections only where there are any.

    A column of sections that are all empty would take away those that Cellpulse knows.
    """
    text = io.StringIO()
    writer = csv.writer(text)
    with_sections = any(students.values())
    writer.writerow(["student_id", "section"] if with_sections else ["student_id"])
    for student, section in sorted(students.items()):
        writer.writerow([student, section or ""] if with_sections else [student])
    return text.getvalue()
