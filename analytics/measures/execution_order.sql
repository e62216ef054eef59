-- name: execution_order
-- title: Execution order
-- meaning: How often a student goes back to an earlier cell after having run a later one.
-- formula: Over the runs of which the cell is known: the share that is out of order. The order of the
--   cells of a notebook is that in which the student first ran them, ever. A run is out of order when
--   a cell later in this order was run before it in the same session of the same notebook. By
--   student, exercise or course it is the share of all such runs there; a run belongs to its own
--   exercise, its session and notebook are looked at across exercises.
-- unit: 0 to 1
-- parameters: none
-- columns:
--   value: The share; by run 1 for a run out of order, 0 for another, null where no cell is known.
--   out_of_order: Runs out of order.
--   runs: Runs of which the cell is known.
--   restarts: Sessions of a notebook that follow another of the student, by the run that begins them.
--   restart_reruns: First runs of such a session that repeat a cell of the session before it, up to
--     the first run that does not.
--   lost_state: Runs that failed with NameError in such a session, of code that had run without
--     error in an earlier session of the notebook: they need what only the earlier session, or a
--     cell that is not run yet, changed or deleted, had made.
--   unseen_runs: Execution counts that are missing between two runs of a session.
-- source: After Pimentel, Murta, Braganholo, Freire 2019, A large-scale study about quality and
--   reproducibility of Jupyter notebooks (MSR 2019), doi:10.1109/MSR.2019.00077
-- adapted: The paper reads the execution counts that are left in a saved notebook; the runs
--   themselves also tell the runs that a later run of the same cell has overwritten there. A cell is
--   known by notebook and cell_id, for restart_reruns by its code's SHA-256 where it has no cell_id.
--   A session is one life of one kernel; runs without session_id are one session for each notebook,
--   with no restarts and no execution counts. Of two sessions of a notebook, that which began first
--   is the one before.
-- limits: The order of the cells in the file is not known, so going back to a cell that was skipped
--   at first is in order. Whether a result is stale, because the cell that made it was changed or
--   deleted since, can't be told from runs without following names through the code; lost_state
--   counts only where it led to an error after a restart. A new session can be a restart or another
--   day. A renamed notebook is a new one. Missing execution counts are runs that were not reported or
--   got lost. Only what lies in the asked span of time is looked at.

WITH runs AS (
    SELECT
        student_id,
        exercise,
        position,
        coalesce(notebook, '') AS notebook,
        session_id,
        cell_id,
        coalesce('cell ' || cell_id, 'code ' || code_sha256) AS cell,
        code_sha256,
        status,
        error_name,
        execution_count,
        row_number() OVER (PARTITION BY student_id ORDER BY seen_at, position_ns) AS number
    FROM course_runs($course_id, $start, $until, $as_of, $section)
),

placed AS (
    SELECT
        *,
        if(
            cell_id IS NULL,
            NULL,
            min(number) OVER (PARTITION BY student_id, notebook, cell_id)
        ) AS place,
        if(
            session_id IS NULL,
            NULL,
            min(number) OVER (PARTITION BY student_id, notebook, session_id)
        ) AS session_start
    FROM runs
),

ordered AS (
    SELECT
        *,
        coalesce(place < max(place) OVER session_runs, false) AS is_out_of_order,
        if(
            session_id IS NULL,
            0,
            greatest(execution_count - lag(execution_count) OVER session_runs - 1, 0)
        ) AS unseen,
        if(
            session_start IS NULL,
            NULL,
            dense_rank() OVER (
                PARTITION BY student_id, notebook ORDER BY session_start NULLS LAST
            )
        ) AS session_rank
    FROM placed
    WINDOW session_runs AS (PARTITION BY student_id, notebook, session_id ORDER BY number)
),

-- The cells of each session, as those that the next one may repeat.
repeatable AS (
    SELECT DISTINCT student_id, notebook, session_rank + 1 AS session_rank, cell
    FROM ordered
    WHERE session_rank IS NOT NULL AND cell IS NOT NULL
),

compared AS (
    SELECT
        ordered.*,
        repeatable.cell IS NOT NULL AS repeats,
        min(if(status = 'ok', session_rank, NULL)) OVER (
            PARTITION BY student_id, notebook, code_sha256 ORDER BY number
        ) < session_rank AND code_sha256 IS NOT NULL AS ran_before
    FROM ordered
    LEFT JOIN repeatable USING (student_id, notebook, session_rank, cell)
),

judged AS (
    SELECT
        *,
        session_rank > 1 AS in_later_session,
        in_later_session AND count(*) FILTER (NOT repeats) OVER (
            PARTITION BY student_id, notebook, session_start ORDER BY number
        ) = 0 AS is_restart_rerun
    FROM compared
)

SELECT
    of_student($by, student_id) AS student_id,
    of_exercise($by, exercise) AS exercise,
    of_run($by, position) AS position,
    count(*) FILTER (is_out_of_order) / nullif(count(place), 0) AS value,
    count(*) FILTER (is_out_of_order) AS out_of_order,
    count(place) AS runs,
    count(*) FILTER (in_later_session AND number = session_start) AS restarts,
    count(*) FILTER (is_restart_rerun) AS restart_reruns,
    count(*) FILTER (ran_before AND error_name = 'NameError' AND status = 'error') AS lost_state,
    sum(unseen) AS unseen_runs
FROM judged
GROUP BY ALL
