"""What students wrote at one exercise: alike code as one, each beside a way that worked."""

from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from functools import partial
from html import escape
from typing import Final

import streamlit as st

from analytics.code_groups.responses import CodeGroup, CodeGroups
from streamlit_app import session
from streamlit_app.addresses import address
from streamlit_app.language.text import Plural, Text
from streamlit_app.page_parts import notices
from streamlit_app.page_parts.layout import card_title
from streamlit_app.page_parts.wording import COUNTED_STUDENTS

CODE: Final = (
    Text("What they wrote"),
    Text("latest code of each student, alike code as one; the largest group first"),
)
NOT_SHARED: Final = Text(
    "No code of it is shared. Code is sent only where a course asks for it and a student has not "
    "switched it off: set {setting} where the notebooks run, and tell your students."
)
SHARING: Final = Plural("{n} student shares theirs.", "{n} students share theirs.")
SOLVED: Final = Text("solved it")
NOT_SOLVED: Final = Text("not solved yet")
WITH_ERROR: Final = Text("not solved yet, {error}")
WROTE: Final = Text("One of them")
NEAREST: Final = Text("Solved, and most like it")
NOBODY_SOLVED: Final = Text("Nobody who shares code has solved it yet.")
LEGEND: Final = Text("\N{MINUS SIGN} only at the left, + only at the right")
ONLY_LEFT: Final = "\N{MINUS SIGN}"
ONLY_RIGHT: Final = "+"
MORE: Final = Text("and {n} more")
OTHERS: Final = Plural(
    "{n} more student is in a smaller group, which is not shown.",
    "{n} more students are in smaller groups, which are not shown.",
)

#: Code is asked for at most this often, in seconds.
ASK_SECONDS: Final = 30
#: Groups that are opened, the largest ones that have not solved it.
OPENED: Final = 3
_SETTING: Final = "<code>CELLPULSE_SEND_CODE=1</code>"
_NAMES_SHOWN: Final = 12
#: Lines of one program that are drawn, at most.
LINES_SHOWN: Final = 60


def show(course_id: str, exercise: str, names: Mapping[str, str]) -> None:
    """Draw the card; students are called as in `names`."""
    with st.container(border=True, key="code"):
        card_title(*CODE)
        ask = partial(session.api().code_groups, course_id, exercise)
        name = f"{course_id}/code/{exercise}"
        found = notices.numbers_of_card(name, ask, every=ASK_SECONDS)
        if found is not None:
            st.html(written(found, names, course_id))


def written(answer: CodeGroups, names: Mapping[str, str], course_id: str) -> str:
    """Return the groups; one that has not solved it stands beside one that has."""
    if not answer.groups:
        return (
            f'<p class="cp-muted" data-testid="no-code">{NOT_SHARED.format(setting=_SETTING)}</p>'
        )
    opened = [group for group in answer.groups if not group.has_solved][:OPENED]
    groups = "".join(
        _group(group, _names(group, names, course_id), is_open=group in opened)
        for group in answer.groups
    )
    others = answer.sharing - sum(group.students for group in answer.groups)
    rest = f'<p class="cp-muted">{OTHERS.format(others)}</p>' if others else ""
    return (
        f'<p class="cp-muted">{SHARING.format(answer.sharing)} {LEGEND}</p>'
        f'<div class="cp-groups" data-testid="code-groups">{groups}</div>{rest}'
    )


def side_by_side(left: str, right: str) -> tuple[str, str]:
    """Return two programs as HTML in which each line that only one has is marked, by a sign too."""
    lines, others = left.splitlines()[:LINES_SHOWN], right.splitlines()[:LINES_SHOWN]
    matcher = SequenceMatcher(None, lines, others, autojunk=False)
    same = matcher.get_matching_blocks()
    left_same = {block.a + step for block in same for step in range(block.size)}
    right_same = {block.b + step for block in same for step in range(block.size)}
    return (
        "".join(_lines(lines, left_same, "del", ONLY_LEFT)),
        "".join(_lines(others, right_same, "ins", ONLY_RIGHT)),
    )


def _lines(lines: list[str], same: set[int], tag: str, sign: str) -> Iterator[str]:
    for place, line in enumerate(lines):
        text = escape(line) or " "
        if place in same:
            yield f"<span>  {text}\n</span>"
        else:
            yield f"<{tag}>{sign} {text}\n</{tag}>"


def _group(group: CodeGroup, who: str, *, is_open: bool) -> str:
    if group.has_solved:
        state = str(SOLVED)
    else:
        error = group.error_name
        state = WITH_ERROR.format(error=error) if error else str(NOT_SOLVED)
    students = COUNTED_STUDENTS.format(group.students)
    return (
        f'<details class="cp-group" data-testid="code-group"{" open" if is_open else ""}>'
        f"<summary><b>{students}</b> <span>{escape(state)}</span></summary>"
        f'<p class="cp-muted">{who}</p>{_code(group)}</details>'
    )


def _names(group: CodeGroup, names: Mapping[str, str], course_id: str) -> str:
    links = [
        f'<a href="{address("student", course=course_id, student=each.student_id)}">'
        f"{escape(names.get(each.student_id, each.student_id))}</a>"
        for each in group.who[:_NAMES_SHOWN]
    ]
    more = len(group.who) - _NAMES_SHOWN
    return ", ".join(links) + (f" {MORE.format(n=more)}" if more > 0 else "")


def _code(group: CodeGroup) -> str:
    if group.has_solved:
        return f'<div class="cp-code-pair">{_block(WROTE, escape(group.code))}</div>'
    if group.solved_code is None:
        alone = _block(WROTE, escape(group.code))
        return f'<div class="cp-code-pair">{alone}</div><p class="cp-muted">{NOBODY_SOLVED}</p>'
    left, right = side_by_side(group.code, group.solved_code)
    return f'<div class="cp-code-pair">{_block(WROTE, left)}{_block(NEAREST, right)}</div>'


def _block(label: Text, code: str) -> str:
    return f'<section><p>{label}</p><pre tabindex="0">{code}</pre></section>'
