"""Who may write, edit and delete."""

from __future__ import annotations

from project.sandbox.telegram.channels import Channel
from project.sandbox.telegram.errors import RpcRefusedError
from project.sandbox.telegram.messages import StoredMessage

from .registry import Call


def check_post(call: Call, channel: Channel) -> None:
    """Broadcast channels: administrators, else CHAT_ADMIN_REQUIRED. Groups: members, else CHAT_WRITE_FORBIDDEN."""
    if not channel.megagroup and not channel.is_admin(call.me.id):
        raise RpcRefusedError("CHAT_ADMIN_REQUIRED")
    if not channel.is_member(call.me.id):
        raise RpcRefusedError("CHAT_WRITE_FORBIDDEN")


def check_edit(call: Call, channel: Channel, message: StoredMessage) -> None:
    """One's own messages; in a broadcast channel an administrator edits any post. MESSAGE_AUTHOR_REQUIRED."""
    check_post(call, channel)
    own = message.author_id == call.me.id
    if not own and (channel.megagroup or not channel.is_admin(call.me.id)):
        raise RpcRefusedError("MESSAGE_AUTHOR_REQUIRED")


def check_delete(call: Call, channel: Channel, messages: list[StoredMessage]) -> None:
    """Administrators delete anything, members of a group what is theirs. MESSAGE_DELETE_FORBIDDEN."""
    if channel.is_admin(call.me.id):
        return
    own = channel.megagroup and channel.is_member(call.me.id)
    if not own or any(message.author_id != call.me.id for message in messages):
        raise RpcRefusedError("MESSAGE_DELETE_FORBIDDEN")
