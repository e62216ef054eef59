"""What is asked about who looks, and about a course and its class."""

from datetime import datetime

from analytics.attention.responses import ErrorClusters
from analytics.class_view.responses import Aliases, ClassMap, ClassStream
from analytics.code_groups.responses import CodeGroups
from analytics.live.responses import Live
from analytics.responses import Courses, Events, Exercises, Progress, Students, Timeline
from analytics.sign_in.responses import Viewer
from streamlit_app.api.asking import Asking, given, segment


class CourseQuestions(Asking):
    """What is asked about who looks, and about a course and its class."""

    def viewer(self) -> Viewer:
        """Return whose token it is, and what it opens."""
        return self._get("/viewer", Viewer)

    def courses(self) -> Courses:
        """Return the courses that the token may read."""
        return self._get("/courses", Courses)

    def live(
        self,
        course_id: str,
        *,
        minutes: int,
        span: tuple[datetime, datetime],
        stream: bool = False,
        events: int = 0,
    ) -> Live:
        """Return all that a Live page shows, read at one moment.

        Args:
            course_id: The course.
            minutes: How far back failures are looked for.
            span: From when to when the plan is.
            stream: Whether the class's way through the exercises is asked for too.
            events: How many of the latest events are.
        """
        query: dict[str, str | float] = {
            "minutes": minutes,
            "from": span[0].isoformat(),
            "to": span[1].isoformat(),
            "stream": str(stream).lower(),
            "events": events,
        }
        return self._get(f"/courses/{segment(course_id)}/live", Live, query)

    def progress(self, course_id: str) -> Progress:
        """Return the numbers of the whole class and of each exercise."""
        return self._get(f"/courses/{segment(course_id)}/progress", Progress)

    def students(self, course_id: str) -> Students:
        """Return where each student is."""
        return self._get(f"/courses/{segment(course_id)}/students", Students)

    def timeline(
        self,
        course_id: str,
        *,
        exercise: str | None = None,
        span: tuple[datetime, datetime] | None = None,
        minutes: int = 1,
    ) -> Timeline:
        """Return the runs of each minute, of one exercise where it is named.

        Args:
            course_id: The course.
            exercise: Only runs of this exercise.
            span: From when to when; None for the last three hours of class.
            minutes: Of how many minutes the runs are counted together.
        """
        query = given(bucket=f"{minutes}m", exercise=exercise)
        if span is not None:
            query |= {"from": span[0].isoformat(), "to": span[1].isoformat()}
        return self._get(f"/courses/{segment(course_id)}/timeline", Timeline, query)

    def class_map(self, course_id: str) -> ClassMap:
        """Return how far each student is with each exercise."""
        return self._get(f"/courses/{segment(course_id)}/class_map", ClassMap)

    def aliases(self, course_id: str) -> Aliases:
        """Return each student's neutral alias, with which a page can be shown to the class."""
        return self._get(f"/courses/{segment(course_id)}/aliases", Aliases)

    def class_stream(self, course_id: str) -> ClassStream:
        """Return how many students were at each exercise, minute by minute."""
        return self._get(f"/courses/{segment(course_id)}/class_stream", ClassStream)

    def exercises(self, course_id: str) -> Exercises:
        """Return how far the class is with each exercise, in the order of the course."""
        return self._get(f"/courses/{segment(course_id)}/exercises", Exercises)

    def events(
        self,
        course_id: str,
        *,
        limit: int,
        before: str | None = None,
        student: str | None = None,
        exercise: str | None = None,
    ) -> Events:
        """Return what the class did last, newest first.

        Args:
            course_id: The course.
            limit: Most entries, up to 1,000.
            before: `next_before` of the page after this one; the newest page when absent.
            student: Only what this student did.
            exercise: Only what was done in this exercise; '' is outside exercises.
        """
        query = given(
            limit=limit,
            before=before,
            student_id=self._student(course_id, student),
            exercise=exercise,
        )
        return self._get(f"/courses/{segment(course_id)}/events", Events, query)

    def code_groups(self, course_id: str, exercise: str) -> CodeGroups:
        """Return the latest code of each student at an exercise, in groups that are alike."""
        path = f"/courses/{segment(course_id)}/code_groups"
        return self._get(path, CodeGroups, {"exercise": exercise})

    def error_clusters(
        self, course_id: str, *, minutes: int, exercise: str | None = None
    ) -> ErrorClusters:
        """Return which failures students share, of the last minutes, in one exercise or in all."""
        path = f"/courses/{segment(course_id)}/error_clusters"
        return self._get(path, ErrorClusters, given(minutes=minutes, exercise=exercise))
