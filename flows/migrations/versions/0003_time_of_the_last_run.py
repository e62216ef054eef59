"""The time of the last run, so that a late run does not say where a student is now."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "student_states", sa.Column("last_run_at", sa.DateTime(timezone=True), nullable=True)
    )
    # No run of these students was later than the last sign of them.
    op.execute("UPDATE student_states SET last_run_at = last_seen_at WHERE runs > 0")


def downgrade() -> None:
    op.drop_column("student_states", "last_run_at")
