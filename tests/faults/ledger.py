"""What the class was promised: noted where it is promised, compared at the end of a round."""

import threading
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Self

from flows.stores.lake_attach import attach_lake


@dataclass
class Ledger:
    """Promises, by who made them.

    Attributes:
        spooled: Highest sequence number that the hook spooled, for each of its sessions.
        acknowledged: Ids of events that a client got 202 for.
        sent: Ids of all events that a client or a publisher sent; each may be stored once.
        replies: Cells whose end each kernel's student saw.
        followed: Log positions in the order in which each dashboard got them.
    """

    spooled: dict[str, int] = field(default_factory=dict)
    acknowledged: set[str] = field(default_factory=set)
    sent: set[str] = field(default_factory=set)
    replies: Counter[str] = field(default_factory=Counter)
    followed: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass(frozen=True)
class Stored:
    """What the lake holds of the course.

    Attributes:
        sequences: Sequence numbers of each session, as often as they are stored.
        ids: How often each event id is stored.
        runs: Cell runs of each student.
        positions: Log positions, in their order.
    """

    sequences: dict[str, list[int]]
    ids: Counter[str]
    runs: Counter[str]
    positions: list[str]

    @classmethod
    def read(cls, postgres_url: str, lake_path: str, course: str) -> Self:
        """Read what the lake holds of a course now."""
        with attach_lake(postgres_url, lake_path, read_only=True) as lake:
            rows = lake.execute(
                "SELECT session_id, seq, event_id, student_id, type, position FROM lake.events "
                "WHERE course_id = ? ORDER BY position_ns",
                [course],
            ).fetchall()
        sequences: dict[str, list[int]] = {}
        for session, seq, *_ in rows:
            if session is not None:
                sequences.setdefault(session, []).append(seq)
        return cls(
            sequences,
            Counter(row[2] for row in rows),
            Counter(row[3] for row in rows if row[4] == "cell_run"),
            [row[5] for row in rows],
        )


def broken_promises(ledger: Ledger, stored: Stored) -> list[str]:
    """Return a sentence for each promise that was not kept."""
    return [
        *_of_sessions(ledger, stored),
        *_of_clients(ledger, stored),
        *(
            f"{kernel}: {seen} cells were seen to end, {stored.runs[kernel]} are stored"
            for kernel, seen in ledger.replies.items()
            if stored.runs[kernel] < seen
        ),
        *(
            f"{dashboard} did not get each event once and in order: {_difference(got, stored)}"
            for dashboard, got in ledger.followed.items()
            if got != stored.positions
        ),
    ]


def _of_sessions(ledger: Ledger, stored: Stored) -> list[str]:
    sentences = []
    for session, highest in ledger.spooled.items():
        numbers = sorted(stored.sequences.get(session, []))
        expected = list(range(1, highest + 1))
        if numbers != expected:
            missing = sorted(set(expected) - set(numbers))[:10]
            twice = [n for n, times in Counter(numbers).items() if times > 1][:10]
            sentences.append(f"session {session}: missing {missing}, stored twice {twice}")
    return sentences


def _of_clients(ledger: Ledger, stored: Stored) -> list[str]:
    lost = ledger.acknowledged - stored.ids.keys()
    twice = [event_id for event_id in ledger.sent if stored.ids[event_id] > 1]
    sentences = []
    if lost:
        sentences.append(f"{len(lost)} events got 202 and are lost, such as {min(lost)}")
    if twice:
        sentences.append(f"{len(twice)} events are stored twice, such as {min(twice)}")
    return sentences


def _difference(got: list[str], stored: Stored) -> str:
    twice = [position for position, times in Counter(got).items() if times > 1][:5]
    missing = sorted(set(stored.positions) - set(got))[:5]
    foreign = sorted(set(got) - set(stored.positions))[:5]
    counts = f"{len(got)} of {len(stored.positions)}"
    return f"{counts}; missing {missing}, twice {twice}, not stored {foreign}"
