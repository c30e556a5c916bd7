"""What a forwarded message brings along, and what it says of its origin."""

from __future__ import annotations

from dataclasses import dataclass

from project.core.errors import InvalidInput, NotFound
from project.sandbox.telegram.messages import StoredFile
from project.sandbox.telegram.state import State

from .model import Origin, OriginKind
from .payloads import bare_id
from .views import Forward


@dataclass(frozen=True, slots=True)
class Forwarded:
    """A message about to be delivered."""

    text: str
    file: StoredFile | None = None
    origin: Origin | None = None


def forwarded(state: State, wanted: Forward, text: str) -> Forwarded:
    """The forwarded message. Raises NotFound; InvalidInput where the chat forbids forwarding.

    Only a post of a channel says which message it was: of a person's message the origin names the person alone.
    """
    if not wanted.chat_id:
        return Forwarded(text, None, _person(state, wanted.user_id, state.clock.date(), hidden=wanted.hidden))
    channel = state.channel(bare_id(wanted.chat_id))
    message = channel.get(wanted.message_id)
    if message is None:
        raise NotFound(f"There is no message {wanted.message_id} there.")
    if channel.protected:
        raise InvalidInput("That chat forbids forwarding.")
    if not channel.megagroup:
        origin = Origin(OriginKind.CHANNEL, message.date, chat_id=channel.id, message_id=message.id)
    elif message.author_id is None:
        origin = Origin(OriginKind.CHAT, message.date, chat_id=channel.id)
    else:
        origin = _person(state, message.author_id, message.date, hidden=wanted.hidden)
    return Forwarded(message.text, message.file, origin)


def _person(state: State, user_id: int, date: int, *, hidden: bool) -> Origin:
    user = state.user(user_id)
    if hidden:
        return Origin(OriginKind.HIDDEN_USER, date, name=user.name)
    return Origin(OriginKind.USER, date, user_id=user.id)
