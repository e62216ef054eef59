"""What one writes first: FastAPI, a pydantic model, and one Redis transaction a request.

No token, no repeat is recognised, nothing is kept of an unknown field; as durable as ours, since
Redis is the same.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Literal
from uuid import UUID

import click
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel
from redis.asyncio import Redis


class Event(BaseModel):
    """A cell run."""

    event_id: UUID
    type: Literal["cell_run"]
    course_id: str
    student_id: str
    session_id: str
    seq: int
    notebook: str
    cell_id: str
    exercise: str
    execution_count: int
    status: Literal["ok", "error", "interrupted"]
    error_name: str | None = None
    error_message: str | None = None
    duration_ms: float
    occurred_at: datetime
    code_sha256: str
    code_lines: int
    code_chars: int
    hook_version: str


def create_app(redis_url: str) -> FastAPI:
    """Build the app."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.redis = Redis.from_url(redis_url)
        yield
        await app.state.redis.aclose()

    app = FastAPI(lifespan=lifespan)

    @app.get("/healthz")
    async def healthz() -> None:
        return None

    @app.post("/student-progress", status_code=202)
    async def post(event: Event) -> dict[str, str]:
        stored = event.model_dump_json()
        async with app.state.redis.pipeline(transaction=True) as step:
            step.xadd("naive:log", {"event": stored})
            step.publish("naive", stored)
            position, _ = await step.execute()
        return {"position": position.decode()}

    return app


@click.command()
@click.option("--host", required=True)
@click.option("--port", required=True, type=int)
def serve(host: str, port: int) -> None:
    """Run it until SIGTERM."""
    app = create_app(os.environ["CELLPULSE_REDIS_URL"])
    uvicorn.run(app, host=host, port=port, loop="uvloop", http="httptools", access_log=False)


if __name__ == "__main__":
    serve()
