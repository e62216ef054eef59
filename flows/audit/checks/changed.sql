-- name: changed
-- meaning: A store holds another content at a position than was accepted there.
-- source: compared, that is held beside accepted
-- limits: Names the fields, and shows none of their contents.

SELECT
    'changed' AS kind,
    compared.store,
    compared.course_id,
    compared.student_id,
    compared.session_id,
    compared.position_ns AS first_ns,
    compared.position_ns AS last_ns,
    compared.seq AS first_seq,
    compared.seq AS last_seq,
    1 AS events,
    format(
        'expected the event as {} holds it; found another {}',
        titled(compared.source), array_to_string(compared.fields, ', ')
    ) AS message
FROM compared
ANTI JOIN moved ON moved.store = compared.store AND moved.held_ns = compared.position_ns
ANTI JOIN (
    SELECT store, position_ns FROM held GROUP BY store, position_ns HAVING count(*) > 1
) AS doubled ON doubled.store = compared.store AND doubled.position_ns = compared.position_ns
WHERE len(compared.fields) > 0
