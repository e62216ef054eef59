"""PostgreSQL's tables: master data, current state and what people set, as SQLAlchemy 2 models.

All are imported here, so that `Base.metadata` is whole for whoever takes a table from it.
"""

from flows.models.access import Account, AdminAction, IssuedToken, StudentView
from flows.models.attention import AttentionMark, AttentionSnooze, AttentionThreshold
from flows.models.base import Base
from flows.models.current_state import Session, SkippedEvent, StorePosition, StudentState
from flows.models.master_data import (
    LONGEST_RETENTION_DAYS,
    Course,
    Enrollment,
    Exercise,
    Notebook,
    PseudonymousCourse,
    Student,
)
from flows.models.privacy import (
    CourseNotice,
    DeletionRequest,
    ErasedSession,
    ErasedStudent,
    NoticeSeen,
)
from flows.models.registration import (
    RegisteredCell,
    RegisteredCheck,
    RegisteredCourse,
    RegisteredExercise,
    RegisteredNotebook,
    Registration,
)
from flows.models.teaching import ClassMark, PlannedExercise, StudentNote

__all__ = [
    "LONGEST_RETENTION_DAYS",
    "Account",
    "AdminAction",
    "AttentionMark",
    "AttentionSnooze",
    "AttentionThreshold",
    "Base",
    "ClassMark",
    "Course",
    "CourseNotice",
    "DeletionRequest",
    "Enrollment",
    "ErasedSession",
    "ErasedStudent",
    "Exercise",
    "IssuedToken",
    "Notebook",
    "NoticeSeen",
    "PlannedExercise",
    "PseudonymousCourse",
    "RegisteredCell",
    "RegisteredCheck",
    "RegisteredCourse",
    "RegisteredExercise",
    "RegisteredNotebook",
    "Registration",
    "Session",
    "SkippedEvent",
    "StorePosition",
    "Student",
    "StudentNote",
    "StudentState",
    "StudentView",
]
