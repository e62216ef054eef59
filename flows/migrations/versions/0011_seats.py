"""What a roster says of an enrolled student's seat, so that one can walk to it."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("enrollments", sa.Column("seat", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("enrollments", "seat")
