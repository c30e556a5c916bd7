"""Messages as the journal's tables keep them."""

from __future__ import annotations

import msgspec

from project.core.logs import get_logger
from project.core.message import Message, decode

_log = get_logger(__name__)

UNREADABLE = "[a message that cannot be read any more]"


def read_payload(payload: str, scope: str, message_id: int) -> Message:
    """The stored message. One that cannot be read (of another version, damaged) may neither stop its lane nor go
    silently: a line stands in its place."""
    try:
        return decode(payload)
    except msgspec.DecodeError as error:
        _log.error("payload cannot be read", scope=scope, message=message_id, error=str(error))
        return Message(scope, message_id, 0, note=UNREADABLE)
