"""What `cellpulse audit` says."""

from dataclasses import asdict, dataclass
from typing import Any, Final

from flows.audit.finding import Finding, KnownLoss, SetAside

#: Lines shown of each kind in a text; JSON has more, up to `KEPT`.
_SHOWN: Final = 20
#: Findings of each kind and store, known losses and events set aside that are kept.
KEPT: Final = 1_000


@dataclass(frozen=True)
class AuditReport:
    """The outcome of an audit.

    Attributes:
        as_of: For each store, and the log, the position as of which it was read.
        events: Events accepted up to the log's position.
        counts: How many findings of each kind there are, shown or not.
        findings: Those that are kept.
        known_losses: The gaps that PostgreSQL counts.
        known_loss_events: How many events they are.
        set_aside: What stands in the rejected stream with its log position.
        set_aside_events: How many there are.
        notes: What the audit could not check, and why.
    """

    as_of: dict[str, str]
    events: int
    counts: dict[str, int]
    findings: list[Finding]
    known_losses: list[KnownLoss]
    known_loss_events: int
    set_aside: list[SetAside]
    set_aside_events: int
    notes: list[str]

    @property
    def ok(self) -> bool:
        """Whether all agree and nothing is missing."""
        return not self.counts

    def as_json(self) -> dict[str, Any]:
        """Return it as `--json` prints it."""
        parts = asdict(self)
        for name in ("findings", "known_losses", "set_aside"):
            parts[name] = [part.pop("place") | part for part in parts[name]]
        return {"ok": self.ok, **parts}

    def as_text(self) -> str:
        """Return it as a person reads it."""
        lines = ["as of: " + ", ".join(f"{name} {at}" for name, at in self.as_of.items())]
        lines += [f"note: {note}" for note in self.notes]
        lines.append(f"known losses: {self.known_loss_events}")
        lines += _shown(
            [
                f"  {loss.place}: {loss.events} missing, before {loss.seen_after}"
                for loss in self.known_losses
            ]
        )
        lines.append(f"set aside: {self.set_aside_events}")
        lines += _shown(
            [f"  {aside.store}, {aside.place}: {aside.reason}" for aside in self.set_aside]
        )
        for kind, count in self.counts.items():
            lines.append(f"{kind}: {count}")
            lines += _shown(
                [
                    f"  {_where(finding)}: {finding.message}. What to do: {finding.todo}."
                    for finding in self.findings
                    if finding.kind == kind
                ],
                count,
            )
        lines.append(self._verdict())
        return "\n".join(lines)

    def _verdict(self) -> str:
        if self.ok:
            return f"all agree on {self.events} events"
        if set(self.counts) == {"not_yet_there"}:
            return f"no damage in {self.events} events, but not every store has come to the end"
        return f"not all agree on {self.events} events: see above"


def _where(finding: Finding) -> str:
    return ", ".join(part for part in (finding.store, str(finding.place)) if part)


def _shown(lines: list[str], count: int | None = None) -> list[str]:
    more = (len(lines) if count is None else count) - _SHOWN
    return lines[:_SHOWN] + ([f"  … and {more} more"] if more > 0 else [])
