"""Which places in the log were passed without their event."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "skipped_events",
        sa.Column("position_ns", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("skipped_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("position_ns"),
    )


def downgrade() -> None:
    op.drop_table("skipped_events")
