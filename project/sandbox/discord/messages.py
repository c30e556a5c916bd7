"""Creating, changing and deleting messages by Discord's rules, whoever asks."""

from __future__ import annotations

import mimetypes
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from project.sandbox.discord.drafts import Draft, Listed, safe_filename
from project.sandbox.discord.errors import ApiError, Problem, form_error
from project.sandbox.discord.mentions import EVERYTHING, USERS_ONLY, AllowedMentions, pinged
from project.sandbox.discord.model import Attachment, Bot, Channel, Edit, Message, User, Webhook
from project.sandbox.discord.state import Happened, Happening, State, now_ms


@dataclass(frozen=True, slots=True)
class Writer:
    """Who a message is from, as it is shown."""

    id: int
    name: str
    is_bot: bool = False
    webhook_id: int | None = None
    application_id: int | None = None
    avatar_url: str = ""

    @property
    def default_mentions(self) -> AllowedMentions:
        """What pings when a request says nothing about it."""
        return USERS_ONLY if self.webhook_id is not None else EVERYTHING


def as_bot(bot: Bot) -> Writer:
    """A bot writes under its own name."""
    return Writer(bot.id, bot.name, is_bot=True)


def as_user(user: User) -> Writer:
    """A person writes."""
    return Writer(user.id, user.name)


def as_webhook(webhook: Webhook, draft: Draft) -> Writer:
    """A webhook's author id is the webhook's own id; the name may change with each message."""
    name = draft.username or webhook.name
    return Writer(webhook.id, name, True, webhook.id, webhook.application_id, draft.avatar_url)


def create_message(
    state: State,
    channel: Channel,
    writer: Writer,
    draft: Draft,
    overrides: Mapping[str, object] = MappingProxyType({}),
    without: Collection[str] = (),
) -> Message:
    """Stores a message and tells everybody; with enforce_nonce a repeat returns the first one. Its JSON has the fields
    of `overrides` instead of its own, and lacks those of `without`.

    Raises ApiError: 50006 for an empty one, 50035 for a bad reference or list of attachments, 10008 for the
    repeat of a message that was deleted meanwhile.
    """
    repeated = _repeated(state, writer, draft)
    if repeated is not None:
        return repeated
    attachments = _new_attachments(state, draft)
    if not (draft.content or attachments or draft.embeds or draft.other_content):
        raise ApiError(Problem.EMPTY_MESSAGE)
    replied = _replied(channel, draft)
    message = _message(state, channel, writer, draft)
    message.attachments = attachments
    message.overrides, message.without = dict(overrides), frozenset(without)
    message.reference = replied.id if replied else None
    allowed = draft.allowed or writer.default_mentions
    message.pinged += pinged(message.content, allowed, replied_author=replied.author_id if replied else None)
    channel.messages[message.id] = message
    if message.nonce is not None:
        state.nonces[writer.id, str(message.nonce)] = message
    state.tell(Happened(Happening.MESSAGE_CREATE, channel.guild_id, channel, (message,)))
    return message


def _message(state: State, channel: Channel, writer: Writer, draft: Draft) -> Message:
    return Message(
        id=state.ids.next(),
        channel_id=channel.id,
        author_id=writer.id,
        author_name=writer.name,
        content=draft.content or "",
        arrived_at=now_ms(),
        author_is_bot=writer.is_bot,
        webhook_id=writer.webhook_id,
        application_id=writer.application_id,
        avatar_url=writer.avatar_url,
        nonce=draft.nonce,
        enforce_nonce=draft.enforce_nonce,
        allowed_mentions=draft.raw_allowed,
        embeds=list(draft.embeds or ()),
        flags=draft.flags,
    )


def _repeated(state: State, writer: Writer, draft: Draft) -> Message | None:
    if draft.nonce is None or not draft.enforce_nonce:
        return None
    first = state.nonces.get((writer.id, str(draft.nonce)))
    if first is None or now_ms() - first.arrived_at > state.limits.nonce_window * 1000:
        return None
    if first.deleted_at is not None:
        raise ApiError(Problem.UNKNOWN_MESSAGE)
    return first


def _replied(channel: Channel, draft: Draft) -> Message | None:
    if draft.reference is None:
        return None
    message = channel.messages.get(draft.reference.message_id)
    if message is not None and message.deleted_at is None:
        return message
    if draft.reference.fail_if_not_exists:
        raise form_error("message_reference", "REPLIES_UNKNOWN_MESSAGE", "Unknown message")
    return None


def _new_attachments(state: State, draft: Draft) -> list[Attachment]:
    listed = {entry.id: entry for entry in draft.attachments or ()}
    unknown = listed.keys() - {upload.number for upload in draft.uploads}
    if unknown:
        message = f"Unknown attachment: {min(unknown)}"
        raise form_error("attachments", "ATTACHMENT_NOT_FOUND", message)
    attachments = []
    for upload in draft.uploads:
        entry = listed.get(upload.number, Listed(upload.number))
        name = safe_filename(entry.filename or upload.filename)
        mime = mimetypes.guess_type(name)[0] or upload.content_type  # Discord goes by the name as well
        attachments.append(Attachment(state.ids.next(), name, mime, upload.data, entry.description))
    return attachments


def edit_message(state: State, channel: Channel, message: Message, draft: Draft, defaults: AllowedMentions) -> Message:
    """Changes what the draft names (resources/message, "Edit Message").

    Mentions are parsed again, with `defaults` when the request says nothing about them. Attachments that are
    not listed are dropped when `attachments` or files are given.
    """
    attachments = message.attachments
    if draft.attachments is not None or draft.uploads:
        attachments = _kept_attachments(state, message, draft)
    content = message.content if draft.content is None else draft.content
    embeds = message.embeds if draft.embeds is None else list(draft.embeds)
    if not (content or attachments or embeds or draft.other_content):
        raise ApiError(Problem.EMPTY_MESSAGE)
    message.content, message.attachments, message.embeds = content, attachments, embeds
    message.allowed_mentions = draft.raw_allowed
    message.edits.append(Edit(content, now_ms()))
    fresh = pinged(content, draft.allowed or defaults)
    message.pinged += [ping for ping in fresh if ping not in message.pinged]
    state.tell(Happened(Happening.MESSAGE_UPDATE, channel.guild_id, channel, (message,)))
    return message


def _kept_attachments(state: State, message: Message, draft: Draft) -> list[Attachment]:
    numbers = {upload.number for upload in draft.uploads}
    listed = draft.attachments or ()
    old = {attachment.id: attachment for attachment in message.attachments}
    strangers = [entry.id for entry in listed if entry.id not in old and entry.id not in numbers]
    if strangers:
        raise form_error("attachments", "ATTACHMENT_NOT_FOUND", f"Unknown attachment: {strangers[0]}")
    kept = [old[entry.id] for entry in listed if entry.id in old]
    fresh = Draft(
        content=None,
        attachments=tuple(entry for entry in listed if entry.id in numbers),
        uploads=draft.uploads,
    )
    return kept + _new_attachments(state, fresh)


def delete_messages(state: State, channel: Channel, messages: list[Message], *, what: Happening) -> None:
    """Marks messages as deleted and tells everybody, in one event."""
    for message in messages:
        message.deleted_at = now_ms()
    state.tell(Happened(what, channel.guild_id, channel, tuple(messages)))
