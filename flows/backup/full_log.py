"""InfluxDB's full event log in a backup: one event a line."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from flows.backup.lines import put, read, writing
from flows.backup.manifest import BackupError
from flows.log.logged_event import LoggedEvent, position_ns
from flows.settings import InfluxSettings
from flows.stores.influxdb import InfluxReader, InfluxWriter

_FILE: Final = "influxdb/events.jsonl.gz"
_BATCH: Final = 2_000


def copy_events(influx: InfluxSettings, position: str, folder: Path) -> int:
    """Copy all events up to a position; return how many.

    Raises:
        StoreUnavailableError: InfluxDB does not answer.
    """
    count = 0
    with closing(InfluxReader(influx)) as reader, writing(folder / _FILE) as file:
        for batch in reader.batches(position_ns(position)):
            for logged in batch:
                put(file, {"position": logged.position, "event": logged.event.to_json()})
            count += len(batch)
    return count


def require_empty_bucket(influx: InfluxSettings) -> None:
    """Refuse an InfluxDB that has events.

    Raises:
        BackupError: It has.
        StoreUnavailableError: InfluxDB does not answer.
    """
    with closing(InfluxReader(influx)) as reader:
        if reader.count():
            raise BackupError(
                "InfluxDB is not empty: restore into a new data folder, or name an empty bucket "
                "with INFLUXDB_BUCKET"
            )


def restore_events(influx: InfluxSettings, folder: Path) -> None:
    """Write every event of a backup.

    Raises:
        StoreUnavailableError: InfluxDB does not answer.
    """
    with closing(InfluxWriter(influx)) as writer:
        for batch in _batches(folder):
            writer.apply(batch, batch[-1].position)


def _batches(folder: Path) -> Iterator[list[LoggedEvent]]:
    batch = []
    for line in read(folder / _FILE):
        batch.append(LoggedEvent.decode(line["position"], line["event"]))
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
