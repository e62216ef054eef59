"""`python -m flows.relay`."""

from flows.relay.process import run
from ingest_api.quick_end import end_at_once

end_at_once()
run()
