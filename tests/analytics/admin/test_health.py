"""What admins look up over HTTP: how every part and store is."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from redis import Redis

from flows.backup.last import note_backup


async def test_health_says_what_the_command_says(
    admin: httpx.AsyncClient, redis_server_url: str, tmp_path: Path
) -> None:
    """Each part and store has a level and words; what does not answer is told and no error."""
    health = (await admin.get("/admin/health")).json()
    parts = {part["name"]: (part["level"], part["words"]) for part in health["parts"]}
    assert {(part["code"], len(part["values"])) for part in health["parts"]} == {
        ("ok", 0),
        ("down", 0),
    }
    rooms = {room["name"]: (room["code"], set(room["values"])) for room in health["rooms"]}
    assert rooms["database"] == ("used", {"used_bytes"})
    assert rooms["disk"] == ("used_of", {"used_bytes", "limit_bytes"})
    assert (health["backup"]["code"], health["backup"]["values"]) == ("never", {})
    assert parts["redis"] == ("well", "ok")
    assert parts["worker"] == ("bad", "down")
    assert parts["dashboard"] == ("bad", "down")
    assert "ingest" not in parts
    assert health["ok"] is False
    assert health["words"].startswith("not all is well")
    assert {"memory", "database", "disk"} == {room["name"] for room in health["rooms"]}
    assert health["events"]["lost"] == 0
    assert health["backup"]["level"] == "watch"
    with Redis.from_url(redis_server_url) as redis:
        note_backup(redis, datetime.now(UTC) - timedelta(hours=30), tmp_path)
    backup = (await admin.get("/admin/health")).json()["backup"]
    assert backup["code"] == "made"
    assert 30 * 3_600 <= backup["values"]["age_seconds"] < 31 * 3_600
    assert (backup["level"], backup["words"]) == ("well", "the last one was made 30.0 hours ago")
