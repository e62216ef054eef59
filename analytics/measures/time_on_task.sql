-- name: time_on_task
-- title: Time on task
-- meaning: How long a student worked on an exercise, as far as the runs tell.
-- formula: The time from each action of a student (a run, a check result, a call for help) to the
--   student's next one, on whatever exercise, but at most cap_minutes of it; it counts for the
--   exercise of the later one, and is summed. Null without any such gap.
-- unit: seconds
-- parameters:
--   cap_minutes = 5: Of a longer gap only so many minutes count, since nobody knows whether the
--     student read, thought or was away.
-- columns:
--   value: Time on task, summed over students. By run the time that ended with it.
--   half_cap: The same with a cap of half as many minutes, to show how much it depends on the cap.
--   double_cap: The same with a cap of twice as many minutes.
--   gaps: Gaps that it is the sum of.
--   capped: Gaps that were longer than the cap.
--   students: Students whose gaps they are.
--   median_seconds: Median over these students, each with the own sum.
-- source: Kovanović, Gašević, Dawson, Joksimović, Baker, Hatala 2015, Does time-on-task estimation
--   matter? (Journal of Learning Analytics 2(3), 81-110), doi:10.18608/jla.2015.23.6
-- adapted: A run stands for a click; a gap belongs to the exercise of the action that ends it, as
--   what comes before a run is work towards it. Heartbeats and the starts and ends of sessions are
--   no work. The cap is shorter than is usual for clicks in a course of weeks, as in class a student
--   runs a cell about once a minute.
-- limits: Reading and thinking without running anything is seen only up to the cap, the work before
--   a student's first action not at all. A cell that computes for long counts as work. Where
--   half_cap and double_cap differ much, do not lean on the number.

WITH caps AS (
    SELECT (least($cap_minutes, 525600) * 60e6)::BIGINT AS cap_us
),

gaps AS (
    SELECT
        of_student($by, student_id) AS student_id,
        of_exercise($by, exercise) AS exercise,
        of_run($by, position) AS position,
        student_id AS whose,
        sum(least(gap_us, cap_us)) FILTER (gap_us IS NOT NULL) / 1e6 AS seconds,
        sum(least(gap_us, cap_us // 2)) FILTER (gap_us IS NOT NULL) / 1e6 AS half_cap,
        sum(least(gap_us, cap_us * 2)) FILTER (gap_us IS NOT NULL) / 1e6 AS double_cap,
        count(gap_us) AS gaps,
        count(*) FILTER (gap_us > cap_us) AS capped
    FROM course_actions($course_id, $start, $until, $as_of, $section), caps
    GROUP BY ALL
)

SELECT
    student_id,
    exercise,
    position,
    sum(seconds) AS value,
    sum(half_cap) AS half_cap,
    sum(double_cap) AS double_cap,
    sum(gaps)::BIGINT AS gaps,
    sum(capped)::BIGINT AS capped,
    count(seconds) AS students,
    median(seconds) AS median_seconds
FROM gaps
GROUP BY student_id, exercise, position
