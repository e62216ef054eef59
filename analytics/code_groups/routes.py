"""The addresses of the code that students share, under `/api/v1`."""

from fastapi import APIRouter

from analytics import examples
from analytics.access import PartOf
from analytics.code_groups import answers as code_groups_answers
from analytics.code_groups import examples as code_groups_examples
from analytics.code_groups.responses import CodeGroups
from analytics.parameters import InExercise
from analytics.routes import COURSE, Lake

router = APIRouter(prefix="/api/v1", responses=examples.PROBLEMS)


@router.get(f"{COURSE}/code_groups", responses=examples.answer(code_groups_examples.CODE_GROUPS))
def get_code_groups(lake: Lake, part: PartOf, exercise: InExercise) -> CodeGroups:
    """Return the latest code of each student at one exercise, in groups that are alike."""
    return code_groups_answers.code_groups(lake, *part, exercise)
