"""Who may see what, and what was done or looked at: accounts, tokens, actions, views."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKeyConstraint, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from flows.models.base import Base


class Account(Base):
    """Somebody who signs in to the dashboard.

    An assistant has one course, and the `sections` of it whose students they look after.
    Without a `password_hash` (Argon2id, in PHC form) the account waits for its owner to follow the
    one link whose code is `code_id`.
    """

    __tablename__ = "accounts"

    account: Mapped[str] = mapped_column(primary_key=True)
    role: Mapped[str]
    course_ids: Mapped[list[str]] = mapped_column(ARRAY(Text))
    sections: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    password_hash: Mapped[str | None]
    code_id: Mapped[str | None]
    created_at: Mapped[datetime]


class IssuedToken(Base):
    """A token that was handed out (`cellpulse token`), without the token itself.

    `token_id` is its claim `jti`. One that was revoked without having been recorded is here too.
    """

    __tablename__ = "issued_tokens"

    token_id: Mapped[str] = mapped_column(primary_key=True)
    scope: Mapped[str]
    course_id: Mapped[str]
    student_id: Mapped[str | None]
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class AdminAction(Base):
    """A change that an admin made on the page: when, who, what, and of which course.

    `who` is None for a token that was handed out. `course_id` may be of a course that is gone.
    `details` is one line for people, `values` the same to be said in any language; neither names a
    student. A change that an older version noted has no values.
    """

    __tablename__ = "admin_actions"

    action_id: Mapped[int] = mapped_column(primary_key=True)
    made_at: Mapped[datetime]
    who: Mapped[str | None]
    what: Mapped[str]
    course_id: Mapped[str | None]
    details: Mapped[str]
    values: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")


class StudentView(Base):
    """Who looked at a student: how many answers of the API somebody had within an hour.

    `who` is an account, or the id of a token that was handed out. A student's own do not count.
    """

    __tablename__ = "student_views"
    __table_args__ = (
        ForeignKeyConstraint(
            ["course_id", "student_id"], ["enrollments.course_id", "enrollments.student_id"]
        ),
    )

    course_id: Mapped[str] = mapped_column(primary_key=True)
    student_id: Mapped[str] = mapped_column(primary_key=True)
    who: Mapped[str] = mapped_column(primary_key=True)
    hour: Mapped[datetime] = mapped_column(primary_key=True)
    last_at: Mapped[datetime]
    answers: Mapped[int]
