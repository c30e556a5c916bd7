"""What becomes of messages whose source forbids copying (content protection): the pair's option says. Pure.

Decided before the journal: what may not be copied is not even kept. `reupload` is an owner's word; text and files then
travel as those of any other message, never by reference, which Telegram refuses (CHAT_FORWARDS_RESTRICTED).
"""

from __future__ import annotations

from pairs.domain.options import Protected
from pairs.lane.config import PairConfig
from project.core.message import Message, ProtectedMessage
from project.telegram.updates import message_url

NOTE = "The source forbids copying this message."


def may_copy(message: Message, pair: PairConfig) -> bool:
    """Whether the pair may carry the content."""
    return type(message) is not ProtectedMessage or pair.options.protected is Protected.REUPLOAD


def noted(message: Message) -> Message:
    """An honest line in the message's place, with a link for those who may read the source."""
    link = message_url(message.scope, message.message_id)
    return Message(
        scope=message.scope,
        message_id=message.message_id,
        date=message.date,
        author=message.author,
        note=f"{NOTE} {link}".rstrip(),
    )
