"""What a roster says of an enrolled student's seat, so that one can walk to it."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("enrollments", sa.Column("seat", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("enrollments", "seat")
