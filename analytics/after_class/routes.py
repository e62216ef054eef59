"""The address of the report about a session of class, under `/api/v1`."""

from fastapi import APIRouter

from analytics import examples
from analytics.access import PartOf
from analytics.after_class import answers as after_class_answers
from analytics.after_class import examples as after_class_examples
from analytics.after_class.responses import Report
from analytics.parameters import SessionFrom, SessionTo, require_span
from analytics.routes import COURSE, AsOfNs, Lake

router = APIRouter(prefix="/api/v1", responses=examples.PROBLEMS)


@router.get(f"{COURSE}/report", responses=examples.answer(after_class_examples.REPORT))
def get_report(
    lake: Lake, part: PartOf, as_of_ns: AsOfNs, start: SessionFrom, until: SessionTo
) -> Report:
    """Return what a session of class came to: planned, reached, what was hard, who asked."""
    require_span(start, until)
    return lake.answer(after_class_answers.report, part, start, until, as_of_ns)
