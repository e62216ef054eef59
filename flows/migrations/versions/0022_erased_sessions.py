"""How far the sessions of erased students had come, so that a kernel that goes on lost nothing."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "erased_sessions",
        sa.Column("course_id", sa.Text(), nullable=False),
        sa.Column("session_hash", sa.Text(), nullable=False),
        sa.Column("highest_seq", sa.BigInteger(), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("course_id", "session_hash"),
    )
    op.add_column(
        "sessions", sa.Column("erased_seq", sa.BigInteger(), nullable=False, server_default="0")
    )


def downgrade() -> None:
    op.drop_column("sessions", "erased_seq")
    op.drop_table("erased_sessions")
