-- name: npsm
-- title: Time in programming states
-- meaning: Which share of a student's working time the latest run was one that had failed.
-- formula: The state after a run or check result is syntax_error or runtime_error when the student's
--   latest run of the exercise failed; else check_failed when a check failed since that run,
--   check_passed when only passed ones were reported since, and no_error otherwise. It lasts until
--   the student's next run or check result; that time counts where this is on the same exercise.
--   Of it, as much as that took itself is running; of the rest, what exceeds idle_minutes is idle
--   and counts for nothing. Each share is the time in that state divided by the time in all of them,
--   running included. value is syntax_error plus runtime_error. Wider groups: of the summed times.
-- unit: 0 to 1
-- parameters:
--   idle_minutes = 5: Of a longer time between two runs only so much counts.
-- columns:
--   value: Share of the time in which the latest run had failed.
--   syntax_error: Share after a run that was no Python.
--   runtime_error: Share after a run that failed otherwise.
--   check_failed: Share after a run without error whose check failed.
--   no_error: Share after a run without error, right or wrong not being known.
--   check_passed: Share after a passed check.
--   running: Share in which a cell ran.
--   active_seconds: Time in all states; by run that after the run or check result.
--   idle_seconds: Time left out as idle.
-- source: Carter, Hundhausen, Adesope 2015, The normalized programming state model: predicting
--   student performance in computing courses based on programming behavior (ICER '15),
--   doi:10.1145/2787622.2787710
-- adapted: The model's states are of the latest build's syntax (right or wrong), the latest
--   execution's outcome, and editing, debugging or running. Cell runs tell wrong syntax (SyntaxError,
--   IndentationError, TabError), failure at run time (every other failed run, also one without an
--   error name), and right as far as is known; there is no debugger, and editing is the time between
--   runs. Check results tell right from wrong where there are checks, which the model does not have.
--   The time before a student's first run and after the latest is in no state, as is the time from
--   one exercise to another. No weights and no prediction: the shares alone.
-- limits: Nobody sees the typing, so the time after a run may be thinking, or lunch up to
--   idle_minutes. An interrupted run counts as one without error. A long time at work on another
--   exercise without running it is not seen.

WITH steps AS (
    SELECT
        student_id,
        exercise,
        position,
        passed,
        CASE
            WHEN type <> 'cell_run' THEN NULL
            WHEN status <> 'error' THEN 'no_error'
            WHEN error_name IN ('SyntaxError', 'IndentationError', 'TabError') THEN 'syntax_error'
            ELSE 'runtime_error'
        END AS outcome,
        row_number() OVER all_in_order AS number,
        -- The time to the next step, where that is on the same exercise, and what of it that took.
        if(
            lead(exercise) OVER all_in_order = exercise,
            epoch_us(lead(seen_at) OVER all_in_order) - epoch_us(seen_at),
            0
        ) AS gap_us,
        coalesce(lead(duration_ms) OVER all_in_order, 0) * 1e3 AS run_us
    FROM course_events($course_id, $start, $until, $as_of, $section)
    WHERE type IN ('cell_run', 'check_result')
    WINDOW all_in_order AS (PARTITION BY student_id ORDER BY seen_at, position_ns)
),

-- A run and the check results up to the exercise's next run are one turn.
turns AS (
    SELECT
        *,
        count(outcome) OVER (PARTITION BY student_id, exercise ORDER BY number) AS turn
    FROM steps
),

states AS (
    SELECT
        *,
        CASE
            WHEN max(outcome) OVER turn_so_far <> 'no_error' THEN max(outcome) OVER turn_so_far
            WHEN bool_or(NOT passed) OVER turn_so_far THEN 'check_failed'
            WHEN bool_or(passed) OVER turn_so_far THEN 'check_passed'
            ELSE 'no_error'
        END AS state,
        least(gap_us, run_us) AS running_us
    FROM turns
    WINDOW turn_so_far AS (PARTITION BY student_id, exercise, turn ORDER BY number)
),

spent AS (
    SELECT
        of_student($by, student_id) AS student_id,
        of_exercise($by, exercise) AS exercise,
        of_run($by, position) AS position,
        state,
        running_us,
        least(gap_us - running_us, $idle_minutes * 60e6) AS state_us,
        gap_us - running_us - state_us AS idle_us
    FROM states
),

summed AS (
    SELECT
        student_id,
        exercise,
        position,
        coalesce(sum(state_us) FILTER (state = 'syntax_error'), 0) AS syntax_error,
        coalesce(sum(state_us) FILTER (state = 'runtime_error'), 0) AS runtime_error,
        coalesce(sum(state_us) FILTER (state = 'check_failed'), 0) AS check_failed,
        coalesce(sum(state_us) FILTER (state = 'no_error'), 0) AS no_error,
        coalesce(sum(state_us) FILTER (state = 'check_passed'), 0) AS check_passed,
        sum(running_us) AS running,
        sum(idle_us) AS idle,
        nullif(sum(state_us) + running, 0) AS active
    FROM spent
    GROUP BY ALL
)

SELECT
    student_id,
    exercise,
    position,
    (syntax_error + runtime_error) / active AS value,
    syntax_error / active AS syntax_error,
    runtime_error / active AS runtime_error,
    check_failed / active AS check_failed,
    no_error / active AS no_error,
    check_passed / active AS check_passed,
    running / active AS running,
    coalesce(active, 0) / 1e6 AS active_seconds,
    idle / 1e6 AS idle_seconds
FROM summed
