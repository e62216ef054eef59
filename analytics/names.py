"""Who is who in pseudonymous courses: the one place where the API turns pseudonyms into names.

What the API reads and writes has pseudonyms. What is asked about a student by the own id becomes
the pseudonym before it is judged or answered; what is answered as JSON gets ids and names as the
last step. Files of tables are no JSON: researchers get the pseudonyms.

In what somebody wrote anybody's pseudonym may stand, also one that was typed. So whoever reads that
is told who is meant in the courses that the token covers, and a student of nobody else. Of a course
that is covered in part, those are told of whom the same answer is.
"""

import asyncio
import json
import logging
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, Final

from redis import RedisError
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from analytics.settings import ApiSettings
from analytics.written import WRITTEN
from flows.pseudonyms.courses import PseudonymError
from flows.pseudonyms.names import Name, Names
from flows.pseudonyms.publish import publish_names
from flows.pseudonyms.who import Hiding, hiding
from flows.redis_client import connect_redis
from flows.stores.postgres import engine_for
from flows.stores.store import StoreUnavailableError
from flows.version_of_data import UnknownDataVersionError
from ingest_api.problems import Problem
from ingest_api.pseudonym import PseudonymKey, is_pseudonym
from ingest_api.tokens import Grant

logger = logging.getLogger(__name__)
_LOOK_SECONDS: Final = 5.0
#: Under which name a request's state has the grant of whoever asks.
GRANT: Final = "grant"
#: In texts, anybody of whom whoever reads them is not told.
SOMEBODY: Final = "somebody"
_STUDENT: Final = "student_id"
_NAME: Final = "display_name"
_JSON: Final = "application/json"
_PSEUDONYM: Final = re.compile("p-[a-z2-7]{16}")
#: The hint that an answer is worth being read.
_IN_ANSWER: Final = re.compile(_PSEUDONYM.pattern.encode())


@contextmanager
def pseudonyms_told() -> Iterator[None]:
    """Turn what can't be done in a pseudonymous course into a problem."""
    try:
        yield
    except PseudonymError as error:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from error


class WhoIsWho:
    """Knows the pseudonymous courses and who is who in them, a few seconds old at most."""

    def __init__(self, settings: ApiSettings) -> None:
        """Know nobody before `refresh`."""
        self._settings = settings
        self._engine = engine_for(settings.postgres_url)
        self._names = Names(settings.names_url)
        key = settings.pseudonym_key_text
        self._hiding = Hiding({}, None if key is None else PseudonymKey(key))
        #: Who is who, by pseudonym: no two courses have one in common.
        self.known: Mapping[str, Name] = {}
        self._of_courses: Mapping[str, Mapping[str, Name]] = {}

    def stored_id(self, course_id: str, student_id: str) -> str:
        """Return the id under which a student of a course is kept.

        Where the course's key is not here, only whom the names know is found.
        """
        if is_pseudonym(student_id):
            return student_id
        try:
            return self.id_of_name(course_id, student_id)
        except PseudonymError:
            return student_id

    def id_of_name(self, course_id: str, student_id: str) -> str:
        """Return the id under which whoever has this own id is kept, whatever it looks like.

        Raises:
            PseudonymError: The course's key is not here, nor is there such a name.
        """
        try:
            return self._hiding.id_of_name(course_id, student_id)
        except PseudonymError:
            for pseudonym, name in self._names.of_course(course_id).items():
                if name.student_id == student_id:
                    return pseudonym
            raise

    def ids_of(self, student_id: str) -> list[str]:
        """Return every id under which a student may be kept in any course."""
        courses = self._hiding.courses
        return sorted({student_id, *(self.stored_id(each, student_id) for each in courses)})

    def refresh(self) -> None:
        """Take over what was changed; what is known stays where a store does not answer."""
        try:
            self._hiding = hiding(self._engine, self._settings)
            courses = self._names.every() if self._hiding.courses else {}
        except (StoreUnavailableError, UnknownDataVersionError) as error:
            logger.debug("who is who is not known anew: %s", error)
        else:
            self.known = _together(courses.values())
            self._of_courses = courses
            self._publish(courses)

    def _publish(self, courses: Mapping[str, Mapping[str, Name]]) -> None:
        """Tell the edge the names of the courses of which the key is here."""
        key, url = self._hiding.key, self._settings.redis_url
        if key is None or url is None or not self._hiding.courses:
            return
        ours = {each for each, check in self._hiding.courses.items() if check == key.check}
        try:
            with connect_redis(url) as redis:
                publish_names(redis, key, {each: courses.get(each, {}) for each in ours})
        except RedisError as error:
            logger.debug("the edge is not told the names: %s", error)

    async def follow(self) -> None:
        """Refresh every few seconds until cancelled."""
        while True:
            await asyncio.to_thread(self.refresh)
            await asyncio.sleep(_LOOK_SECONDS)

    def close(self) -> None:
        """Let go of PostgreSQL."""
        self._engine.dispose()

    def named(self, body: bytes, grant: Grant | None) -> bytes:
        """Return a JSON answer with ids and names in the place of pseudonyms that are known.

        Args:
            body: The answer.
            grant: Of whoever asked; None where no token was asked for.
        """
        if not self.known or not _IN_ANSWER.search(body):
            return body
        answer = json.loads(body)
        in_texts = {} if grant is None else told_in_texts(answer, grant, self._of_courses)
        named = _named(answer, self.known, in_texts)
        return json.dumps(named, ensure_ascii=False, separators=(",", ":")).encode()


def told_in_texts(
    answer: object, grant: Grant, names: Mapping[str, Mapping[str, Name]]
) -> dict[str, str]:
    """Return what stands for a pseudonym in what somebody wrote; any other stays.

    Args:
        answer: In which the texts are.
        grant: Of whoever asked for it.
        names: Who is who, by course and pseudonym.
    """
    if grant.student_id is not None:
        everybody = _together(names.values())
        own = everybody.get(grant.student_id)
        others = dict.fromkeys(everybody, SOMEBODY)
        return others if own is None else others | {grant.student_id: own.student_id}
    covered = names if grant.course_ids is None else grant.course_ids
    known = _together(names.get(course_id, {}) for course_id in covered)
    told = {pseudonym: name.student_id for pseudonym, name in known.items()}
    partly = _together(names.get(course_id, {}) for course_id, _ in grant.sections)
    if not partly:  # most grants: the answer, which may be large, is not read for it
        return told
    return told | dict.fromkeys(partly.keys() - set(_ids_in(answer)), SOMEBODY)


def _together(courses: Iterable[Mapping[str, Name]]) -> dict[str, Name]:
    return {pseudonym: name for of in courses for pseudonym, name in of.items()}


def _ids_in(value: Any) -> Iterator[str]:
    """Yield the ids of the students whom an answer is about."""
    match value:
        case list():
            for each in value:
                yield from _ids_in(each)
        case dict():
            if isinstance(value.get(_STUDENT), str):
                yield value[_STUDENT]
            for each in value.values():
                yield from _ids_in(each)


def _named(
    value: Any, known: Mapping[str, Name], in_texts: Mapping[str, str], field: str = ""
) -> Any:
    match value:
        case str() if field in WRITTEN:  # the edge put pseudonyms in the place of ids and names
            return _PSEUDONYM.sub(lambda found: in_texts.get(found[0], found[0]), value)
        case list():
            return [_named(each, known, in_texts, field) for each in value]
        case dict():
            told = {name: _named(each, known, in_texts, name) for name, each in value.items()}
            who = known.get(str(value.get(_STUDENT)))
            if who is not None:
                told[_STUDENT] = who.student_id
                if _NAME in told:
                    told[_NAME] = who.display_name
            return told
    return value


class NamedAnswers:
    """ASGI middleware that puts names into answers, where there is any pseudonymous course."""

    def __init__(self, app: ASGIApp, who: WhoIsWho) -> None:
        self._app = app
        self._who = who

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http" or not self._who.known:
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})  # in which the grant will stand
        await self._app(scope, receive, _Naming(self._who, send, state))


class _Naming:
    """Holds an answer back until all of it is there; what is no JSON goes on at once."""

    def __init__(self, who: WhoIsWho, send: Send, state: Mapping[str, Any]) -> None:
        self._who = who
        self._send = send
        self._state = state
        self._start: Message | None = None
        self._body = bytearray()

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            kind = MutableHeaders(raw=message["headers"]).get("content-type", "")
            if kind.partition(";")[0] == _JSON:
                self._start = message
                return
        if self._start is None:
            await self._send(message)
            return
        self._body += message.get("body", b"")
        if message.get("more_body"):
            return
        body = self._who.named(bytes(self._body), self._state.get(GRANT))
        MutableHeaders(raw=self._start["headers"])["content-length"] = str(len(body))
        await self._send(self._start)
        await self._send({"type": "http.response.body", "body": body})
