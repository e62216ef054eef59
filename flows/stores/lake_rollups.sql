-- One batch of the log, the Arrow table `batch`, into the lake: the events themselves, and the
-- batch's own partials merged into the rollups. All in the transaction of the caller.
-- The rollups are merged by UPDATE and INSERT: a MERGE would write a Parquet file each time.

INSERT INTO lake.events BY NAME
SELECT * REPLACE (extra::JSON AS extra) FROM batch;

CREATE OR REPLACE TEMP TABLE new_student_exercise AS
SELECT
    course_id,
    student_id,
    coalesce(exercise, '') AS exercise,
    arg_max(notebook, position_ns) FILTER (type = 'cell_run' AND notebook IS NOT NULL) AS notebook,
    count(*) AS events,
    count(*) FILTER (type = 'cell_run') AS runs,
    count(*) FILTER (type = 'cell_run' AND status = 'error') AS errors,
    count(*) FILTER (type = 'cell_run' AND status = 'interrupted') AS interrupted,
    count(*) FILTER (type = 'check_result' AND passed) AS checks_passed,
    count(*) FILTER (type = 'check_result' AND NOT passed) AS checks_failed,
    coalesce(sum(duration_ms) FILTER (type = 'cell_run'), 0) AS duration_ms_sum,
    max(duration_ms) FILTER (type = 'cell_run') AS duration_ms_max,
    min(seen_at) AS first_event_at,
    max(seen_at) AS last_event_at,
    min(seen_at) FILTER (type = 'cell_run') AS first_run_at,
    max(seen_at) FILTER (type = 'cell_run') AS last_run_at,
    min(seen_at) FILTER (type = 'cell_run' AND status = 'ok') AS first_ok_at,
    min(seen_at) FILTER (type = 'check_result' AND passed) AS first_passed_at
FROM (SELECT *, least(occurred_at, received_at) AS seen_at FROM batch)
GROUP BY ALL;

CREATE OR REPLACE TEMP TABLE known_student_exercise AS
SELECT kept.course_id, kept.student_id, kept.exercise
FROM lake.rollup_student_exercise AS kept
SEMI JOIN new_student_exercise USING (course_id, student_id, exercise);

UPDATE lake.rollup_student_exercise AS kept
SET
    notebook = coalesce(new.notebook, kept.notebook),
    events = kept.events + new.events,
    runs = kept.runs + new.runs,
    errors = kept.errors + new.errors,
    interrupted = kept.interrupted + new.interrupted,
    checks_passed = kept.checks_passed + new.checks_passed,
    checks_failed = kept.checks_failed + new.checks_failed,
    duration_ms_sum = kept.duration_ms_sum + new.duration_ms_sum,
    duration_ms_max = greatest(kept.duration_ms_max, new.duration_ms_max),
    first_event_at = least(kept.first_event_at, new.first_event_at),
    last_event_at = greatest(kept.last_event_at, new.last_event_at),
    first_run_at = least(kept.first_run_at, new.first_run_at),
    last_run_at = greatest(kept.last_run_at, new.last_run_at),
    first_ok_at = least(kept.first_ok_at, new.first_ok_at),
    first_passed_at = least(kept.first_passed_at, new.first_passed_at)
FROM new_student_exercise AS new
WHERE kept.course_id = new.course_id
    AND kept.student_id = new.student_id
    AND kept.exercise = new.exercise;

INSERT INTO lake.rollup_student_exercise BY NAME
SELECT * FROM new_student_exercise
ANTI JOIN known_student_exercise USING (course_id, student_id, exercise);

CREATE OR REPLACE TEMP TABLE new_course_minute AS
SELECT
    course_id,
    date_trunc('minute', least(occurred_at, received_at)) AS minute,
    count(*) AS events,
    count(*) FILTER (type = 'cell_run') AS runs,
    count(*) FILTER (type = 'cell_run' AND status = 'error') AS errors,
    count(*) FILTER (type = 'cell_run' AND status = 'interrupted') AS interrupted,
    count(*) FILTER (type = 'check_result' AND passed) AS checks_passed,
    count(*) FILTER (type = 'check_result' AND NOT passed) AS checks_failed,
    coalesce(sum(duration_ms) FILTER (type = 'cell_run'), 0) AS duration_ms_sum
FROM batch
GROUP BY ALL;

CREATE OR REPLACE TEMP TABLE known_course_minute AS
SELECT kept.course_id, kept.minute
FROM lake.rollup_course_minute AS kept
SEMI JOIN new_course_minute USING (course_id, minute);

UPDATE lake.rollup_course_minute AS kept
SET
    events = kept.events + new.events,
    runs = kept.runs + new.runs,
    errors = kept.errors + new.errors,
    interrupted = kept.interrupted + new.interrupted,
    checks_passed = kept.checks_passed + new.checks_passed,
    checks_failed = kept.checks_failed + new.checks_failed,
    duration_ms_sum = kept.duration_ms_sum + new.duration_ms_sum
FROM new_course_minute AS new
WHERE kept.course_id = new.course_id AND kept.minute = new.minute;

INSERT INTO lake.rollup_course_minute BY NAME
SELECT * FROM new_course_minute
ANTI JOIN known_course_minute USING (course_id, minute);
