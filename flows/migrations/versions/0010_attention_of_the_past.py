"""What instructors had set for the attention list at a moment of the past."""

from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("attention_thresholds", _moment("ended_at"))
    _key("attention_thresholds", "course_id", "threshold", "set_at")
    op.add_column("attention_snoozes", _moment("ended_at"))
    _key("attention_snoozes", "course_id", "student_id", "snoozed_at")
    op.add_column("attention_marks", _moment("taken_back_at"))


def downgrade() -> None:
    op.execute("DELETE FROM attention_marks WHERE taken_back_at IS NOT NULL")
    op.drop_column("attention_marks", "taken_back_at")
    op.execute(
        "DELETE FROM attention_snoozes AS earlier USING attention_snoozes AS later "
        "WHERE earlier.course_id = later.course_id AND earlier.student_id = later.student_id "
        "AND earlier.snoozed_at < later.snoozed_at"
    )
    op.execute("DELETE FROM attention_snoozes WHERE ended_at IS NOT NULL")
    _key("attention_snoozes", "course_id", "student_id")
    op.drop_column("attention_snoozes", "ended_at")
    op.execute("DELETE FROM attention_thresholds WHERE ended_at IS NOT NULL")
    _key("attention_thresholds", "course_id", "threshold")
    op.drop_column("attention_thresholds", "ended_at")


def _moment(name: str) -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=True)


def _key(table: str, *columns: str) -> None:
    op.drop_constraint(f"{table}_pkey", table)
    op.create_primary_key(f"{table}_pkey", table, list(columns))
