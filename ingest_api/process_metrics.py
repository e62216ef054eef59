"""What every process of ours tells Prometheus of itself, and in which form."""

from importlib.metadata import version
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Info,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from starlette.requests import Request
from starlette.responses import PlainTextResponse

METRICS_PATH: Final = "/metrics"


class Exposition(PlainTextResponse):
    """All figures of a process in Prometheus' text format."""

    media_type = "text/plain; version=0.0.4"


def process_registry() -> CollectorRegistry:
    """Return a registry with a process's version, processor time, memory and open files."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    build = Info("cellpulse_build", "Which version of Cellpulse runs.", registry=registry)
    build.info({"version": version("cellpulse")})
    return registry


def exposition(registry: CollectorRegistry) -> Exposition:
    """Return what a scrape of `/metrics` is answered with."""
    return Exposition(generate_latest(registry))


async def scraped(request: Request) -> Exposition:
    """Answer a scrape with the figures of `app.state.registry`."""
    return exposition(request.app.state.registry)
