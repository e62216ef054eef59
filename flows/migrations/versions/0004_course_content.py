"""What registered courses consist of: notebooks, exercises, their checks and their cells."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_TABLES = (
    "registered_cells",
    "registered_checks",
    "registered_exercises",
    "registered_notebooks",
    "course_registrations",
    "registered_courses",
)


def upgrade() -> None:
    op.create_table(
        "registered_courses",
        _text("course_id"),
        _text("version"),
        _text("content"),
        sa.PrimaryKeyConstraint("course_id"),
        sa.ForeignKeyConstraint(["course_id"], ["courses.course_id"]),
    )
    op.create_table(
        "course_registrations",
        sa.Column("registration_id", sa.BigInteger(), nullable=False),
        _text("course_id"),
        _time("registered_at", nullable=False),
        _text("version"),
        *(
            sa.Column(name, sa.BigInteger(), nullable=False)
            for name in ("notebooks", "exercises", "checks", "new_exercises", "retired_exercises")
        ),
        sa.PrimaryKeyConstraint("registration_id"),
        sa.ForeignKeyConstraint(["course_id"], ["courses.course_id"]),
    )
    op.create_table(
        "registered_notebooks",
        _text("course_id"),
        _text("notebook"),
        _text("title"),
        _text("language"),
        sa.Column("place", sa.BigInteger(), nullable=False),
        _time("retired_at"),
        sa.PrimaryKeyConstraint("course_id", "notebook"),
        sa.ForeignKeyConstraint(["course_id"], ["courses.course_id"]),
    )
    op.create_table(
        "registered_exercises",
        _text("course_id"),
        _text("exercise"),
        _text("notebook"),
        _text("mark"),
        _text("marker"),
        _text("title"),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("points", sa.Double(), nullable=True),
        _time("due_at"),
        _time("first_registered_at", nullable=False),
        _time("retired_at"),
        sa.PrimaryKeyConstraint("course_id", "exercise"),
        sa.ForeignKeyConstraint(
            ["course_id", "notebook"],
            ["registered_notebooks.course_id", "registered_notebooks.notebook"],
        ),
    )
    op.create_table(
        "registered_checks",
        _text("course_id"),
        _text("exercise"),
        _text("check_name"),
        _text("kind"),
        sa.Column("points", sa.Double(), nullable=True),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("course_id", "exercise", "check_name"),
        _of_an_exercise(),
    )
    op.create_table(
        "registered_cells",
        _text("course_id"),
        _text("exercise"),
        sa.Column("place", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=True) for name in ("cell_id", "key", "code_sha256")),
        sa.PrimaryKeyConstraint("course_id", "exercise", "place"),
        _of_an_exercise(),
    )


def downgrade() -> None:
    for table in _TABLES:
        op.drop_table(table)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _time(name: str, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _of_an_exercise() -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["course_id", "exercise"],
        ["registered_exercises.course_id", "registered_exercises.exercise"],
    )
