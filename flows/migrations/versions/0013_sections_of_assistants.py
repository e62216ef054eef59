"""Which sections an assistant looks after."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "accounts",
        sa.Column("sections", sa.ARRAY(sa.Text()), nullable=False, server_default="{}"),
    )


def downgrade() -> None:
    # Without their sections they would see nothing, or everything.
    op.execute("DELETE FROM accounts WHERE role = 'assistant'")
    op.drop_column("accounts", "sections")
