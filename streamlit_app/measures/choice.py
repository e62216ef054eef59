"""What the Measures page is asked for: its choices, kept in the address."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, Final

import streamlit as st

from analytics.measures.responses import MeasureDefinition, MeasureParameter
from analytics.responses import Course
from streamlit_app.addresses import KEPT, as_drawn
from streamlit_app.language.text import Text
from streamlit_app.measures.wording import exercise_name, heading, title_of
from streamlit_app.page_parts import notices

#: The measures in groups, in the order in which they are offered; others come last.
GROUPS: Final[Mapping[Text, Sequence[str]]] = {
    Text("Progress"): ("progress", "attempts", "pace", "completion_forecast"),
    Text("Time"): ("time_on_task", "time_to_solve", "time_to_first_run", "idle"),
    Text("Errors"): (
        "error_rate",
        "error_quotient",
        "repeated_error_density",
        "watwin",
        "error_streak",
        "npsm",
    ),
    Text("Ways of working"): ("wheel_spinning", "guessing", "execution_order"),
    Text("Exercises and classes"): ("difficulty", "discrimination", "cohort_comparison"),
}
OTHERS: Final = Text("Others")
LABEL: Final = Text("{group} · {title}")
MEASURE: Final = Text("Measure")
BY: Final = Text("A row for")
#: What a row is of, as the API names it, and in words.
GRAINS: Final[Mapping[str, Text]] = {
    "course": Text("class"),
    "exercise": Text("exercise"),
    "student": Text("student"),
    "student_exercise": Text("student \N{MULTIPLICATION SIGN} exercise"),
    "run": Text("run"),
}
EXERCISE: Final = Text("Exercise")
STUDENT: Final = Text("Student")
ALL: Final = Text("all")
NO_SUCH_MEASURE: Final = Text("There is no measure “{value}”. Choose one above.")
NO_SUCH_GRAIN: Final = Text("There are no rows for “{value}”. Choose for what above.")
NO_SUCH_EXERCISE: Final = Text("There is no exercise “{value}” in this course. Choose one above.")
NO_SUCH_STUDENT: Final = Text("There is no student “{value}” in this course. Choose one above.")
NO_SUCH_COURSE: Final = Text(
    "Your link does not open a course “{value}”. Choose another one above."
)
NO_NUMBER: Final = Text("“{value}” is no number from 0 up for “{name}”. Correct it above.")

_DEFAULT_MEASURE: Final = "progress"
_DEFAULT_GRAIN: Final = "student"
#: Kinds of parameters that are typed as they are.
_TYPED: Final = ("text", "section")
_LARGEST: Final = float(2**53 - 1)


@dataclass(frozen=True)
class Known:
    """What there is to choose from in a course.

    Args:
        measures: What each measure means.
        exercises: Names, in the order of the course.
        students: How each is called, by id, in the order of these names.
        courses: The courses that may be read.
    """

    measures: Sequence[MeasureDefinition]
    exercises: Sequence[str]
    students: Mapping[str, str]
    courses: Sequence[Course]


@dataclass(frozen=True)
class Choice:
    """One question to one measure.

    Args:
        definition: The measure.
        by: What a row is of; a key of `GRAINS`.
        exercise: Only this exercise; '' is outside exercises, None all.
        student: Only this student; None is all.
        own: Values of the measure's own parameters, where they are not the default.
    """

    definition: MeasureDefinition
    by: str
    exercise: str | None
    student: str | None
    own: Mapping[str, str | float]

    def address(self, **changed: str | None) -> dict[str, str | None]:
        """Return the query of the address of this choice, with some of it changed."""
        return {
            "measure": self.definition.name,
            "by": self.by,
            "exercise": self.exercise,
            "student": self.student,
            **{name: _text(value) for name, value in self.own.items()},
            **changed,
        }


def grouped(measures: Sequence[MeasureDefinition]) -> dict[str, str]:
    """Return each measure's label by its name, in the order of the groups."""
    titles = {measure.name: title_of(measure) for measure in measures}
    of_group = [(group, name) for group, names in GROUPS.items() for name in names]
    others = sorted(titles.keys() - {name for _, name in of_group})
    return {
        name: titles[name]
        if str(group) == titles[name]
        else LABEL.format(group=group, title=titles[name])
        for group, name in (*of_group, *((OTHERS, name) for name in others))
        if name in titles
    }


def choose(known: Known) -> Choice | None:
    """Draw the choices as the address has them; say what of it there is not, and return None."""
    query = st.query_params
    labels = grouped(known.measures)
    name, by = query.get("measure", _DEFAULT_MEASURE), query.get("by", _DEFAULT_GRAIN)
    exercise, student = query.get("exercise"), query.get("student")
    definition = next((each for each in known.measures if each.name == name), None)
    wrong = [
        sentence.format(value=value)
        for value, there_are, sentence in (
            (name, labels, NO_SUCH_MEASURE),
            (by, GRAINS, NO_SUCH_GRAIN),
            (exercise, (None, "", *known.exercises), NO_SUCH_EXERCISE),
            (student, (None, *known.students), NO_SUCH_STUDENT),
        )
        if value not in there_are
    ]
    own: dict[str, str | float] = {}
    with st.container(key="choices", horizontal=True, vertical_alignment="bottom"):
        _offer("measure", str(MEASURE), list(labels), name, labels.__getitem__, width=340)
        _offer_grain(by)
        exercises = ["", *known.exercises] if exercise == "" else list(known.exercises)
        _offer("exercise", str(EXERCISE), exercises, exercise, exercise_name, index=None, width=200)
        names = known.students
        _offer(
            "student", str(STUDENT), list(names), student, names.__getitem__, index=None, width=200
        )
        for each, parameter in ({} if definition is None else definition.parameters).items():
            value = _given(each, parameter, known, wrong)
            _offer_parameter(each, parameter, value, known)
            if value != parameter.default:
                own[each] = value
    for sentence in wrong:
        notices.sentence(sentence)
    if definition is None or wrong:
        return None
    return Choice(definition, by, exercise, student, own)


def _given(name: str, parameter: MeasureParameter, known: Known, wrong: list[str]) -> str | float:
    """Return the value of a parameter in the address, else its default; note what is wrong."""
    text = st.query_params.get(name)
    if text is None:
        return parameter.default
    if parameter.kind == "course":
        if text and text not in {course.course_id for course in known.courses}:
            wrong.append(NO_SUCH_COURSE.format(value=text))
            return parameter.default
        return text
    if parameter.kind in _TYPED:
        return text
    number = _number(text)
    if number is None:
        wrong.append(NO_NUMBER.format(value=text, name=heading(name)))
        return parameter.default
    return number


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if isfinite(number) and 0 <= number <= _LARGEST else None


def _offer(
    name: str,
    label: str,
    options: list[str],
    value: str | None,
    in_words: Callable[[str], str],
    **look: Any,
) -> None:
    """Offer the values of one part of the address."""
    st.session_state[_key(name)] = value if value in options else None
    st.selectbox(
        label,
        options,
        key=_key(name),
        format_func=in_words,
        placeholder=str(MEASURE if name == "measure" else ALL),
        on_change=_follow,
        args=(name,),
        **look,
    )


def _offer_grain(by: str) -> None:
    st.session_state[_key("by")] = by if by in GRAINS else None
    st.segmented_control(
        str(BY),
        list(GRAINS),
        key=_key("by"),
        format_func=lambda each: str(GRAINS[each]),
        required=by in GRAINS,
        on_change=_follow,
        args=("by",),
    )


def _offer_parameter(
    name: str, parameter: MeasureParameter, value: str | float, known: Known
) -> None:
    """Offer a typed input for a measure's own parameter."""
    if parameter.kind == "course":
        titles = {course.course_id: course.title for course in known.courses}
        others = [each for each in titles if each != st.query_params["course"]]
        course = str(value) or None
        _offer(
            name,
            heading(name),
            others,
            course,
            titles.__getitem__,
            index=None,
            help=str(Text(parameter.meaning)),
            width=200,
        )
        return
    st.session_state[_key(name)] = value
    look: dict[str, Any] = {
        "key": _key(name),
        "help": str(Text(parameter.meaning)),
        "on_change": _follow,
        "args": (name, parameter.default),
        "width": 150,
    }
    if parameter.kind in _TYPED:
        st.text_input(heading(name), **look)
    else:
        st.session_state[_key(name)] = float(value)
        st.number_input(
            heading(name), min_value=0.0, max_value=_LARGEST, format="%g", step=1.0, **look
        )


def _follow(name: str, default: str | float | None = None) -> None:
    """Put what was chosen into the address, so that reload, back and bookmarks keep it."""
    as_drawn()
    value = st.session_state[_key(name)]
    query = dict(st.query_params)
    if name == "measure":  # the parameters of the one before mean nothing to this one
        kept = ("course", "by", "exercise", "student", *KEPT)
        query = {each: text for each, text in query.items() if each in kept}
    query.pop(name, None)
    if value is not None and value != default:
        query[name] = _text(value)
    st.query_params.from_dict(query)


def _text(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:.15g}"


def _key(name: str) -> str:
    return f"measures_{name}"
