"""Whether a post of ours stands on Discord already, when its answer was lost and no nonce tells."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from pairs.journal.journal import Journal
from pairs.lane.config import PairConfig
from project.core.errors import AccountDead, Refused, TargetGone
from project.core.logs import get_logger
from project.discord.rest import DiscordRest, Posted, snowflake

_log = get_logger(__name__)

LOOK = 1000  # messages after the lane's last post that are looked through
CLOCK_SLACK = 300  # seconds that the clocks of the platforms may differ
REMEMBERED = 300.0  # seconds for which the bot's permissions are taken as known
NEEDED = frozenset({"View Channels", "Read Message History"})

Shape = tuple[str, int]  # content, number of files


class LookBack:
    """Finds posts. `ambiguous` counts those repeated without a possibility to look."""

    def __init__(self, *, rest: DiscordRest, bot_id: int, journal: Journal) -> None:
        self.ambiguous = 0
        self._rest = rest
        self._bot_id = bot_id
        self._journal = journal
        self._may_read: dict[int, tuple[float, bool]] = {}

    async def find(
        self, pair: PairConfig, *, since: int, tried_before: int, key: str, shapes: Sequence[Shape]
    ) -> int | None:
        """Our own unlinked post of one of these shapes after the lane's last one; None also when we may not look.

        `since` is Unix seconds of an earlier moment, for a lane without a post; `tried_before` as for `last_link`.
        """
        last = await self._journal.last_link(pair.id, 1, tried_before=tried_before)
        after = last or snowflake(since - CLOCK_SLACK)
        stands = await self._stands(pair, after)
        if stands is None:
            self.ambiguous += 1
            return None
        ours = [post for post in stands if self._is_ours(pair, post)]
        linked = await self._journal.known_remote(pair.id, 1, [post.id for post in ours])
        return _best([post for post in ours if post.id not in linked], key, shapes)

    async def _stands(self, pair: PairConfig, after: int) -> list[Posted] | None:
        """What was posted since; None when that cannot be known. Without the right to read, Discord answers with an
        empty list instead of an error."""
        try:
            if not await self._reads(pair.discord_channel):
                _log.warning("no right to look whether a post stands", pair=pair.id, channel=pair.discord_channel)
                return None
            stands = await self._rest.recent(pair.discord_channel, after_id=after, limit=LOOK)
        except (TargetGone, AccountDead, Refused) as error:
            _log.warning("cannot look whether a post stands", pair=pair.id, code=error.code)
            return None
        if len(stands) == LOOK:
            _log.warning("too much was posted since to find a post", pair=pair.id)
        return stands

    async def _reads(self, channel_id: int) -> bool:
        now = asyncio.get_running_loop().time()
        until, may = self._may_read.get(channel_id, (0.0, False))
        if now >= until:
            may = await self._rest.permissions(channel_id) >= NEEDED
            self._may_read[channel_id] = now + REMEMBERED, may
        return may

    def _is_ours(self, pair: PairConfig, post: Posted) -> bool:
        if pair.webhook:
            return post.webhook_id == pair.webhook.id
        return post.author_id == self._bot_id and post.webhook_id is None


def _best(posts: Sequence[Posted], key: str, shapes: Sequence[Shape]) -> int | None:
    """By nonce, by shape, or, where Discord hides contents from us, the only one with as many files."""
    matches: tuple[Callable[[Posted], bool], ...] = (
        lambda post: bool(key) and post.nonce == key,
        lambda post: (post.content.strip(), post.attachments) in {(text.strip(), files) for text, files in shapes},
    )
    for match in matches:
        if found := [post.id for post in posts if match(post)]:
            return found[0]
    hidden = [post.id for post in posts if not post.content and post.attachments in {files for _, files in shapes}]
    return hidden[0] if len(hidden) == 1 else None
