"""`WS /ws/dashboard`: each event of a course as one JSON text message, live."""

import asyncio
import json
import re
import time
from collections.abc import Iterable
from contextlib import suppress
from http import HTTPStatus
from typing import Final

from fastapi import APIRouter, WebSocket, WebSocketDisconnect, status
from starlette.types import Message

from ingest_api.access import refuse_ended, refuse_revoked
from ingest_api.background import end
from ingest_api.connection_manager import ConnectionManager, Part, Subscription
from ingest_api.event_log import EventLog, LogUnavailableError, position_order
from ingest_api.live_feed import LiveFeed, published_form, whose
from ingest_api.problems import Problem
from ingest_api.revoked_tokens import RevokedTokens
from ingest_api.signed_in import SignedOut, SignedOutUnknownError
from ingest_api.tokens import (
    EndedTokenError,
    Grant,
    InvalidTokenError,
    SignedOutError,
    read_token,
)
from ingest_api.websocket_protocol import message_of, takes_frames

SUBPROTOCOL: Final = "cellpulse.v1"
_BEARER: Final = "bearer."
_POSITION: Final = re.compile(r"[0-9]{1,16}-[0-9]{1,16}")
#: How long a message may take to leave for a client before the client counts as not reading.
_SEND_SECONDS: Final = 10.0
#: How often it is looked whether whoever opened a dashboard has signed out.
_SIGNED_OUT_SECONDS: Final = 2.0
#: How often it is looked whether the token has ended: that asks nobody.
_ENDED_SECONDS: Final = 0.3

_ASK: Final = "for more ask whoever runs Cellpulse ('cellpulse account')"

PATH: Final = "/ws/dashboard"

router = APIRouter()


@router.get(PATH, include_in_schema=False)
async def no_socket() -> None:
    """Tell whoever asks for a page that this is none."""
    raise Problem(
        HTTPStatus.UPGRADE_REQUIRED,
        f"this is a WebSocket: open ws://…{PATH}?course_id=… with a WebSocket client",
        {"Upgrade": "websocket", "Connection": "Upgrade"},
    )


@router.websocket(PATH)
async def dashboard(socket: WebSocket) -> None:
    """Send each event of `course_id`, after those since `after`, until the client leaves.

    With `section=…` it gets only those of students who are in this section of the course then;
    whoever may see only sections gets those of these, or of the one that is named.

    With `signals=1` it also gets `{"signal": "rollups-advanced", "position": …}` whenever the
    aggregation API has newer numbers. Where events after `after` may have been trimmed, it first
    gets `{"signal": "missed", "after": …, "from": …}`: the log begins at `from`.
    """
    try:
        grant, part = await _permitted(socket)
    except Problem as problem:
        await socket.send_denial_response(problem.to_response())
        return
    offered = socket.scope.get("subprotocols", [])
    await socket.accept(subprotocol=SUBPROTOCOL if SUBPROTOCOL in offered else None)
    query = socket.query_params
    subscription = Subscription(part, signals=query.get("signals") == "1")
    connections: ConnectionManager = socket.app.state.connections
    sending = asyncio.create_task(
        _send(socket, subscription, socket.app.state.live_feed, query.get("after"))
    )
    ends = (
        sending,
        asyncio.create_task(_until_client_leaves(socket)),
        asyncio.create_task(subscription.lagging.wait()),
        signing_out := asyncio.create_task(_until_signed_out(grant, socket.app.state.signed_out)),
        ending := asyncio.create_task(_until_ended(grant, socket.app.state.revoked)),
    )
    try:
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    finally:
        connections.disconnect(subscription)
        await end(ends)
    faults = [None if task.cancelled() else task.exception() for task in ends]
    why = _reason_to_leave(signing_out, ending)
    if (
        why
        or subscription.lagging.is_set()
        or any(isinstance(fault, _TryLaterError) for fault in faults)
    ):
        # The close frame, too, waits for the client to read; after that the line is just cut.
        with suppress(RuntimeError, WebSocketDisconnect, TimeoutError):
            async with asyncio.timeout(_SEND_SECONDS):
                if why:
                    await socket.close(status.WS_1008_POLICY_VIOLATION, why)
                else:
                    await socket.close(status.WS_1013_TRY_AGAIN_LATER)


@router.websocket("/{path:path}")
async def no_such_socket(socket: WebSocket) -> None:
    """Tell that there is nothing: without this it would look as if a right were missing."""
    problem = Problem(HTTPStatus.NOT_FOUND, f"there is no WebSocket here: the live feed is {PATH}")
    await socket.send_denial_response(problem.to_response())


class _TryLaterError(Exception):
    pass


async def _permitted(socket: WebSocket) -> tuple[Grant, Part]:
    """Return the grant by which a dashboard may follow what it asks for, and that.

    Raises:
        Problem: What it asks for is wrong, or not for it.
    """
    query = socket.query_params
    course_id = query.get("course_id")
    if not course_id:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "name the course: '?course_id=…'")
    after = query.get("after")
    if after is not None and not _POSITION.fullmatch(after):
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY, "'after' must be a log position such as '0-0'"
        )
    if query.get("section") == "":
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "name the section, or leave it out")
    try:
        grant = read_token(socket.app.state.secrets, _token(socket))
    except InvalidTokenError as error:
        raise Problem(HTTPStatus.UNAUTHORIZED, "a read token for this course is needed") from error
    if grant.scope != "read" or grant.student_id is not None:
        raise Problem(HTTPStatus.FORBIDDEN, f"this token can't read a whole course: {_ASK}")
    part = _permitted_part(grant, course_id, query.get("section"))
    await refuse_revoked(grant, socket.app.state.revoked)
    await refuse_ended(grant, socket.app.state.signed_out)
    await _refuse_without_log(socket.app.state.log)
    return grant, part


async def _refuse_without_log(log: EventLog) -> None:
    """Open no dashboard that would be closed at once: its page would take it for a live one."""
    try:
        await log.last_position()
    except LogUnavailableError as error:
        raise Problem(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "Redis does not answer, which has the events; try again later",
            {"Retry-After": "2"},
        ) from error


def _permitted_part(grant: Grant, course_id: str, section: str | None) -> Part:
    named = None if section is None else frozenset([section])
    if grant.allows_course(course_id):
        return Part(course_id, named)
    sections = frozenset(grant.sections_of(course_id))
    if not sections:
        raise Problem(HTTPStatus.FORBIDDEN, f"this token is for another course: {_ASK}")
    if named is not None and not named <= sections:
        raise Problem(
            HTTPStatus.FORBIDDEN,
            f"you may see section {' and '.join(sorted(sections))} of this course: {_ASK}",
        )
    return Part(course_id, named or sections)


def _reason_to_leave(signing_out: asyncio.Task[None], ending: asyncio.Task[None]) -> str:
    """Return why a dashboard has no right to go on, '' where it has."""
    reasons = {"signed out": signing_out, "the token has ended": ending}
    return next((why for why, task in reasons.items() if task.done() and not task.cancelled()), "")


async def _until_ended(grant: Grant, revoked: RevokedTokens) -> None:
    """End when the token by which a dashboard was opened has ended, or was revoked."""
    ends = grant.token.expires_at
    while ends is None or ends > time.time():
        await asyncio.sleep(_ENDED_SECONDS)
        try:
            await revoked.refuse(grant)
        except EndedTokenError:
            return


async def _until_signed_out(grant: Grant, signed_out: SignedOut) -> None:
    """End when whoever opened the dashboard has signed out, in this tab or another."""
    if grant.signed_in is None:
        await asyncio.Event().wait()
        return
    while True:
        await asyncio.sleep(_SIGNED_OUT_SECONDS)
        try:
            await signed_out.refuse_ended(grant)
        except SignedOutError:
            return
        except SignedOutUnknownError:
            continue  # the log is away too: nothing is sent meanwhile


def _token(socket: WebSocket) -> str:
    offered: Iterable[str] = socket.scope.get("subprotocols", [])
    bearer = next((name for name in offered if name.startswith(_BEARER)), None)
    if bearer is not None:
        return bearer.removeprefix(_BEARER)
    scheme, _, token = socket.headers.get("authorization", "").partition(" ")
    return token if scheme.lower() == "bearer" else socket.query_params.get("token", "")


async def _until_client_leaves(socket: WebSocket) -> None:
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass


async def _send(
    socket: WebSocket,
    subscription: Subscription,
    feed: LiveFeed,
    after: str | None,
) -> None:
    connections: ConnectionManager = socket.app.state.connections
    log: EventLog = socket.app.state.log
    sent_to = (0, 0)
    await feed.begun()  # else what comes until then would be in neither of the two
    try:
        if after is not None:
            if subscription.signals and (begins := await log.missed_from(after)):
                missed = {"signal": "missed", "after": after, "from": begins}
                await _send_one(socket, json.dumps(missed))
            # A position that the log has not come to yet is another log's, or a mistake: it keeps
            # nothing from a client that comes now.
            last = position_order(await log.last_position())
            begin = min(position_order(after), last)
            sent_to = await _replay(socket, subscription.part, log, begin)
            connections.connect(subscription)
            sent_to = await _replay(socket, subscription.part, log, sent_to)
        else:
            connections.connect(subscription)
    except LogUnavailableError as error:
        raise _TryLaterError from error
    while True:
        portion = (await subscription.next()).after(sent_to)
        if takes_frames(socket.scope):
            await _send_message(socket, message_of(portion.frames))
        else:
            for _, message in portion.messages:
                await _send_one(socket, message)


async def _replay(
    socket: WebSocket, part: Part, log: EventLog, after: tuple[int, int]
) -> tuple[int, int]:
    known = socket.app.state.connections.sections
    async for page in log.pages_after(f"{after[0]}-{after[1]}"):
        for position, stored in page:
            of = whose(stored)
            if of is not None and part.holds(*of, known):
                await _send_one(socket, published_form(position, stored))
            after = position_order(position)
    return after


async def _send_one(socket: WebSocket, text: str) -> None:
    await _send_message(socket, {"type": "websocket.send", "text": text})


async def _send_message(socket: WebSocket, message: Message) -> None:
    try:
        async with asyncio.timeout(_SEND_SECONDS):
            await socket.send(message)
    except TimeoutError as error:
        raise _TryLaterError from error
