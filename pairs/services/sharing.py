"""Pairs that share a Discord channel and a destination: what people write on Discord goes on once, by one of them."""

from __future__ import annotations

from pairs.domain.moves import pairs_named
from pairs.models import Pair


def sharing_note(pair: Pair) -> str:
    """What is said of a pair that shares both with others; "" of the usual one."""
    same = Pair.living().filter(discord_channel=pair.discord_channel, destination_chat=pair.destination_chat)
    others = list(same.exclude(pk=pair.pk).order_by("pk").values_list("pk", flat=True)[:20])
    if not others:
        return ""
    does = "relay" if len(others) > 1 else "relays"
    where = f"#{pair.discord_name} to {pair.destination_name}"
    return f"{pairs_named(others).capitalize()} {does} {where}, too: what people write there arrives once."
