"""The numbers of the simulated class; parameters.toml says what each means, its unit and source."""

import tomllib
from pathlib import Path
from typing import Annotated, Final, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from ingest_api.faults import fault_words
from ingest_api.foreseen import ForeseenError

DEFAULTS: Final = Path(__file__).with_name("parameters.toml")


class BadParametersError(ForeseenError, ValueError):
    """A file of parameters cannot be used; the message names the file and the place."""


Ends = TypeVar("Ends", tuple[int, int], tuple[float, float])


def _in_order(ends: Ends) -> Ends:
    if ends[0] > ends[1]:
        raise ValueError("the lower end must come first")
    return ends


#: Longest time and largest number: a class that takes longer to plan is none.
_LARGEST: Final = 100_000
Number = Annotated[float, Field(ge=-100, le=100)]
#: More than this, as of a log-normal factor, makes numbers that no class has.
Spread = Annotated[float, Field(ge=0, le=5)]
NotNegative = Annotated[float, Field(ge=0, le=_LARGEST)]
Positive = Annotated[float, Field(ge=0.01, le=_LARGEST)]
Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0, le=_LARGEST)]
AtLeastOne = Annotated[int, Field(ge=1, le=_LARGEST)]
Shares = Annotated[tuple[Share, Share], AfterValidator(_in_order)]
Times = Annotated[tuple[NotNegative, NotNegative], AfterValidator(_in_order)]
Counts = Annotated[tuple[AtLeastOne, AtLeastOne], AfterValidator(_in_order)]


class Parameters(BaseModel):
    """The parameters by name; see parameters.toml. Pairs are the lowest and the highest value."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    # Who the students are
    skill_spread: Spread
    pace_spread: Spread
    persistence: Counts
    rerun_chance: Shares
    arrival_mean_seconds: Positive
    latest_arrival: Share
    leaving_seconds: NotNegative
    leaving_share: Share
    drops_out_chance: Share
    without_hook_version: Share

    # How they work
    learning_per_attempt: NotNegative
    time_spread: Spread
    reading_seconds: Positive
    first_attempt_seconds: Positive
    next_attempt_seconds: Positive
    time_per_logit: Positive
    next_cell_seconds: Positive
    skips_example: Share
    repeats_example: Share
    runs_starter: Share
    runs_check: Share
    edits_chance: Share
    pastes_chance: Share
    break_chance: Share
    break_seconds: Times
    goes_away_chance: Share
    away_seconds: Times

    # The notebook's state
    check_first_chance: Share
    restart_chance: Share
    runs_above_chance: Share

    # Help
    asks_for_help: Share
    asks_after_seconds: Times
    others_ask: Share
    help_wait_seconds: Times

    # Experiments in the scratch cell
    experiments_chance: Share
    experiments_runs: Counts
    experiment_seconds: Positive
    experiment_fails: Share
    revisits: Share

    # Planted strugglers, and those who only look like it
    struggler_share: Share
    strugglers_at_least: Count
    look_alike_share: Share
    struggler_skill: Number
    stuck_after_seconds: Times
    stuck_before_share: Share
    stuck_seconds: Times
    same_error: Share
    runs_before_silence: Counts
    slow_seconds: Positive
    guess_seconds: Positive
    guesses: Counts
    productive_fails: Counts
    coffee_seconds: Times
    fast_skill: Number

    # The machine
    duration_ms: Positive
    duration_spread: Spread
    endless_seconds: Times


def read_parameters(path: Path | None = None) -> Parameters:
    """Read the parameters that Cellpulse comes with, and those of a file over them.

    Raises:
        BadParametersError: The file cannot be read, has an unknown parameter or a bad value.
    """
    values = _values(DEFAULTS)
    if path is not None:
        own = _values(path)
        unknown = next((name for name in own if name not in Parameters.model_fields), None)
        if unknown is not None:
            raise BadParametersError(f"{path}: {unknown}: no such parameter; see {DEFAULTS.name}")
        values |= own
    try:
        return Parameters.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise BadParametersError(
            f"{path or DEFAULTS}: {place}.value: {fault_words(first)}, not {first['input']!r}"
        ) from error


def _values(path: Path) -> dict[str, object]:
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadParametersError(f"{path}: cannot be read: {error.strerror}") from error
    except ValueError as error:  # not UTF-8, or not TOML: the message tells the line
        raise BadParametersError(f"{path}: not TOML: {error}") from error
    values: dict[str, object] = {}
    for name, entry in entries.items():
        if not isinstance(entry, dict) or "value" not in entry:
            raise BadParametersError(f"{path}: {name}: needs a table [{name}] with a `value`")
        # A pair is a list in TOML, and a strict tuple here.
        value = entry["value"]
        values[name] = tuple(value) if isinstance(value, list) else value
    return values
