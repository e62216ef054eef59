"""The address of the report about a session of class, under `/api/v1`."""

from fastapi import APIRouter

from analytics import examples, report_answers, report_examples
from analytics.access import PartOf
from analytics.parameters import SessionFrom, SessionTo, require_span
from analytics.report_responses import Report
from analytics.routes import COURSE, AsOfNs, Lake

router = APIRouter(prefix="/api/v1", responses=examples.PROBLEMS)


@router.get(f"{COURSE}/report", responses=examples.answer(report_examples.REPORT))
def get_report(
    lake: Lake, part: PartOf, as_of_ns: AsOfNs, start: SessionFrom, until: SessionTo
) -> Report:
    """Return what a session of class came to: planned, reached, what was hard, who asked."""
    require_span(start, until)
    return lake.answer(report_answers.report, part, start, until, as_of_ns)
