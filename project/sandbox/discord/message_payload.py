"""Message objects, as one reader sees them."""

from __future__ import annotations

from project.sandbox.discord import cdn
from project.sandbox.discord.model import Attachment, Bot, Message
from project.sandbox.discord.payloads import user
from project.sandbox.discord.snowflake import created_ms, iso
from project.sandbox.discord.state import Json, State, now_ms


def _attachment(state: State, message: Message, file: Attachment) -> Json:
    url = cdn.signed_url(state, message.channel_id, file)
    payload: Json = {
        "id": str(file.id),
        "filename": file.filename,
        "size": len(file.data),
        "url": url,
        "proxy_url": url,
        "content_type": file.content_type,
    }
    return payload | ({"description": file.description} if file.description else {})


def _author(message: Message) -> Json:
    author = user(message.author_id, message.author_name, bot=message.author_is_bot)
    return author | ({"global_name": None} if message.webhook_id else {})


def message(state: State, found: Message, reader: Bot | None, *, with_reply: bool = True) -> Json:
    """Message object as `reader` sees it (None: the webhook that wrote it)."""
    mentioned = _pinged_users(found)
    shown = reader is None or reader.message_content or is_addressed(found, reader)
    payload: Json = {
        "id": str(found.id),
        "type": 19 if found.reference else 0,
        "channel_id": str(found.channel_id),
        "author": _author(found),
        "content": found.content if shown else "",
        "timestamp": iso(created_ms(found.id)),
        "edited_timestamp": _edited(found),
        "tts": False,
        "mention_everyone": any(ping in {"everyone", "here"} for ping in found.pinged),
        "mentions": [_mentioned(state, user_id) for user_id in dict.fromkeys(mentioned)],
        "mention_roles": [ping.split(":")[1] for ping in found.pinged if ping.startswith("role:")],
        "attachments": [_attachment(state, found, file) for file in found.attachments] if shown else [],
        "embeds": found.embeds if shown else [],
        "components": [],
        "pinned": False,
        "flags": found.flags,
    }
    if found.webhook_id:
        payload["webhook_id"] = str(found.webhook_id)
    if found.application_id:
        payload["application_id"] = str(found.application_id)
    if found.nonce is not None and now_ms() - found.arrived_at <= state.limits.nonce_window * 1000:
        payload["nonce"] = found.nonce  # Discord does not keep it for long
    if found.reference and with_reply:
        payload |= _reply_part(state, found, reader)
    return as_overridden(found, payload)


def as_overridden(found: Message, payload: Json) -> Json:
    """The payload as a test wants it to be."""
    if not found.overrides and not found.without:
        return payload
    return {name: value for name, value in (payload | found.overrides).items() if name not in found.without}


def is_addressed(found: Message, reader: Bot) -> bool:
    """Without the MESSAGE_CONTENT intent only own messages and mentions have content (topics/gateway)."""
    return found.author_id == reader.id or reader.id in _pinged_users(found)


def _pinged_users(found: Message) -> list[int]:
    return sorted(int(ping.split(":")[1]) for ping in found.pinged if ping.startswith(("user:", "reply:")))


def _edited(found: Message) -> str | None:
    if not found.edits:
        return None
    return iso(created_ms(found.id) + found.edits[-1].arrived_at - found.arrived_at)


def _mentioned(state: State, user_id: int) -> Json:
    known = state.users.get(user_id)
    return user(user_id, known.name if known else f"user {user_id}", bot=known.is_bot if known else False)


def _reply_part(state: State, found: Message, reader: Bot | None) -> Json:
    home = state.channels[found.channel_id]
    replied = home.messages.get(found.reference or 0)
    reference = {
        "type": 0,
        "message_id": str(found.reference),
        "channel_id": str(home.id),
        "guild_id": str(home.guild_id),
    }
    gone = replied is None or replied.deleted_at is not None
    referenced = None if replied is None or gone else message(state, replied, reader, with_reply=False)
    return {"message_reference": reference, "referenced_message": referenced}
