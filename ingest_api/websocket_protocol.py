"""uvicorn's WebSocket protocol, which also takes frames that were made for many clients at once."""

from typing import Any, Final

from starlette.types import Message, Scope
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.protocol import State

#: Among a connection's ASGI extensions: a `websocket.send` may hold whole frames under this name.
FRAMES: Final = "cellpulse.frames"


class FramesProtocol(WebSocketsSansIOProtocol):
    """One connection. Framing each message again for each client would cost more than sending."""

    async def run_asgi(self) -> None:
        """Tell the app that it may send frames, and run it."""
        self.scope["extensions"] = {**(self.scope["extensions"] or {}), FRAMES: {}}
        await super().run_asgi()

    async def send(self, message: Any) -> None:
        """Send what the app says."""
        frames = message.get(FRAMES)
        if frames is None:
            await super().send(message)
            if message["type"] == "websocket.http.response.body" and self.close_sent:
                # A refusal answers the handshake, too: uvicorn would log each one as an error.
                self.handshake_complete = True
            return
        await self.writable.wait()
        if self.disconnected or self.close_sent or self.conn.state is not State.OPEN:
            raise ClientDisconnected
        self.transport.write(frames)


def takes_frames(scope: Scope) -> bool:
    """Tell whether a connection's server takes frames."""
    return FRAMES in (scope.get("extensions") or {})


def message_of(frames: bytes) -> Message:
    """Return the ASGI message that sends frames."""
    return {"type": "websocket.send", FRAMES: frames}
