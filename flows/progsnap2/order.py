"""The order of one student's rows, and a time for each that keeps it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flows.progsnap2.submissions import Row


@dataclass
class RowOrder:
    """Puts a student's rows in the data set's order.

    Attributes:
        by_order: Whether `Order` tells it; else the rows' times do.
        within: The columns, besides the student, whose values rows must share for their `Order`
            to be compared; none for rows of one exercise.
        put_forward: How many rows were dated with a row before them, so far.
    """

    by_order: bool
    within: tuple[str, ...] = ()
    put_forward: int = 0

    @classmethod
    def of_data_set(
        cls, metadata: Mapping[str, str], *, has_order: bool, is_ours: bool
    ) -> "RowOrder":
        """Return the order that the metadata, by their names in small letters, tell of."""
        scope = metadata.get("eventorderscope", "").lower()
        columns = metadata.get("eventorderscopecolumns", "") if scope == "restricted" else ""
        named = (name.strip() for name in columns.split(";"))
        within = tuple(name for name in named if name not in ("", "SubjectID"))
        return cls(has_order and (is_ours or scope != "none"), within)

    def of_student(self, rows: Sequence[Row]) -> list[Row]:
        """Return the rows in order, each with `seen_at`; None where the student has no times.

        Args:
            rows: All rows of one student: by `Order` where that tells the order, else as in the
                file. One without a time has that of the row before it.
        """
        last = next((row["happened_at"] for row in rows if row["happened_at"] is not None), None)
        for row in rows:
            row["seen_at"] = last = row["happened_at"] or last
        if last is None:
            return list(rows)
        if self.by_order:
            self._put_forward(rows)
        # A stable sort: rows of one time stay as they were.
        return sorted(rows, key=_time)

    def _put_forward(self, rows: Sequence[Row]) -> None:
        latest: dict[tuple[Any, ...], datetime] = {}
        for row in rows:
            group = self._group(row)
            if group in latest and row["seen_at"] < latest[group]:
                row["seen_at"] = latest[group]
                self.put_forward += 1
            latest[group] = row["seen_at"]

    def _group(self, row: Row) -> tuple[Any, ...]:
        """Return what rows that an `Order` orders have in common.

        Between exercises times tell more than an `Order` that was given to one after the other.
        """
        if self.within:
            return tuple(_column(row, name) for name in self.within)
        return (row["ProblemID"] or row["AssignmentID"],)


def _time(row: Row) -> datetime:
    time: datetime = row["seen_at"]
    return time


def _column(row: Row, name: str) -> Any:
    return row[name] if name in row else json.loads(row["rest"]).get(name)
