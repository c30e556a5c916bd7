"""Adding a pair by what people name: chats, a channel or webhook, a sender, perhaps a session."""

from __future__ import annotations

from pairs.domain.options import check_option
from pairs.domain.requests import PairWish
from pairs.services.finding import find_poster, find_reader
from pairs.services.registry import NewPair, PairView, add_pair
from pairs.services.targets import DiscordTarget, find_target


def add_wished(*, actor: str, wish: PairWish, target: DiscordTarget | None = None) -> PairView:
    """Looks everything up (but a `target` that was looked up already) and saves the pair; it relays what comes from now
    on. Blocks for seconds, up to two minutes where an account's worker does not answer.

    Raises InvalidInput, NotFound, Conflict and GatewayError.
    """
    for name, value in wish.options.items():
        check_option(name, value)
    target = target or find_target(wish.discord.reveal())
    reader = find_reader(wish.source, wish.session)
    poster = find_poster(wish.destination, wish.sender, reader.session)
    new = NewPair(
        session=reader.session,
        source=reader.source,
        target=target,
        destination=poster.destination,
        sender=poster.sender,
        options=wish.options,
    )
    return add_pair(actor=actor, new=new)
