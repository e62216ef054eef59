"""A key of the lake's rollups can have several rows: the lake's own step, which has no tables."""

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Do nothing: the lake's writer notes the lake's version when it opens it."""


def downgrade() -> None:
    """Do nothing: `go_back` has the lake's writer merge the rows."""
