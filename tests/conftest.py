"""What every test has: real servers, a browser, and surroundings that are slow at times."""

from httpx._config import DEFAULT_TIMEOUT_CONFIG

from ingest_api.quick_end import end_at_once
from tests.processes import START_SECONDS

pytest_plugins = (
    "tests.fixtures.browser",
    "tests.fixtures.learning_record_store",
    "tests.fixtures.odd_events",
    "tests.fixtures.servers",
    "tests.fixtures.whole_platform",
)

end_at_once()

# A busy machine may stand still for seconds; what is waited for ends a wait sooner.
DEFAULT_TIMEOUT_CONFIG.connect = DEFAULT_TIMEOUT_CONFIG.read = START_SECONDS
DEFAULT_TIMEOUT_CONFIG.write = DEFAULT_TIMEOUT_CONFIG.pool = START_SECONDS
