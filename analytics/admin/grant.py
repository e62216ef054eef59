"""Whose token is an admin's."""

from ingest_api.tokens import Grant


def is_admin(grant: Grant) -> bool:
    """Tell whether a grant is an admin's: it covers every course, and everybody in it."""
    return grant.scope == "read" and grant.course_ids is None and grant.student_id is None
