"""Courses whose students are kept under pseudonyms."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "pseudonymous_courses",
        sa.Column("course_id", sa.Text(), nullable=False),
        sa.Column("key_check", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["course_id"], ["courses.course_id"]),
        sa.PrimaryKeyConstraint("course_id"),
    )


def downgrade() -> None:
    # An older version would take the next events under the students' own ids.
    op.execute(
        "DO $$ BEGIN IF EXISTS (SELECT FROM pseudonymous_courses) THEN RAISE EXCEPTION "
        "'there are pseudonymous courses, which an older version does not know'; END IF; END $$"
    )
    op.drop_table("pseudonymous_courses")
