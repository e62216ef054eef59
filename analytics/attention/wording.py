"""The reasons of the attention list in English; other languages word `code` and `values`."""

from typing import Final

from analytics.attention.responses import Reason, ReasonCode
from analytics.attention.rule import Ground

_TEXTS: Final[dict[ReasonCode, str]] = {
    "hand_up": "hand up for {minutes}",
    "same_error": "same {error} {runs} times in {minutes}{had}",
    "failed_runs": "{runs} failed runs in {minutes}, not got past them",
    "failed_checks": "check {check} failed {times} times in {minutes}",
    "silent_after_failure": "no run for {minutes} after a failure",
    "left_after_failure": "left {minutes} ago after a failure, while the others go on",
    "unsolved": "{minutes} and {tries} at {exercise} without solving it; "
    "{others_solved} of {others_started} others solved it, half of them within {others_minutes}",
    "idle": "no run for {minutes} while {others_at_work} of {others} others are at work; "
    "{solved} solved, half of the class has {median_solved} or more",
}
_HAD: Final = "; {others_had} of {others} others had it"


def in_words(ground: Ground) -> Reason:
    """Return a reason in words."""
    # Rounded first: from the values of the answer anybody gets the very same sentence.
    values = {
        name: round(value, 1) if isinstance(value, float) else value
        for name, value in ground.values.items()
    }
    shown = {
        name: _duration(value)
        if name.endswith("minutes") and isinstance(value, float)
        else _number(value)
        for name, value in values.items()
    }
    shown["had"] = _HAD.format_map(shown) if "others_had" in values and values["others"] else ""
    if "runs" in values:
        shown["tries"] = "1 run" if values["runs"] == 1 else f"{shown['runs']} runs"
    if values.get("error", "") is None:
        shown["error"] = "error"
    if "check" in values:
        shown["check"] = f"'{values['check']}'" if values["check"] else "of the exercise"
    return Reason(
        code=ground.code,
        text=_TEXTS[ground.code].format_map(shown),
        since=ground.since,
        values=values,
        positions=ground.positions,
    )


def _duration(minutes: float) -> str:
    whole = int(minutes)
    if whole < 1:
        return "under a minute"
    return "1 minute" if whole == 1 else f"{whole} minutes"


def _number(value: object) -> str:
    if value is None:
        return "outside exercises"
    return f"{value:g}" if isinstance(value, float) else str(value)
