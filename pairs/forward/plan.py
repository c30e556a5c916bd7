"""How the parts of an event are made from rendered contents: the same rule for both hops."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from pairs.domain.keys import PartName, idempotency_key
from pairs.forward.layout import Change
from pairs.journal.journal import Journal
from pairs.journal.rows import AnyEvent, Link, PartClaim, StoredEvent
from pairs.lane.config import PairConfig
from pairs.lane.hop import Plan
from pairs.models.delivery import Act
from project.core.message import EventKind, Message

Contents = Callable[[PairConfig, StoredEvent], Awaitable[list[str]]]
Changes = Callable[[PairConfig, StoredEvent, Sequence[Link]], Awaitable[list[Change]]]


@dataclass(frozen=True, slots=True)
class Planner:
    """Names and keys parts. `secret` is the installation's key of idempotency keys."""

    secret: bytes
    hop: int

    def posts(self, event: AnyEvent, contents: Sequence[str]) -> Plan:
        """A new message: every content is a post."""
        if not contents:
            return Plan(reason="there is nothing in it to show")
        return Plan(tuple(self._part(event, number, Act.POST, text) for number, text in enumerate(contents)))

    def edits(self, event: StoredEvent, changes: Sequence[Change]) -> Plan:
        """The steps of an edit, in order."""
        if not changes:
            return Plan(reason="nothing of it is to be changed")
        steps = enumerate(changes)
        return Plan(tuple(self._part(event, n, step.act, step.rendered, step.target) for n, step in steps))

    def deletes(self, event: StoredEvent, links: Sequence[Link]) -> Plan:
        """Every living post of the message goes."""
        if not links:
            return Plan(reason="nothing of it stands here")
        return Plan(tuple(self._part(event, n, Act.DELETE, "", link.remote_id) for n, link in enumerate(links)))

    def _part(self, event: AnyEvent, number: int, act: Act, rendered: str, target: int | None = None) -> PartClaim:
        name = PartName(
            event.pair_id,
            event.scope,
            event.message_id,
            event.kind,
            event.revision,
            self.hop,
            number,
            event.again,
        )
        key = idempotency_key(self.secret, name)
        return PartClaim(number, act, event.message_id, rendered or "null", key, target)


def at_once(event: AnyEvent) -> Message | None:
    """The message, when it is new and its parts need nothing from the journal."""
    message = event.message
    return message if event.kind is EventKind.CREATE and message is not None and message.reply_to is None else None


async def plan_event(
    planner: Planner, journal: Journal, pair: PairConfig, event: StoredEvent, contents: Contents, changes: Changes
) -> Plan:
    """The parts of an event on the planner's hop. `contents` renders a new message, `changes` the steps that make an
    edited one of the posts that stand; either is asked only when something is shown."""
    if event.kind is EventKind.CREATE and event.message is None:
        return Plan(reason="its content was emptied by retention")
    if event.kind is EventKind.CREATE:
        return planner.posts(event, await contents(pair, event))
    links = await journal.links(pair.id, event.scope, event.message_id, planner.hop)
    if event.kind is EventKind.DELETE or event.message is None:
        return planner.deletes(event, links)
    if not links:
        return Plan(reason="the original was never posted here")
    return planner.edits(event, await changes(pair, event, links))


async def adds_to(journal: Journal, event: StoredEvent, hop: int) -> list[int]:
    """Ids of the posts that a post of this event would be added to, as far as we know: all that we have not deleted
    ourselves; none for a new message. When somebody has deleted one of them, the edit adds nothing."""
    if event.kind is not EventKind.EDIT:
        return []
    links = await journal.links(event.pair_id, event.scope, event.message_id, hop, with_gone=True)
    return [link.remote_id for link in links]
