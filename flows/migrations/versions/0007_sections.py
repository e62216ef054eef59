"""What a roster says of an enrolled student: the name and the section."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("enrollments", sa.Column("display_name", sa.Text(), nullable=True))
    op.add_column("enrollments", sa.Column("section", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("enrollments", "section")
    op.drop_column("enrollments", "display_name")
