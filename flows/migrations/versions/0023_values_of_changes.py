"""What an admin changed, as values too, so that a page says it in its own words."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "admin_actions", sa.Column("values", JSONB(), nullable=False, server_default="{}")
    )


def downgrade() -> None:
    op.drop_column("admin_actions", "values")
