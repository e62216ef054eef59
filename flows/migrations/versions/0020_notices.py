"""What courses tell their students, and who has seen it."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "course_notices",
        sa.Column("course_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("english", sa.Text(), nullable=False),
        sa.Column("japanese", sa.Text(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["course_id"], ["courses.course_id"]),
        sa.PrimaryKeyConstraint("course_id"),
    )
    op.create_table(
        "notices_seen",
        sa.Column("course_id", sa.Text(), nullable=False),
        sa.Column("student_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["course_id", "student_id"],
            ["enrollments.course_id", "enrollments.student_id"],
        ),
        sa.PrimaryKeyConstraint("course_id", "student_id", "version"),
    )


def downgrade() -> None:
    op.drop_table("notices_seen")
    op.drop_table("course_notices")
