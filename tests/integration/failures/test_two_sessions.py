"""Two sessions of ours that read the same source."""

from __future__ import annotations

import asyncpg

from tests.integration.pairs.two_sessions import two_sessions


async def test_two_sessions_in_one_source_are_one_delivery(pg: asyncpg.Connection) -> None:
    """Both hear everything; the pair's owner alone sends, also after a hand-over."""
    async with two_sessions(pg, by_webhook=True, by_bot=True) as both:
        texts = [f"message {number}" for number in range(10)]
        for text in texts[:5]:
            both.world.post(both.source, text)
        await both.want(both.other)
        for text in texts[5:]:
            both.world.post(both.source, text)
        await both.has(both.other)
        await both.all_arrived(texts)
