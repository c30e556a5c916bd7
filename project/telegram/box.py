"""Telethon's update order keeping, with what it loses in silence.

- After any gap it drops the edits and deletes of the difference, as it has already moved its counter.
- More than 100 missed updates in a channel give nothing at all.
- It hands over a difference's new messages in the order in which they stand there.
- A channel whose counter or access hash it does not know cannot be caught up; it takes the first update that arrives
  for the beginning, whatever came before it.
- It asks for a difference of every quiet channel each 15 minutes, which breaks our budget of requests.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from telethon._updates import EntityCache, MessageBox
from telethon._updates.messagebox import ENTRY_ACCOUNT
from telethon.tl import types

_FAR = 10 * 365 * 86400.0
_LATE = (types.UpdateEditChannelMessage, types.UpdateDeleteChannelMessages)
_LATE_OWN = (types.UpdateEditMessage, types.UpdateDeleteMessages)


class Box(MessageBox):  # type: ignore[misc]
    """A message box that reports each gap it cannot fill: `on_gap(channel id, or None for the whole account)`."""

    next_deadline: Any

    def __init__(self, log: Any, on_gap: Callable[[int | None], None]) -> None:
        super().__init__(log)
        self._on_gap = on_gap

    def counter(self, channel_id: int | None) -> int | None:
        """Up to where the changes of a channel, or of the account's own chats (None), were told; None when not known.
        Source: https://core.telegram.org/api/updates."""
        state = self.map.get(ENTRY_ACCOUNT if channel_id is None else channel_id)
        return None if state is None else int(state.pts)

    def begin(self, channel_id: int, pts: int) -> None:
        """From `pts` on the changes of a channel are counted, unless they are already."""
        self.try_set_channel_state(channel_id, pts)

    def _trace(self, msg: str, *args: object, **kwargs: object) -> None:
        """Telethon formats its whole state for each of these; nobody reads them."""

    def check_deadlines(self) -> float:
        """As Telethon's, but a channel that is merely quiet is left alone."""
        gaps, before = set(self.possible_gaps), set(self.getting_diff_for)
        deadline: float = super().check_deadlines()
        quiet = [e for e in self.getting_diff_for - before - gaps if isinstance(e, int)]
        for entry in quiet:
            self.getting_diff_for.discard(entry)
            self.map[entry].deadline = asyncio.get_running_loop().time() + _FAR
        if quiet:
            self.next_deadline = min(self.map, key=lambda entry: self.map[entry].deadline)
        return deadline

    def apply_pts_info(self, update: Any, *, reset_deadlines: Any) -> Any:
        """Report a channel that Telegram says we are far behind in, when there is nothing to start from."""
        if isinstance(update, types.UpdateChannelTooLong) and update.channel_id not in self.map:
            self._on_gap(update.channel_id)
        return super().apply_pts_info(update, reset_deadlines=reset_deadlines)

    def get_channel_difference(self, chat_hashes: EntityCache) -> Any:
        """Report a channel that cannot be asked for, as its access hash is unknown."""
        before = set(self.getting_diff_for)
        request = super().get_channel_difference(chat_hashes)
        for entry in before - self.getting_diff_for:
            self._on_gap(entry)
        return request

    def apply_channel_difference(self, request: Any, diff: Any, chat_hashes: EntityCache) -> Any:
        """As Telethon's, plus the edits and deletes that it skips; a difference too long for it is a gap."""
        if isinstance(diff, types.updates.ChannelDifferenceTooLong):
            self._on_gap(request.channel.channel_id)
        _in_order(diff)
        late = [u for u in getattr(diff, "other_updates", ()) if isinstance(u, _LATE) and u.pts > request.pts]
        updates, users, chats = super().apply_channel_difference(request, diff, chat_hashes)
        return updates + _skipped(late, updates), users, chats

    def end_channel_difference(self, request: Any, reason: Any, chat_hashes: EntityCache) -> None:
        """The channel could not be caught up."""
        super().end_channel_difference(request, reason, chat_hashes)
        self._on_gap(request.channel.channel_id)

    def apply_difference(self, diff: Any, chat_hashes: EntityCache) -> Any:
        """As Telethon's, plus the edits and deletes of basic groups that it skips; a difference too long for the
        account may hide chats that lag."""
        if isinstance(diff, types.updates.DifferenceTooLong):
            self._on_gap(None)
        _in_order(diff)
        begin = self.map[ENTRY_ACCOUNT].pts
        late = [u for u in getattr(diff, "other_updates", ()) if isinstance(u, _LATE_OWN) and u.pts > begin]
        updates, users, chats = super().apply_difference(diff, chat_hashes)
        return updates + _skipped(late, updates), users, chats

    def end_difference(self) -> None:
        """The account could not be caught up."""
        super().end_difference()
        self._on_gap(None)


def _in_order(diff: Any) -> None:
    """New messages by id, as nobody promises an order of them: one that comes behind a later one is relayed behind it.
    Source: https://core.telegram.org/constructor/updates.channelDifference."""
    if new := getattr(diff, "new_messages", None):
        new.sort(key=lambda message: message.id)


def _skipped(late: Sequence[Any], given: Sequence[Any]) -> list[Any]:
    """What of a difference Telethon has left out."""
    there = {id(update) for update in given}
    skipped = [update for update in late if id(update) not in there]
    for update in skipped:
        update._self_outgoing = False
    return skipped


class ChannelCache(EntityCache):  # type: ignore[misc]
    """Keeps channels alone: users' access hashes are never needed, and big groups bring thousands of them."""

    def extend(self, users: Iterable[Any], chats: Iterable[Any]) -> None:
        """Keep the channels of an answer."""
        super().extend((), chats)
