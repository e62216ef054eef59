"""The made-up class after class: its sessions, the report of each, and its exports."""

import io
import zipfile
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from fastapi import FastAPI, HTTPException, Response

from analytics.after_class.responses import Report
from analytics.class_view.responses import ClassSession
from analytics.export.responses import Export, ExportRequest, Exports


@dataclass
class AfterClass:
    """What the test decides.

    Attributes:
        report: Of each of the sessions.
        sessions: When the class met.
        sessions_then: When it had met at a place in the log, where that was not the same.
        asked: The queries of the reports that were asked for.
        exports: Those that were started, newest first.
        requests: What was asked of each of them.
        refuses: The status with which no export is started.
    """

    report: Report | None = None
    sessions: list[ClassSession] = field(default_factory=list)
    sessions_then: dict[str, list[ClassSession]] = field(default_factory=dict)
    asked: list[dict[str, Any]] = field(default_factory=list)
    exports: list[Export] = field(default_factory=list)
    requests: list[ExportRequest] = field(default_factory=list)
    refuses: int | None = None

    def met(self, report: Report) -> None:
        """Let the class have met as a report says."""
        self.report = report
        self.sessions.insert(
            0,
            ClassSession(
                started_at=report.start,
                ended_at=report.until,
                arrived_at=report.start,
                students=report.here,
                runs=report.runs,
            ),
        )

    def start(self, course: str, asked: ExportRequest) -> Export:
        """Start an export."""
        self.requests.append(asked)
        given = asked.model_dump(include={"format", "section", "start", "until", "study"})
        started = Export(
            export_id=uuid4().hex,
            course_id=course,
            started_by="s00",
            started_at=datetime.now(UTC),
            state="running",
            done=0,
            **given,
        )
        self.exports.insert(0, started)
        return started

    def change(self, **fields: Any) -> None:
        """Let the newest export be further."""
        self.exports[0] = self.exports[0].model_copy(update=fields)

    def finish(self) -> None:
        """Let the newest export be done."""
        kept = datetime.now(UTC) + timedelta(hours=24)
        self.change(state="done", done=10, total=10, file_bytes=len(packed()), kept_until=kept)


def packed() -> bytes:
    """Return the file of each export."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        file.writestr("README.md", "# Course")
    return made.getvalue()


def serve_after_class(app: FastAPI, made_up: Any) -> None:
    """Serve it as the aggregation API does."""

    @app.get("/api/v1/courses/{course}/report")
    def report(
        course: str, to: str, as_of: str | None = None, section: str | None = None
    ) -> Report:
        made_up.after_class.asked.append(
            {"course": course, "to": to, "as_of": as_of, "section": section}
        )
        found: Report = made_up.after_class.report
        return found.model_copy(update={"section": section})

    @app.get("/api/v1/courses/{course}/exports")
    def exports(course: str) -> Exports:
        return Exports(course_id=course, exports=made_up.after_class.exports)

    @app.post("/api/v1/courses/{course}/exports", status_code=202)
    def start(course: str, asked: ExportRequest) -> Export:
        if made_up.after_class.refuses is not None:
            raise HTTPException(made_up.after_class.refuses)
        if any(each.state == "running" for each in made_up.after_class.exports):
            raise HTTPException(409)
        started: Export = made_up.after_class.start(course, asked)
        return started

    @app.post("/api/v1/courses/{course}/exports/{export_id}/cancel")
    def cancel(course: str, export_id: str) -> Export:
        if not made_up.after_class.exports:
            raise HTTPException(404)
        assert (course, export_id) == (
            made_up.after_class.exports[0].course_id,
            made_up.after_class.exports[0].export_id,
        )
        made_up.after_class.change(state="cancelled", cancelled_by="s00")
        found: Export = made_up.after_class.exports[0]
        return found

    @app.get("/api/v1/courses/{course}/exports/{export_id}/file")
    def file(course: str, export_id: str) -> Response:
        known = {(each.course_id, each.export_id) for each in made_up.after_class.exports}
        if (course, export_id) not in known:
            raise HTTPException(404)
        name = {"Content-Disposition": 'attachment; filename="cellpulse-1.zip"'}
        return Response(packed(), media_type="application/zip", headers=name)
