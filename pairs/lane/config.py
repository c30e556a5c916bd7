"""A pair as the process that works it sees it."""

from __future__ import annotations

from dataclasses import dataclass, field

from pairs.domain.options import PairOptions
from pairs.domain.status import PairStatus
from project.discord.rest import Webhook
from project.telegram.updates import chat_scope

JOURNALING = frozenset({PairStatus.ACTIVE, PairStatus.DEGRADED, PairStatus.ERROR})
SENDING = frozenset({PairStatus.ACTIVE, PairStatus.DEGRADED})


@dataclass(frozen=True, slots=True)
class PairConfig:
    """Read from the database by the engine; a change of any field but the group restarts the pair's lanes.

    `resumed_at`: Unix seconds of `adopt --resume`; an installation before this one may have sent what was written
    until then. 0: there was none.
    """

    id: int
    generation: int
    session: str
    sender: str
    source_chat: int
    discord_channel: int
    discord_guild: int | None
    webhook: Webhook | None
    destination_chat: int
    status: PairStatus
    group: int = field(compare=False)
    resumed_at: int = 0
    options: PairOptions = field(default_factory=PairOptions)
    shut: bool = False  # its source does not let the session in: no use asking, the checks tell when it does

    @property
    def source_scope(self) -> str:
        """Scope of the source's message ids in the journal."""
        return chat_scope(self.source_chat, self.session)

    @property
    def discord_scope(self) -> str:
        """Scope of the Discord channel's message ids in the journal."""
        return f"dc:{self.discord_channel}"

    @property
    def journals(self) -> bool:
        """Whether new events are taken up; a paused, disabled or parked pair keeps its cursor instead, and so does one
        whose source is shut."""
        return self.status in JOURNALING and not (self.status == PairStatus.ERROR and self.shut)

    @property
    def sends(self) -> bool:
        """Whether its lanes run."""
        return self.status in SENDING
