"""Why somebody is on the attention list, in the viewer's language.

The aggregation API words each reason in English. Here the same sentence is put together from the
reason's `code` and `values`; a test holds the English ones equal.
"""

from collections.abc import Mapping
from typing import Final

from analytics.attention.responses import Reason, ReasonCode
from streamlit_app.language.text import Plural, Text
from streamlit_app.page_parts.wording import COUNTED_RUNS

Value = str | int | float | None

REASONS: Final[Mapping[ReasonCode, Text]] = {
    "hand_up": Text("hand up for {minutes}"),
    "same_error": Text("same {error} {times} in {minutes}{had}"),
    "failed_runs": Text("{failed_runs} in {minutes}, not got past them"),
    "failed_checks": Text("check {check} failed {times} in {minutes}"),
    "silent_after_failure": Text("no run for {minutes} after a failure"),
    "left_after_failure": Text("left {minutes} ago after a failure, while the others go on"),
    "unsolved": Text(
        "{minutes} and {tries} at {exercise} without solving it; "
        "{others_solved} of {others_started} others solved it, half of them within {others_minutes}"
    ),
    "idle": Text(
        "no run for {minutes} while {others_at_work} of {others} others are at work; "
        "{solved} solved, half of the class has {median_solved} or more"
    ),
}
#: Where there are so few others that nothing is told of them.
WITHOUT_OTHERS: Final[Mapping[ReasonCode, Text]] = {
    "left_after_failure": Text("left {minutes} ago after a failure"),
    "unsolved": Text("{minutes} and {tries} at {exercise} without solving it"),
    "idle": Text("no run for {minutes}"),
}
HAD: Final = Text("; {others_had} of {others} others had it")
UNDER_A_MINUTE: Final = Text("under a minute")
MINUTES: Final = Plural("{n} minute", "{n} minutes")
TIMES: Final = Plural("{n} time", "{n} times")
FAILED_RUNS: Final = Plural("{n} failed run", "{n} failed runs")
ERROR: Final = Text("error")
CHECK: Final = Text("'{name}'")
CHECK_OF_EXERCISE: Final = Text("of the exercise")
OUTSIDE: Final = Text("outside exercises")


def reason_text(reason: Reason) -> str:
    """Return a reason in words; as the API words it where its values are another version's."""
    try:
        return _sentence(reason).format(**_shown(reason.values))
    except KeyError:
        return reason.text


def _sentence(reason: Reason) -> Text:
    tells_of_others = any(name.startswith("others") for name in reason.values)
    if reason.code in WITHOUT_OTHERS and not tells_of_others:
        return WITHOUT_OTHERS[reason.code]
    return REASONS[reason.code]


def reason_sentence(reason: Reason) -> str:
    """Return a reason as a sentence of its own."""
    text = reason_text(reason)
    return text[:1].upper() + text[1:]


def _shown(values: Mapping[str, Value]) -> dict[str, str]:
    """Return what may stand in a sentence, by its placeholder."""
    shown = {name: _said(name, value) for name, value in values.items()}
    shown["had"] = HAD.format(**shown) if "others_had" in values and values["others"] else ""
    for name, source, words in (
        ("tries", "runs", COUNTED_RUNS),
        ("times", "runs", TIMES),
        ("times", "times", TIMES),
        ("failed_runs", "runs", FAILED_RUNS),
    ):
        number = values.get(source)
        if isinstance(number, int | float):
            shown[name] = words.format(number)
    if values.get("error", "") is None:
        shown["error"] = str(ERROR)
    if "check" in values:
        check = values["check"]
        shown["check"] = CHECK.format(name=check) if check else str(CHECK_OF_EXERCISE)
    return shown


def _said(name: str, value: Value) -> str:
    if name.endswith("minutes") and isinstance(value, float):
        whole = int(value)
        return MINUTES.format(whole) if whole else str(UNDER_A_MINUTE)
    if value is None:
        return str(OUTSIDE)
    return f"{value:g}" if isinstance(value, float) else str(value)
