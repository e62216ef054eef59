"""`python -m flows.relay`."""

from flows.relay.process import run

run()
