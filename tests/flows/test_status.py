"""`cellpulse status`: when all is well, and when not."""

import pytest

from flows.platform_status import PartStatus, PlatformStatus, StoreStatus


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
