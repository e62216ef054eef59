"""What instructors set for the attention list: thresholds, and who is snoozed."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "attention_thresholds",
        sa.Column("course_id", sa.Text(), nullable=False),
        sa.Column("threshold", sa.Text(), nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["course_id"], ["courses.course_id"]),
        sa.PrimaryKeyConstraint("course_id", "threshold"),
    )
    op.create_table(
        "attention_snoozes",
        sa.Column("course_id", sa.Text(), nullable=False),
        sa.Column("student_id", sa.Text(), nullable=False),
        sa.Column("snoozed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("snoozed_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["course_id", "student_id"],
            ["enrollments.course_id", "enrollments.student_id"],
        ),
        sa.PrimaryKeyConstraint("course_id", "student_id"),
    )


def downgrade() -> None:
    op.drop_table("attention_snoozes")
    op.drop_table("attention_thresholds")
