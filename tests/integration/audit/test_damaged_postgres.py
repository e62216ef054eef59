"""`cellpulse audit` names each damage to PostgreSQL."""

from tests.integration.audit.audited_class import Class

SESSION = "WHERE session_id = 'k1'"


STATE = "WHERE student_id = 's2'"


POSTGRES_DAMAGE = {
    f"DELETE FROM sessions {SESSION}": ("wrong_state", "k1", "expected a session"),
    f"UPDATE sessions SET session_id = 'k0' {SESSION}": (
        "wrong_state",
        "k0",
        "expected no session",
    ),
    f"DELETE FROM student_states {STATE}": ("wrong_state", None, "expected a state"),
    "UPDATE student_states SET student_id = 's0'  WHERE student_id = 's3'": (
        "wrong_state",
        None,
        "expected no state",
    ),
    "DELETE FROM courses WHERE course_id = 'other'": ("lost", None, "courses"),
    "DELETE FROM students WHERE student_id = 's3'": ("lost", None, "students"),
    "DELETE FROM enrollments WHERE student_id = 's3'": ("lost", None, "enrollments"),
    "DELETE FROM notebooks WHERE notebook = 'b.ipynb'": ("lost", None, "notebooks, b.ipynb"),
    "DELETE FROM exercises WHERE course_id = 'other'": ("lost", None, "exercises, 1.1 'é'"),
    "UPDATE exercises SET notebook = 'x' WHERE course_id = 'other'": (
        "wrong_state",
        None,
        "notebook is x and must be a.ipynb",
    ),
    "UPDATE store_position SET position = '9999999999999-0'": (
        "wrong_state",
        None,
        "would leave out the next events",
    ),
    "UPDATE store_position SET position = '1-0'": ("wrong_state", None, "told Redis that it had"),
    "DELETE FROM store_position": ("wrong_state", None, "told Redis that it had"),
}


def test_every_column_of_postgres_is_compared(klass: Class) -> None:
    """A change to any column of a session's or a student's state is found and named."""
    klass.teach()
    sessions = {
        "highest_seq": "highest_seq + 1",
        "gaps": "'{}'",
        "lost_events": "lost_events + 1",
        "started_at": "started_at - interval '1 us'",
        "last_seen_at": "last_seen_at + interval '1 us'",
        "ended_at": "now()",
        "notebook": "'x'",
    }
    states = {
        "runs": "runs + 1",
        "errors": "errors + 1",
        "error_streak": "error_streak + 1",
        "last_status": "'interrupted'",
        "exercise": "'x'",
        "notebook": "'x'",
        "last_seen_at": "last_seen_at + interval '1 us'",
    }
    for table, where, changes in (
        ("sessions", SESSION, sessions),
        ("student_states", STATE, states),
    ):
        assignments = ", ".join(f"{column} = {value}" for column, value in changes.items())
        klass.damage_postgres(f"UPDATE {table} SET {assignments} {where}")
        message = klass.messages()
        assert [name for name in changes if f"{name} is " not in message] == [], message


def test_damage_to_postgres_is_named(klass: Class) -> None:
    """Each change to PostgreSQL's rows is found, and the message names what is wrong."""
    klass.teach()
    kept = klass.keep_postgres()
    for statement, (kind, session, words) in POSTGRES_DAMAGE.items():
        klass.damage_postgres(statement)
        findings = klass.audit().findings
        found = [
            finding
            for finding in findings
            if finding.kind == kind and finding.place.session_id == session
        ]
        assert [f for f in found if words in f.message] != [], (statement, findings)
        assert {finding.store for finding in findings} <= {"postgres"}
        klass.restore_postgres(kept)
    assert klass.audit().ok
