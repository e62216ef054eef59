"""InfluxDB for the embedded platform: an `influxd` on the PATH, 2.x or 1.x.

InfluxDB 1.x lacks the write path of 2.x; one nginx location in front of it supplies it.
"""

import os
import re
import secrets
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from flows.embedded.part import Part, PartUnavailableError, find_program, free_port

_ORG: Final = "cellpulse"
_BUCKET: Final = "cellpulse"
_HOW_TO: Final = (
    "set INFLUXDB_URL (with INFLUXDB_TOKEN, INFLUXDB_ORG, INFLUXDB_BUCKET) or put an 'influxd' "
    "on the PATH (Debian: 'apt install influxdb nginx-light')"
)

_INFLUXD_1: Final = """\
reporting-disabled = true
bind-address = "127.0.0.1:{rpc_port}"
[meta]
  dir = "{directory}/meta"
[data]
  dir = "{directory}/data"
  wal-dir = "{directory}/wal"
  query-log-enabled = false
[http]
  bind-address = "127.0.0.1:{port}"
  log-enabled = false
[logging]
  level = "warn"
"""
_NGINX: Final = """\
daemon off;
worker_processes 1;
pid "{directory}/nginx.pid";
error_log stderr warn;
{user}
events {{ worker_connections 512; }}
http {{
  access_log off;
  client_max_body_size 64m;
  client_body_temp_path "{directory}/nginx-body";
  proxy_temp_path "{directory}/nginx-proxy";
  fastcgi_temp_path "{directory}/nginx-fastcgi";
  uwsgi_temp_path "{directory}/nginx-uwsgi";
  scgi_temp_path "{directory}/nginx-scgi";
  server {{
    listen {host}:{port};
    location = /api/v2/write {{
      proxy_pass http://127.0.0.1:{influxd_port}/write?db=$arg_bucket&precision=$arg_precision;
    }}
    location / {{ proxy_pass http://127.0.0.1:{influxd_port}; }}
  }}
}}
"""


@dataclass(frozen=True)
class EmbeddedInfluxDB:
    """The processes, and what a client needs to reach them."""

    parts: tuple[Part, ...]
    url: str
    token: str
    org: str = _ORG
    bucket: str = _BUCKET

    def set_up(self) -> None:
        """Make the bucket, once the server answers; a bucket that is there stays as it is.

        Raises:
            PartUnavailableError: The server refuses.
        """
        if len(self.parts) > 1:
            done = httpx.post(
                f"{self.url}/query", params={"q": f'CREATE DATABASE "{self.bucket}"'}, timeout=10
            )
            accepted = done.status_code == httpx.codes.OK
        else:
            done = httpx.post(
                f"{self.url}/api/v2/setup",
                json={
                    "username": "cellpulse",
                    "password": self.token,
                    "org": self.org,
                    "bucket": self.bucket,
                    "token": self.token,
                },
                timeout=10,
            )
            accepted = done.status_code in (httpx.codes.CREATED, httpx.codes.UNPROCESSABLE_ENTITY)
        if not accepted:
            raise PartUnavailableError(f"InfluxDB: its set-up answered {done.status_code}")


def influxdb_parts(directory: Path, host: str, port: int | None = None) -> EmbeddedInfluxDB:
    """Prepare the `influxd` that is on the PATH.

    Raises:
        PartUnavailableError: There is none; the message says how to turn the full log on.
    """
    influxd = find_program("influxd")
    if influxd is None:
        raise PartUnavailableError(f"off: {_HOW_TO}")
    directory.mkdir(parents=True, exist_ok=True)
    version = _version(influxd)
    port = port or free_port(host)
    if version == 1:
        return _with_adaptor(influxd, directory, host, port)
    return EmbeddedInfluxDB(
        (_influxd_2(influxd, directory, host, port),), _url(host, port), _kept_token(directory)
    )


def influxdb_answers(url: str) -> bool:
    """Tell whether an InfluxDB answers."""
    try:
        return httpx.get(f"{url}/ping", timeout=2).is_success
    except httpx.HTTPError:
        return False


def _with_adaptor(influxd: str, directory: Path, host: str, port: int) -> EmbeddedInfluxDB:
    nginx = find_program("nginx")
    if nginx is None:
        raise PartUnavailableError(f"off: InfluxDB 1.x needs nginx in front of it; {_HOW_TO}")
    influxd_port = free_port()
    influxd_conf, nginx_conf = directory / "influxd.conf", directory / "nginx.conf"
    influxd_conf.write_text(
        _INFLUXD_1.format(directory=directory, port=influxd_port, rpc_port=free_port())
    )
    nginx_conf.write_text(
        _NGINX.format(
            directory=directory,
            host=host,
            port=port,
            influxd_port=influxd_port,
            user="user root;" if os.geteuid() == 0 else "",
        )
    )
    url = _url(host, port)
    direct = f"http://127.0.0.1:{influxd_port}"
    return EmbeddedInfluxDB(
        (
            Part(
                "influxdb",
                (influxd, "-config", str(influxd_conf)),
                answers=lambda: influxdb_answers(direct),
                stop_seconds=4,
            ),
            Part(
                "influxdb-adaptor",
                (nginx, "-p", str(directory), "-e", "stderr", "-c", str(nginx_conf)),
                answers=lambda: influxdb_answers(url),
                stop_seconds=2,
            ),
        ),
        url,
        _kept_token(directory),
    )


def _influxd_2(influxd: str, directory: Path, host: str, port: int) -> Part:
    url = _url(host, port)
    return Part(
        "influxdb",
        (
            *(influxd, f"--http-bind-address={host}:{port}", "--reporting-disabled"),
            *(f"--bolt-path={directory}/influxd.bolt", f"--engine-path={directory}/engine"),
            *(f"--sqlite-path={directory}/influxd.sqlite", "--log-level=warn"),
        ),
        answers=lambda: influxdb_answers(url),
        stop_seconds=4,
    )


def _version(influxd: str) -> int:
    said = subprocess.run((influxd, "version"), capture_output=True, text=True, check=False).stdout
    found = re.search(r"v?(\d+)\.\d+", said)
    return int(found.group(1)) if found else 2


def _kept_token(directory: Path) -> str:
    kept = directory / "token"
    if not kept.is_file():
        kept.touch(mode=0o600)
        kept.write_text(secrets.token_urlsafe(24))
    return kept.read_text().strip()


def _url(host: str, port: int) -> str:
    return f"http://{host}:{port}"
