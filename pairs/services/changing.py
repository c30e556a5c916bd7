"""Changing a pair by what people name."""

from __future__ import annotations

from pairs.domain.requests import EditWish
from pairs.models import Pair
from pairs.services.editing import Edited, PairChange, Titles, edit_pair
from pairs.services.finding import Poster, find_poster
from pairs.services.registry import find_pair
from pairs.services.targets import find_target
from project.core.chats import marked
from project.core.errors import Conflict, InvalidInput, RelayError
from sessions.models import TelegramSession
from sessions.services.finding import is_logged_in
from sessions.services.lookups import look_up_chat


def change_pair(*, actor: str, pair_id: int, wish: EditWish, reason: str = "") -> Edited:
    """Looks up what is named, then changes the pair. Blocks for seconds, up to two minutes where a worker does not
    answer. Raises NotFound, InvalidInput, Conflict and GatewayError; then nothing has changed."""
    if wish.empty:
        raise InvalidInput(
            "Nothing to change was named.", hint="Give discord, destination, sender, titles or an option."
        )
    pair = find_pair(pair_id)
    change = PairChange(
        target=find_target(wish.discord.reveal()) if wish.discord else None,
        poster=_poster(pair, wish),
        options=wish.options,
        titles=_titles(pair) if wish.titles else None,
    )
    return edit_pair(actor=actor, pair_id=pair_id, change=change, reason=reason)


def _poster(pair: Pair, wish: EditWish) -> Poster | None:
    if not wish.destination and not wish.sender:
        return None
    sender = wish.sender or (str(pair.sender.bot_id) if pair.sender else "session")
    return find_poster(wish.destination or marked(pair.destination_chat), sender, _session(pair))


def _session(pair: Pair) -> TelegramSession:
    if pair.reader is None:
        raise Conflict(f"Pair {pair.pk} has no session.", hint=f"/changesession gives it one: its id is {pair.pk}.")
    return pair.reader


def _titles(pair: Pair) -> Titles:
    """Whatever can be read; a chat that cannot keeps its name."""
    session = _session(pair)
    if not is_logged_in(session):
        raise Conflict(f"Session {session.name} is not logged in.", hint=f"/authenticate {session.name}")
    source = look_up_chat(session.account, marked(pair.source_chat))
    poster = pair.sender.account if pair.sender else session.account
    try:
        destination = look_up_chat(poster, marked(pair.destination_chat))
    except RelayError:
        return Titles(source.title, source.username, _discord_title(pair))
    return Titles(source.title, source.username, _discord_title(pair), destination.title, destination.username)


def _discord_title(pair: Pair) -> str:
    try:
        return find_target(str(pair.discord_channel)).title
    except RelayError:
        return ""
