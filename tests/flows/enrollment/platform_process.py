"""A small learning platform: verifies a tool's signature, issues tokens, lists members by page.

Run as `python platform_process.py PUBLIC_KEY_FILE`; it prints its port. The first part of a path
says how the platform behaves.
"""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs

import jwt

SCOPE: Final = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
ROLE: Final = "http://purl.imsglobal.org/vocab/lis/v2/membership#"
SUB_ROLE: Final = "http://purl.imsglobal.org/vocab/lis/v2/membership/Instructor#TeachingAssistant"
LEARNER: Final = [ROLE + "Learner"]
PAGES: Final[dict[str, list[list[Any]]]] = {
    "good": [
        [
            {"user_id": "u1", "name": "Ada", "email": "ada@x.org", "roles": LEARNER},
            {"user_id": "t1", "roles": [ROLE + "Instructor"]},
        ],
        [
            {"user_id": "u2", "given_name": "Bob", "family_name": "B", "roles": ["Learner"]},
            {"user_id": "u3", "status": "Inactive", "roles": LEARNER},
            {"user_id": "u4", "status": "Deleted", "roles": LEARNER},
        ],
        [
            {"user_id": "a1", "roles": [*LEARNER, SUB_ROLE]},
            {"user_id": "m1", "roles": [ROLE + "Mentor"]},
        ],
    ],
    "nameless": [[{"user_id": "u1", "roles": LEARNER}]],
    "no-id": [[{"user_id": "u1", "roles": LEARNER}, {"name": "Bob", "roles": LEARNER}]],
    "twice": [[{"user_id": "u1", "roles": LEARNER}], [{"user_id": "u1", "roles": LEARNER}]],
    "bad-id": [[{"user_id": "a\u0000b", "roles": LEARNER}]],
    "number": [[{"user_id": 7, "roles": LEARNER}]],
    "no-roles": [[{"user_id": "u1"}]],
    "status": [[{"user_id": "u1", "status": "Gone", "roles": LEARNER}]],
    "text": [["u1"]],
    "teachers": [[{"user_id": "t1", "roles": ["Instructor"]}]],
}
#: Status, content and next page of answers that are no roster; a text is sent as it is.
AMISS: Final[dict[str, tuple[int, Any, str]]] = {
    "broken": (503, {}, ""),
    "html": (200, "<p>Sign in", ""),
    "list": (200, [], ""),
    "no-members": (200, {"id": "x"}, ""),
    "elsewhere": (200, {"members": []}, "https://evil.example/m"),
    "large": (200, {"members": ["x" * 1_000_000] * 11}, ""),
}


class Platform(BaseHTTPRequestHandler):
    """Answers below each behaviour's path."""

    public_key: bytes

    def do_POST(self) -> None:
        """Issue a token for an assertion that the tool's key signed."""
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        try:
            claims = jwt.decode(
                form["client_assertion"][0],
                self.public_key,
                algorithms=["RS256"],
                audience=f"http://{self.headers['Host']}{self.path}",
                options={"require": ["iss", "sub", "aud", "iat", "exp", "jti"]},
            )
        except jwt.InvalidTokenError:
            return self.answer(401, {"error": "invalid_client"})
        if claims["sub"] != "tool" or form["scope"] != [SCOPE]:
            return self.answer(401, {"error": "invalid_client"})
        token: dict[str, Any] = {"access_token": "secret-token", "token_type": "Bearer"}
        if self.behaviour == "wrong-scope":
            token["scope"] = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
        return self.answer(200, {} if self.behaviour == "no-token" else token)

    def do_GET(self) -> None:
        """List a page of members for that token."""
        if self.headers["Authorization"] != "Bearer secret-token":
            return self.answer(401, {})
        behaviour, (_, _, query) = self.behaviour, self.path.partition("?page=")
        page = int(query or 0)
        here = f"/{behaviour}/members?page="
        if behaviour in AMISS:
            status, body, link = AMISS[behaviour]
            return self.answer(status, body, following=link)
        if behaviour in ("circle", "endless"):
            page = (page + 1) % 2 if behaviour == "circle" else page + 1
            return self.answer(200, {"members": []}, following=here + str(page))
        pages = PAGES[behaviour]
        following = here + str(page + 1) if page + 1 < len(pages) else ""
        return self.answer(200, {"members": pages[page]}, following=following)

    @property
    def behaviour(self) -> str:
        """How to behave: the first part of the path."""
        return self.path.split("/")[1]

    def answer(self, status: int, body: Any, *, following: str = "") -> None:
        """Send an answer, with the next page's address where there is one."""
        content = (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        if following:
            self.send_header("Link", f'<{following}>; rel="next", </x>; rel="differences"')
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


if __name__ == "__main__":
    Platform.public_key = Path(sys.argv[1]).read_bytes()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Platform)
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()
