"""`cellpulse status`: when all is well, and when not."""

import socket
from functools import partial

import pytest

from flows.embedded.answers import http_answers
from flows.platform_status import PartStatus, PlatformStatus, StoreStatus
from flows.status import Sources, ask_status


@pytest.mark.parametrize(
    ("store", "ok"),
    [
        (StoreStatus("lake", "5-0", 3, 0.2), True),
        (StoreStatus("lake", "5-0", 3, 10.5), False),
        (StoreStatus("lake", "5-0", 0, 0.0, missed=4), False),
    ],
)
def test_a_store_that_lags_or_lacks_is_not_well(store: StoreStatus, ok: bool) -> None:
    """A store that waits too long, or that missed what was trimmed, is not well, and is named."""
    status = PlatformStatus([PartStatus("redis", "ok")], 9, [store], {})
    assert status.ok is ok
    assert ("missed 4 events or more" in status.as_text()) is bool(store.missed)
    assert status.as_json()["stores"][0]["missed"] == store.missed


@pytest.mark.timeout(10)
def test_what_hangs_is_down_and_holds_up_nothing_else() -> None:
    """Whatever accepts connections and never answers is told of while a page still waits for it."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        host = f"127.0.0.1:{silent.getsockname()[1]}"
        hangs = partial(http_answers, f"http://{host}/readyz")
        names = ("ingest", "api", "dashboard", "jupyterlab", "influxdb")
        parts = dict.fromkeys(names, hangs) | {"api": lambda: True}
        status = ask_status(Sources(f"redis://{host}", f"postgresql://{host}/x", None, parts))
    states = {part.name: part.state for part in status.parts}
    assert states.pop("api") == "ok"
    assert set(states.values()) == {"down"}
    assert set(states) == {"redis", "postgres", "relay", "worker", *names} - {"api"}
    assert set(status.events.values()) == {None}
