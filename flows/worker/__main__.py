"""`python -m flows.worker`."""

from flows.worker.process import work
from ingest_api.quick_end import end_at_once

end_at_once()
work()
