"""The aggregation API as the pages use it: one method for each question, typed answers."""

from streamlit_app.api.attention import AttentionQuestions
from streamlit_app.api.class_marks import ClassMarkQuestions
from streamlit_app.api.class_sessions import SessionQuestions
from streamlit_app.api.course import CourseQuestions
from streamlit_app.api.export import ExportQuestions
from streamlit_app.api.measures import MeasureQuestions
from streamlit_app.api.my_progress import OwnQuestions
from streamlit_app.api.plan import PlanQuestions
from streamlit_app.api.student import StudentQuestions


class ApiClient(
    AttentionQuestions,
    ClassMarkQuestions,
    CourseQuestions,
    ExportQuestions,
    MeasureQuestions,
    OwnQuestions,
    PlanQuestions,
    SessionQuestions,
    StudentQuestions,
):
    """Every question that a page has; see `Asking` for on whose behalf it is asked."""
