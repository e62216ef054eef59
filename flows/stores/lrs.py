"""Pushes xAPI statements to a learning record store, whichever it is."""

import logging
import time
from collections.abc import Sequence
from http import HTTPStatus
from typing import Final

import httpx

from flows.log.logged_event import LoggedEvent
from flows.settings import LRS, LrsSettings
from flows.stores.solved import FirstSolutions
from flows.stores.store import Later, PoisonEventError, StoreUnavailableError
from flows.xapi.statements import Statement, Statements, may_complete

logger = logging.getLogger(__name__)
#: In seconds. Together shorter than a worker waits for a drain that does not move.
_TIMEOUT: Final = httpx.Timeout(5, read=20)
#: A smaller batch, or one without its poison event, can be taken.
_REFUSED: Final = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
)
_NOT_LET_IN: Final = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
_NOT_THERE: Final = (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED)
_LONGEST_WAIT_SECONDS: Final = 300
_OLD_VERSION: Final = "1.0.3"
_NEW_VERSION: Final = "2.0.0"
_REASON_CHARS: Final = 300


class LrsWriter:
    """Writes events as statements, whose ids are made of the events' own.

    A statement that the store has already changes nothing there, so it needs to remember no
    position.
    """

    name = LRS
    #: At most twice as many statements: a store elsewhere may be slow, or take little at once.
    batch_events = 50

    def __init__(
        self, settings: LrsSettings, statements: Statements, solutions: FirstSolutions
    ) -> None:
        password = settings.password.get_secret_value()
        self._client = httpx.Client(
            base_url=str(settings.url).rstrip("/"),
            auth=(settings.user, password) if settings.user or password else None,
            timeout=_TIMEOUT,
        )
        self._statements = statements
        self._solutions = solutions
        self._version: str | None = None
        self._not_before = 0.0

    def apply(
        self,
        events: Sequence[LoggedEvent],
        position: str,  # noqa: ARG002
        skipped: Sequence[str] = (),  # noqa: ARG002
        *,
        after: str | None = None,  # noqa: ARG002
    ) -> None:
        """Send the statements of each event; see `Store.apply`."""
        statements = self._made_of(events)
        if not statements:
            return
        try:
            self._send(statements)
        except PoisonEventError as error:
            self._require_that_it_takes_others(error)
            raise

    def apply_late(self, logged: LoggedEvent, later: Later) -> None:  # noqa: ARG002
        """Send the event's statements; see `Store.apply_late`."""
        self.apply([logged], logged.position)

    def position(self) -> None:
        """Return None: the consumer group remembers the position."""

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def _made_of(self, events: Sequence[LoggedEvent]) -> list[Statement]:
        first = self._solutions.among(
            [
                (self._statements.completion_id(logged.event), str(logged.event.event_id))
                for logged in events
                if may_complete(logged.event)
            ]
        )
        return [
            statement
            for logged in events
            for statement in self._statements.of(
                logged.event, completes=str(logged.event.event_id) in first
            )
        ]

    def _send(self, statements: Sequence[Statement]) -> None:
        answer = self._request("POST", "/statements", statements)
        if answer.is_success:
            return
        if answer.status_code != HTTPStatus.CONFLICT:
            raise self._refusal(answer)
        if len(statements) == 1:
            # By its id it tells of the same event; a store never changes what it has.
            logger.info("the LRS has statement %s already, as it was", statements[0]["id"])
            return
        middle = len(statements) // 2
        self._send(statements[:middle])
        self._send(statements[middle:])

    def _require_that_it_takes_others(self, refusal: PoisonEventError) -> None:
        """Tell a bad event from a store that refuses everything, by a statement that is good."""
        try:
            self._send([self._statements.probe()])
        except PoisonEventError as error:
            raise StoreUnavailableError(
                f"{refusal}, and so it does to any other statement"
            ) from error

    def _request(
        self, method: str, path: str, statements: Sequence[Statement] | None = None
    ) -> httpx.Response:
        headers = {}
        if statements is not None:
            headers["X-Experience-API-Version"] = self._version_of_both()
        if time.monotonic() < self._not_before:
            raise StoreUnavailableError("the LRS asked to wait")
        try:
            return self._client.request(method, path, json=statements, headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise StoreUnavailableError(f"the LRS: {str(error) or type(error).__name__}") from error

    def _version_of_both(self) -> str:
        """Return the newest version that the store knows, of those that statements are valid in."""
        if self._version is None:
            answer = self._request("GET", "/about")
            if answer.is_server_error or answer.status_code == HTTPStatus.TOO_MANY_REQUESTS:
                raise self._refusal(answer)
            self._version = _NEW_VERSION if _knows_the_new(answer) else _OLD_VERSION
        return self._version

    def _refusal(self, answer: httpx.Response) -> PoisonEventError | StoreUnavailableError:
        reason = f"the LRS answers {answer.status_code}: {_first_line(answer)}"
        if answer.status_code in _REFUSED:
            return PoisonEventError(reason)
        if answer.status_code in _NOT_LET_IN:
            reason += " (see CELLPULSE_LRS_USER and CELLPULSE_LRS_PASSWORD)"
        elif answer.is_redirect or answer.status_code in _NOT_THERE:
            reason += " (is CELLPULSE_LRS_URL the address below which it has 'statements'?)"
        wait = answer.headers.get("Retry-After", "")
        if wait.isdecimal():
            self._not_before = time.monotonic() + min(int(wait), _LONGEST_WAIT_SECONDS)
        return StoreUnavailableError(reason)


def _knows_the_new(about: httpx.Response) -> bool:
    try:
        return about.is_success and _NEW_VERSION in about.json()["version"]
    except (ValueError, LookupError, TypeError):
        return False


def _first_line(answer: httpx.Response) -> str:
    return answer.text.strip().partition("\n")[0][:_REASON_CHARS]
