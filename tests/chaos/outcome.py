"""What became of what people wrote: the figures with which the reports of all long runs begin. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.chaos.judge import Verdict

if TYPE_CHECKING:
    from project.sandbox.client import SandboxCounters


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Reports begin with these; docs/reference/chaos.md says what each figure means."""

    profile: str
    sent: int
    lost: int
    duplicated: int
    duplicated_webhook_ambiguous: int
    out_of_order: int
    edits: int
    edits_synced: int
    deletes: int
    deletes_synced: int
    concurrent_owners: int
    unknown_methods: int
    findings: list[str]

    @property
    def whole(self) -> bool:
        """Nothing lost, doubled or swapped, every edit and delete followed, and never two owners of a key."""
        wrong = self.lost, self.duplicated, self.out_of_order, self.unknown_methods
        missed = self.edits - self.edits_synced, self.deletes - self.deletes_synced
        return not any((*wrong, *missed)) and self.concurrent_owners <= 1


def outcome(verdicts: Mapping[int, Verdict], counters: SandboxCounters, bare: Iterable[str] = ()) -> dict[str, Any]:
    """The fields of an Outcome, for the report that continues it. `bare`: what was sent unrecorded."""
    total = sum(verdicts.values(), Verdict())
    return {
        "profile": counters.profile,
        "sent": total.sent,
        "lost": total.lost,
        "duplicated": total.duplicated,
        "duplicated_webhook_ambiguous": total.ambiguous,
        "out_of_order": total.out_of_order,
        "edits": total.edits,
        "edits_synced": total.edits_synced,
        "deletes": total.deletes,
        "deletes_synced": total.deletes_synced,
        "concurrent_owners": counters.concurrent_owners,
        "unknown_methods": counters.unknown_methods,
        "findings": [*total.findings, *bare],
    }
