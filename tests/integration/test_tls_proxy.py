"""The nginx of docs/operate.md before real processes: TLS, pages, streams and events pass it."""

import re
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from flows.embedded.part import free_port
from streamlit_app.sign_in.gate import COOKIE
from tests.integration.nginx import nginx_part

EXAMPLE = Path(__file__).parents[2] / "ops" / "nginx.conf"
PAGES, EVENTS = "cellpulse.example.org", "ingest.example.org"


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """Make a certificate for both names, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, PAGES)])
    now = datetime.now(UTC)
    names = x509.SubjectAlternativeName([x509.DNSName(PAGES), x509.DNSName(EVENTS)])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(names, critical=False)
        .sign(key, hashes.SHA256())
    )
    files = folder / "cellpulse.pem", folder / "cellpulse.key"
    files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return files


class Proxy:
    """An nginx with the example's servers, and clients that trust its certificate."""

    def __init__(self, folder: Path, pipeline: Any) -> None:
        self.folder = folder
        self.port, self.plain_port = free_port(), free_port()
        certificate, key = make_certificate(folder)
        self.trust = ssl.create_default_context(cafile=str(certificate))
        here = {
            "listen 443": f"listen 127.0.0.1:{self.port}",
            "listen 80": f"listen 127.0.0.1:{self.plain_port}",
            "/etc/ssl/cellpulse.pem": str(certificate),
            "/etc/ssl/cellpulse.key": str(key),
            "127.0.0.1:8501": pipeline.dashboard.removeprefix("http://"),
            "127.0.0.1:8000": pipeline.ingest.removeprefix("http://"),
        }
        text = EXAMPLE.read_text()
        for there, this in here.items():
            assert there in text
            text = text.replace(there, this)
        self.part = nginx_part(folder, text, self.answers)

    def answers(self) -> bool:
        with suppress(httpx.HTTPError):
            return self.ask(PAGES, "GET", "/_stcore/health").is_success
        return False

    def ask(self, host: str, method: str, path: str, **more: Any) -> httpx.Response:
        """Ask it by one of its names."""
        headers = {"Host": host, **more.pop("headers", {})}
        with httpx.Client(verify=self.trust, timeout=30) as client:
            return client.request(
                method,
                f"https://127.0.0.1:{self.port}{path}",
                headers=headers,
                extensions={"sni_hostname": host},
                **more,
            )

    def open(self, host: str, path: str, **more: Any) -> Any:
        """Open a WebSocket by one of its names."""
        way = socket.create_connection(("127.0.0.1", self.port))
        return connect(f"wss://{host}{path}", sock=way, ssl=self.trust, **more)


@pytest.fixture
def proxy(
    with_dashboard: Any, tmp_path: Path, running: Callable[..., Any]
) -> Iterator[tuple[Proxy, Any]]:
    """Run the example's nginx before the pipeline."""
    made = Proxy(tmp_path, with_dashboard)
    tried = subprocess.run((*made.part.command, "-t"), capture_output=True, text=True, check=False)
    assert tried.returncode == 0, tried.stderr
    with running(made.part, tmp_path / "log"):
        yield made, with_dashboard


def test_the_proxy_of_the_docs_passes_pages_streams_and_events(proxy: tuple[Proxy, Any]) -> None:
    """By TLS alone: events, the page with its cookie and its stream, the live feed; no figures."""
    nginx, pipeline = proxy
    course, request = f"course-{uuid4().hex}", uuid4().hex
    event = {"course_id": course, "student_id": "s1", "status": "ok"}
    writer = pipeline.bearer("ingest", course=course) | {"X-Request-ID": request}
    posted = nginx.ask(EVENTS, "POST", "/student-progress", json=event, headers=writer)
    assert posted.status_code == 202
    assert "strict-transport-security" in posted.headers

    token = pipeline.bearer("read", course=course)["Authorization"].split()[1]
    entered = nginx.ask(PAGES, "GET", f"/?token={token}")
    assert entered.headers["location"] == "/"
    assert "; Secure" in entered.headers["set-cookie"]
    cookie = {"Cookie": f"{COOKIE}={token}"}
    page = nginx.ask(PAGES, "GET", "/", headers=cookie | {"Accept": "text/html"})
    assert page.status_code == 200
    assert "strict-transport-security" in page.headers
    with nginx.open(PAGES, "/_stcore/stream", additional_headers=cookie, origin=f"https://{PAGES}"):
        pass
    with pytest.raises(InvalidStatus):
        nginx.open(PAGES, "/_stcore/stream", additional_headers=cookie, origin=f"https://{EVENTS}")
    live = f"/ws/dashboard?course_id={course}&after=0-0&token={token}"
    with nginx.open(EVENTS, live) as feed:
        assert course in feed.recv(30)

    for host in (PAGES, EVENTS):
        assert nginx.ask(host, "GET", "/metrics").status_code == 404
        plain = httpx.get(f"http://127.0.0.1:{nginx.plain_port}/x?y=z", headers={"Host": host})
        assert plain.headers["location"] == f"https://{host}/x?y=z"
    logs = "".join(file.read_text() for file in nginx.folder.glob("*.log"))
    assert not re.search(re.escape(token), logs)
