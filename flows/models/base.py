"""Base of every table in PostgreSQL, with the column types that Python's types stand for."""

from datetime import datetime

from sqlalchemy import BigInteger, DateTime, Double, Text
from sqlalchemy.orm import DeclarativeBase


class Base(DeclarativeBase):
    """Base of every table here."""

    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it from the class
        str: Text,
        int: BigInteger,
        float: Double,
        datetime: DateTime(timezone=True),
    }
