"""An ingest of which only the live feed is there."""

import json
import threading
from typing import Any
from urllib.parse import parse_qs, urlsplit

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import Server, ServerConnection, serve

from tests.streamlit_app.made_up_class import MadeUpClass, order


class FakeIngest:
    """A WebSocket server as the ingest's: it replays after a position, then sends what it is told.

    `connections` holds what each browser asked for; `stop` takes the server away.
    """

    def __init__(self, made_up: MadeUpClass) -> None:
        self._made_up = made_up
        self._open: set[ServerConnection] = set()
        self._lock = threading.Lock()
        self.connections: list[dict[str, Any]] = []
        self._server: Server | None = None
        self.port = 0
        self.start()

    @property
    def address(self) -> str:
        """The address as the browser reaches it: behind a proxy, under a path."""
        return f"http://127.0.0.1:{self.port}/school/cellpulse"

    def start(self) -> None:
        """Listen, on the same port as before."""
        self._server = serve(
            self._talk, "127.0.0.1", self.port, subprotocols=["cellpulse.v1"], compression=None
        )
        self.port = self._server.socket.getsockname()[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Close every connection and stop to listen."""
        if self._server is not None:
            self._server.shutdown()
            self._server = None
        self.hang_up()

    def hang_up(self) -> None:
        """Close every connection, as a restart does."""
        with self._lock:
            closing, self._open = self._open, set()
        for connection in closing:
            connection.close(1012)

    def send(self, message: dict[str, Any]) -> None:
        """Send a message to every browser."""
        with self._lock:
            for connection in self._open:
                connection.send(json.dumps(message))

    def signal(self) -> None:
        """Tell every browser that stored numbers moved."""
        self.send({"signal": "rollups-advanced", "position": self._made_up.as_of().position})

    def _talk(self, connection: ServerConnection) -> None:
        request = connection.request
        assert request is not None
        if urlsplit(request.path).path != "/school/cellpulse/ws/dashboard":
            return
        query = {name: values[0] for name, values in parse_qs(urlsplit(request.path).query).items()}
        offered = request.headers["Sec-WebSocket-Protocol"].split(", ")
        with self._lock:
            after = query.get("after", "0-0")
            for event in self._made_up.events:
                if order(event.position) > order(after):
                    student = self._made_up.students[event.event_id]
                    message = {"student_id": student, **event.model_dump(mode="json")}
                    connection.send(json.dumps(message))
            self._open.add(connection)
            self.connections.append({"query": query, "offered": offered})
        try:
            for _ in connection:
                pass
        except ConnectionClosed:
            pass
        with self._lock:
            self._open.discard(connection)
