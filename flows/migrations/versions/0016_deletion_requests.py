"""That a student asks to be deleted."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "deletion_requests",
        sa.Column("course_id", sa.Text(), nullable=False),
        sa.Column("student_id", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["course_id", "student_id"],
            ["enrollments.course_id", "enrollments.student_id"],
        ),
        sa.PrimaryKeyConstraint("course_id", "student_id"),
    )


def downgrade() -> None:
    op.drop_table("deletion_requests")
