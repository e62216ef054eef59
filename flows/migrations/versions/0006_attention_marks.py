"""That somebody goes to a student of the attention list, or has helped."""

import sqlalchemy as sa
from alembic import op

revision = "0006_attention_marks"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "attention_marks",
        sa.Column("course_id", sa.Text(), nullable=False),
        sa.Column("student_id", sa.Text(), nullable=False),
        sa.Column("marked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("marked_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["course_id", "student_id"],
            ["enrollments.course_id", "enrollments.student_id"],
        ),
        sa.PrimaryKeyConstraint("course_id", "student_id", "marked_at"),
    )


def downgrade() -> None:
    op.drop_table("attention_marks")
