-- name: guessing
-- title: Guessing
-- meaning: How often a student, after a failed run, runs nearly the same code again at once.
-- formula: Over the runs that directly follow a failed run of the same student on the same exercise:
--   the share that is rapid and near-identical. Rapid: it began within within_seconds after the
--   failed run ended (the time between them minus the time that it took itself). Near-identical: the
--   same code, or as many lines in the same cell, and at most most_chars characters more or fewer.
--   Only runs of which this can be told of both are counted. By student, exercise or course it is
--   the share of all such runs there.
-- unit: 0 to 1
-- parameters:
--   within_seconds = 10: So soon after a failure a rerun is rapid.
--   most_chars = 3: So many characters more or fewer are nearly the same.
-- columns:
--   value: The share; by run 1 for a guess, 0 for another run after a failure, else null.
--   guesses: Rapid, near-identical reruns after a failure.
--   unchanged: Those of them with the very same code.
--   after_failure: Runs after a failed one that could be compared with it.
-- source: Cellpulse's own. The behaviour is the tinkering of Perkins, Hancock, Hobbs, Martin, Simmons
--   1986, Conditions of learning in novice programmers (Journal of Educational Computing Research
--   2(1), 37-55), doi:10.2190/GUJT-JCBJ-Q6QU-Q9PL, who describe it without a formula
-- adapted: Code is compared by its SHA-256 and its numbers of lines and characters alone, for everyone,
--   also where the code itself is shared, so that the number means the same of each student. Cells
--   that are not known to differ count as the same cell.
-- limits: A typing error that is seen and mended at once looks like a guess; a change of another kind
--   and the same length too. A guess that took longer than within_seconds is missed. Without digest
--   and length of the code there is no number.

WITH compared AS (
    SELECT
        student_id,
        exercise,
        position,
        lag(failed) OVER runs_in_order AS failed_before,
        code_sha256 = lag(code_sha256) OVER runs_in_order AS same_code,
        coalesce(cell_id = lag(cell_id) OVER runs_in_order, true) AS same_cell,
        code_lines = lag(code_lines) OVER runs_in_order
        AND abs(code_chars - lag(code_chars) OVER runs_in_order) <= $most_chars AS same_size,
        epoch_us(seen_at) - epoch_us(lag(seen_at) OVER runs_in_order)
        - coalesce(duration_ms, 0) * 1e3 AS pause_us
    FROM course_runs($course_id, $start, $until, $as_of, $section)
    WINDOW runs_in_order AS (PARTITION BY student_id, exercise ORDER BY seen_at, position_ns)
),

judged AS (
    SELECT
        *,
        failed_before AND (coalesce(same_code, false) OR same_size IS NOT NULL) AS is_judged,
        is_judged AND pause_us <= $within_seconds * 1e6
        AND (coalesce(same_code, false) OR (same_cell AND coalesce(same_size, false))) AS is_guess
    FROM compared
)

SELECT
    of_student($by, student_id) AS student_id,
    of_exercise($by, exercise) AS exercise,
    of_run($by, position) AS position,
    count(*) FILTER (is_guess) / nullif(count(*) FILTER (is_judged), 0) AS value,
    count(*) FILTER (is_guess) AS guesses,
    count(*) FILTER (is_guess AND same_code) AS unchanged,
    count(*) FILTER (is_judged) AS after_failure
FROM judged
GROUP BY ALL
