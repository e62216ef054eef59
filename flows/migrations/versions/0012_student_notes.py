"""Notes that instructors write about a student."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "student_notes",
        sa.Column("note_id", sa.Text(), nullable=False),
        sa.Column("course_id", sa.Text(), nullable=False),
        sa.Column("student_id", sa.Text(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("written_by", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["course_id", "student_id"],
            ["enrollments.course_id", "enrollments.student_id"],
        ),
        sa.PrimaryKeyConstraint("note_id"),
    )
    op.create_index("student_notes_of", "student_notes", ["course_id", "student_id"])


def downgrade() -> None:
    op.drop_table("student_notes")
