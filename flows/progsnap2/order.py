"""The order of one student's rows, and a time for each that keeps it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from flows.progsnap2.submissions import Row


@dataclass
class RowOrder:
    """Puts a student's rows in the data set's order.

    Attributes:
        by_order: Whether `Order` tells it; else the rows' times do.
        put_forward: How many rows were dated with the row before them, so far.
    """

    by_order: bool
    put_forward: int = 0

    def of_student(self, rows: Sequence[Row]) -> list[Row]:
        """Return the rows in order, each with `seen_at`; None where the student has no times.

        Args:
            rows: All rows of one student: by `Order` where that tells the order, else as in the
                file. One without a time has that of the row before it.
        """
        last = next((row["happened_at"] for row in rows if row["happened_at"] is not None), None)
        for row in rows:
            row["seen_at"] = last = row["happened_at"] or last
        if not self.by_order:
            # A stable sort: rows of one time stay as in the file.
            return sorted(rows, key=_time) if last is not None else list(rows)
        for before, row in pairwise(rows):
            if row["seen_at"] is not None and row["seen_at"] < before["seen_at"]:
                row["seen_at"] = before["seen_at"]
                self.put_forward += 1
        return list(rows)


def _time(row: Row) -> datetime:
    time: datetime = row["seen_at"]
    return time
