"""Every number of the simulated class: what it means, and its unit.

The numbers are chosen so that a class looks like a first programming lesson of 60 to 90 minutes:
a student runs a cell about once a minute, and one run in four is an error. They are not fitted to
data. "Median" times are multiplied by a log-normal factor of spread `TIME_SPREAD` and by the
student's own pace.
"""

from typing import Final

# --- Who the students are

#: Standard deviation of skill, in logits. The mean is 0: at difficulty 0 every second first
#: attempt of an average student succeeds.
SKILL_SPREAD: Final = 1.0
#: Spread (sigma of a log-normal factor) of the students' pace; a pace of 2 takes twice as long.
PACE_SPREAD: Final = 0.3
#: Fewest and most failed attempts before a student puts an exercise aside for later.
PERSISTENCE: Final = (4, 12)
#: Lowest and highest probability that a student runs a failed cell again as it is.
RERUN_CHANCE: Final = (0.0, 0.25)
#: Mean time between the start of the class and a student's arrival, in seconds.
ARRIVAL_MEAN_SECONDS: Final = 60.0
#: Latest arrival, as a share of the class.
LATEST_ARRIVAL: Final = 0.1
#: Longest time before the end at which students leave, in seconds and as a share of the class.
LEAVING_SECONDS: Final = 60.0
LEAVING_SHARE: Final = 0.05

# --- How they work

#: Gain in the log-odds of success with every attempt at the same exercise, in logits.
LEARNING_PER_ATTEMPT: Final = 0.35
#: Sigma of the log-normal factor on every median time.
TIME_SPREAD: Final = 0.5
#: Median time to read an explanation and run its worked example, in seconds.
READING_SECONDS: Final = 40.0
#: Median time to the first attempt at an exercise of difficulty 0, in seconds.
FIRST_ATTEMPT_SECONDS: Final = 100.0
#: Median time from a failed attempt to the next one, in seconds.
NEXT_ATTEMPT_SECONDS: Final = 45.0
#: Factor on those two for every logit of difficulty.
TIME_PER_LOGIT: Final = 1.4
#: Median time to run the next cell, or the same one again, without thinking, in seconds.
NEXT_CELL_SECONDS: Final = 6.0
#: Probability that a worked example is skipped.
SKIPS_EXAMPLE: Final = 0.15
#: Probability that a worked example is run twice.
REPEATS_EXAMPLE: Final = 0.1
#: Probability that an exercise's cell is first run as it was handed out.
RUNS_STARTER: Final = 0.25
#: Probability that the check is run after a wrong answer that raised no error.
RUNS_CHECK: Final = 0.85
#: Probability of a break before an exercise, and its shortest and longest time in seconds.
BREAK_CHANCE: Final = 0.07
BREAK_SECONDS: Final = (120.0, 420.0)

# --- Experiments in the scratch cell

#: Probability that a student experiments at the end of a notebook, and for how many runs.
EXPERIMENTS_CHANCE: Final = 0.4
EXPERIMENTS_RUNS: Final = (1, 5)
#: Median time between experiments, in seconds. Who is through with the course goes on with them.
EXPERIMENT_SECONDS: Final = 75.0
#: Probability that an experiment ends in an error.
EXPERIMENT_FAILS: Final = 0.25
#: Probability that a student who is through revisits an exercise instead.
REVISITS: Final = 0.3

# --- Planted strugglers

#: Share of the class, and how many at least, in a class of at least twice as many students.
#: They alternate between the two kinds.
STRUGGLER_SHARE: Final = 0.12
STRUGGLERS_AT_LEAST: Final = 2
#: Their skill, in logits.
STRUGGLER_SKILL: Final = -1.2
#: Earliest and latest time at which they get stuck, counted from the start or from the end of the
#: time before, in seconds; never later than this share of the class.
STUCK_AFTER_SECONDS: Final = (480.0, 1500.0)
STUCK_BEFORE_SHARE: Final = 0.5
#: Shortest and longest time that they are stuck before somebody helps them, in seconds.
STUCK_SECONDS: Final = (900.0, 2400.0)
#: Probability that the next error of a streak is the same as before.
SAME_ERROR: Final = 0.75
#: Fewest and most failed runs before a student falls silent.
RUNS_BEFORE_SILENCE: Final = (2, 4)

# --- The machine

#: Median duration of a cell run, in milliseconds, and the sigma of its log-normal factor.
DURATION_MS: Final = 2.5
DURATION_SPREAD: Final = 0.9
#: Shortest and longest time before a student stops a cell that never ends, in seconds.
ENDLESS_SECONDS: Final = (8.0, 40.0)
