-- name: attention_settings
-- meaning: What instructors set for a course's attention list: thresholds that differ from the
--   defaults, who is snoozed, to whom somebody goes or has gone, and who was helped.
-- formula: The rows that the API wrote, as they were at the moment; a student's latest snooze holds
--   from snoozed_at until its end, a student's latest mark that was not taken back
--   for 15 minutes. To take one back, without saying which, goes by the same marks.
-- unit: as each threshold says; times in UTC
-- parameters:
--   course_id: The course.
--   now: The moment at which a threshold, a snooze or a mark has to hold.
-- columns:
--   thresholds: Name and value of each threshold that was set; a null value turns its reason off.
--   snoozes: Each snoozed student, since when, until when, and who said so.
--   marks: Each student with a mark that holds: what it says, since when, and who said so.
--   helps: Each student whom somebody marked as helped in the last 24 hours, and when last.
-- reads: master.attention_thresholds, master.attention_snoozes, master.attention_marks
-- limits: Of what was set before changes were kept only the latest is known.

SELECT
    coalesce(
        (
            SELECT list({'threshold': threshold, 'value': value} ORDER BY threshold)
            FROM master.attention_thresholds
            WHERE course_id = $course_id
                AND set_at <= $now::TIMESTAMPTZ
                AND (ended_at IS NULL OR ended_at > $now::TIMESTAMPTZ)
        ),
        []
    ) AS thresholds,
    coalesce(
        (
            SELECT
                list(
                    {
                        'student_id': student_id,
                        'snoozed_at': snoozed_at,
                        'until': until,
                        'snoozed_by': snoozed_by
                    }
                    ORDER BY student_id
                )
            FROM (
                SELECT * FROM master.attention_snoozes
                WHERE course_id = $course_id AND snoozed_at <= $now::TIMESTAMPTZ
                QUALIFY row_number() OVER (PARTITION BY student_id ORDER BY snoozed_at DESC) = 1
            )
            WHERE until > $now::TIMESTAMPTZ
                AND (ended_at IS NULL OR ended_at > $now::TIMESTAMPTZ)
        ),
        []
    ) AS snoozes,
    coalesce(
        (
            SELECT
                list(
                    {
                        'student_id': student_id,
                        'mark': mark,
                        'at': marked_at,
                        'by': marked_by
                    }
                    ORDER BY student_id
                )
            FROM (
                SELECT * FROM master.attention_marks
                WHERE course_id = $course_id
                    AND marked_at > $now::TIMESTAMPTZ - INTERVAL 15 MINUTE
                    AND marked_at <= $now::TIMESTAMPTZ
                    AND (taken_back_at IS NULL OR taken_back_at > $now::TIMESTAMPTZ)
                QUALIFY row_number() OVER (PARTITION BY student_id ORDER BY marked_at DESC) = 1
            )
        ),
        []
    ) AS marks,
    coalesce(
        (
            SELECT list({'student_id': student_id, 'helped_at': helped_at} ORDER BY student_id)
            FROM (
                SELECT student_id, max(marked_at) AS helped_at
                FROM master.attention_marks
                WHERE course_id = $course_id
                    AND mark = 'helped'
                    AND marked_at > $now::TIMESTAMPTZ - INTERVAL 24 HOUR
                    AND marked_at <= $now::TIMESTAMPTZ
                    AND (taken_back_at IS NULL OR taken_back_at > $now::TIMESTAMPTZ)
                GROUP BY student_id
            )
        ),
        []
    ) AS helps
