-- name: student_notes
-- meaning: What instructors noted about a student of a course: one row a note.
-- formula: Notes as they were written; one that was removed can be brought back for a while.
-- unit: times in UTC
-- parameters:
--   course_id: The course.
--   student_id: The student.
--   removed_since: Notes that were removed before then are left out.
-- columns:
--   note_id: The note.
--   text: What was written.
--   at: When it was. The list is ordered by this, newest first.
--   by: Who wrote it; null where that was not said.
--   removed_at: When it was removed; null for a note that is there.
-- reads: master.student_notes
-- limits: Whoever came by a link has no name.

SELECT note_id, text, written_at AS at, written_by AS by, removed_at
FROM master.student_notes
WHERE course_id = $course_id
    AND student_id = $student_id
    AND (removed_at IS NULL OR removed_at >= $removed_since::TIMESTAMPTZ)
ORDER BY written_at DESC, note_id DESC
