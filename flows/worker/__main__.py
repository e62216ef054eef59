"""`python -m flows.worker`."""

from flows.worker.process import work

work()
