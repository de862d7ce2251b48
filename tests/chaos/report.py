"""The report of a chaos run, for people."""

from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.audit import AuditReport
from tests.chaos.logs import Said
from tests.chaos.plan import Plan

_MOST_FINDINGS = 40


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to; `ended_after_s` is when the last order had ended, None when one has not."""

    plan: Plan
    audit: AuditReport
    published: int
    ended_after_s: float | None
    took_s: float
    done: tuple[tuple[float, str], ...]
    kills: dict[str, int]
    starts: dict[str, int]
    played: dict[str, int]
    calls: dict[str, int]
    said: Said
    findings: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Tell whether nothing was lost, doubled or wrong, in time, and nothing broke."""
        return self.audit.ok and self.ended_after_s is not None and not self.findings and not self.said.findings

    def text(self) -> str:
        """Return the report."""
        return "\n".join(self._lines()) + "\n"

    def _lines(self) -> Iterator[str]:
        yield f"chaos, seed {self.plan.seed}: {self.published} of {self.plan.orders} orders published"
        yield "done to it:"
        yield from (f"  {at_s:6.1f} s  {what}" for at_s, what in self.done)
        yield f"  killed with -9: {sum(self.kills.values())} ({_counts(self.kills)})"
        yield f"  started: {sum(self.starts.values())} ({_counts(self.starts)})"
        yield f"faults that struck: {sum(self.played.values())}"
        yield from (f"  {count:6d}  {fault}" for fault, count in sorted(self.played.items()))
        yield f"calls: {sum(self.calls.values())} ({_counts(self.calls)})"
        yield "what the logs say loudly:"
        yield from (f"  {count:6d}  {event}" for event, count in self.said.loud.most_common())
        yield from self._verdict()

    def _verdict(self) -> Iterator[str]:
        findings = [f"{each.verdict} {each.order_id} ({each.kind}): {each.text}" for each in self.audit.findings]
        findings += [*self.findings, *self.said.findings]
        yield f"findings: {len(findings)}"
        yield from (f"  {finding}" for finding in findings[:_MOST_FINDINGS])
        ended = "not all" if self.ended_after_s is None else f"{self.ended_after_s:.1f} s"
        yield (
            f"{self.audit.orders} orders: {self.audit.activated} activated, {self.audit.failed} failed; "
            f"{self.audit.lost} lost, {self.audit.doubled} doubled, {self.audit.wrong} wrong; "
            f"ended after: {ended} (run: {self.took_s:.1f} s) {'OK' if self.ok else 'NOT OK'}"
        )


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))
