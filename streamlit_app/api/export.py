"""What is asked, and ordered, about exports of a course."""

from analytics.export.responses import Export, ExportRequest, Exports
from streamlit_app.api.asking import Asking, segment


class ExportQuestions(Asking):
    """What is asked, and ordered, about exports of a course."""

    def exports(self, course_id: str) -> Exports:
        """Return the exports of a course that run or are kept, newest first."""
        return self._get(f"/courses/{segment(course_id)}/exports", Exports)

    def start_export(self, course_id: str, request: ExportRequest) -> Export:
        """Start an export of a course.

        Raises:
            ConflictError: Another one of the course is running.
            TooManyError: Too many others are running.
        """
        path = f"/courses/{segment(course_id)}/exports"
        asked = request.model_dump(mode="json", by_alias=True)
        return self._ask("POST", path, Export, json=asked)

    def cancel_export(self, course_id: str, export_id: str) -> Export:
        """End an export that runs; one that has ended stays as it is."""
        path = f"/courses/{segment(course_id)}/exports/{segment(export_id)}/cancel"
        return self._ask("POST", path, Export)
