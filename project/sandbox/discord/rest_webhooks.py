"""Routes about webhooks: managed by bots, used by whoever holds the token."""

from __future__ import annotations

import secrets

from project.sandbox.discord import message_payload, payloads
from project.sandbox.discord.calls import Answer, Call
from project.sandbox.discord.drafts import check_username, read_draft
from project.sandbox.discord.errors import ApiError, Problem
from project.sandbox.discord.mentions import USERS_ONLY
from project.sandbox.discord.messages import as_webhook, create_message, delete_messages, edit_message
from project.sandbox.discord.model import Channel, Message, Webhook
from project.sandbox.discord.permissions import Permission
from project.sandbox.discord.state import Happened, Happening, State, live_message

MAX_PER_CHANNEL = 15


def add_webhook(state: State, channel: Channel, name: str, application_id: int | None, creator: int | None) -> Webhook:
    """A new webhook of a channel; raises 30007 for the 16th."""
    if sum(webhook.channel_id == channel.id for webhook in state.webhooks.values()) >= MAX_PER_CHANNEL:
        raise ApiError(Problem.TOO_MANY_WEBHOOKS)
    token = secrets.token_urlsafe(51)
    webhook = Webhook(state.ids.next(), channel.id, channel.guild_id, name, token, application_id, creator)
    state.webhooks[webhook.id] = webhook
    state.tell(Happened(Happening.WEBHOOKS_UPDATE, channel.guild_id, channel))
    return webhook


def remove_webhook(state: State, webhook: Webhook) -> None:
    """Deletes a webhook for good."""
    del state.webhooks[webhook.id]
    state.tell(Happened(Happening.WEBHOOKS_UPDATE, webhook.guild_id, state.channels.get(webhook.channel_id)))


def create_webhook(call: Call) -> Answer:
    """POST /channels/{id}/webhooks"""
    channel = call.state.channel_for(call.bot, call.id(), Permission.MANAGE_WEBHOOKS)
    name = check_username(call.body.fields.get("name", ""), "name")
    webhook = add_webhook(call.state, channel, name, call.bot.application_id, call.bot.id)
    return _shown(call, webhook)


def _shown(call: Call, webhook: Webhook) -> Answer:
    """As a bot sees it: the token only of its own application's webhooks."""
    own = webhook.application_id == call.bot.application_id
    creator = call.state.bots.get(webhook.creator_id or 0)
    return payloads.webhook(webhook, with_token=own or webhook.application_id is None, creator=creator)


def list_channel_webhooks(call: Call) -> Answer:
    """GET /channels/{id}/webhooks"""
    channel = call.state.channel_for(call.bot, call.id(), Permission.MANAGE_WEBHOOKS)
    return _shown_all(call, [w for w in call.state.webhooks.values() if w.channel_id == channel.id])


def list_guild_webhooks(call: Call) -> Answer:
    """GET /guilds/{id}/webhooks: those of channels in which the bot may manage them."""
    guild = call.state.guild_for(call.bot, call.id())
    mine = [w for w in call.state.webhooks.values() if w.guild_id == guild.id]
    may = Permission.MANAGE_WEBHOOKS
    return _shown_all(call, [w for w in mine if may in call.state.rights(call.bot, call.state.channels[w.channel_id])])


def _shown_all(call: Call, webhooks: list[Webhook]) -> Answer:
    shown = (_shown(call, webhook) for webhook in webhooks)
    return [one for one in shown if isinstance(one, dict)]


def _managed(call: Call) -> Webhook:
    webhook = call.state.webhooks.get(call.id())
    if webhook is None:
        raise ApiError(Problem.UNKNOWN_WEBHOOK)
    call.state.channel_for(call.bot, webhook.channel_id, Permission.MANAGE_WEBHOOKS)
    return webhook


def get_webhook(call: Call) -> Answer:
    """GET /webhooks/{id}"""
    return _shown(call, _managed(call))


def patch_webhook(call: Call) -> Answer:
    """PATCH /webhooks/{id}: name, avatar, channel_id"""
    webhook = _managed(call)
    moved = call.body.fields.get("channel_id")
    if moved is not None:
        webhook.channel_id = call.state.channel_for(call.bot, int(str(moved)), Permission.MANAGE_WEBHOOKS).id
    _change(call, webhook)
    return _shown(call, webhook)


def _change(call: Call, webhook: Webhook) -> None:
    fields = call.body.fields
    webhook.name = check_username(fields.get("name"), "name") or webhook.name
    if "avatar" in fields:
        webhook.avatar = f"{call.state.ids.next():032x}" if fields["avatar"] else None
    channel = call.state.channels[webhook.channel_id]
    call.state.tell(Happened(Happening.WEBHOOKS_UPDATE, webhook.guild_id, channel))


def delete_webhook(call: Call) -> Answer:
    """DELETE /webhooks/{id}"""
    remove_webhook(call.state, _managed(call))
    return None


def _by_token(call: Call) -> Webhook:
    webhook = call.state.webhooks.get(call.id())
    if webhook is None:
        raise ApiError(Problem.UNKNOWN_WEBHOOK)
    if not secrets.compare_digest(webhook.token.encode(), call.path["token"].encode()):
        raise ApiError(Problem.WEBHOOK_TOKEN)
    return webhook


def get_webhook_with_token(call: Call) -> Answer:
    """GET /webhooks/{id}/{token}"""
    return payloads.webhook(_by_token(call), with_token=True)


def patch_webhook_with_token(call: Call) -> Answer:
    """PATCH /webhooks/{id}/{token}: name, avatar"""
    webhook = _by_token(call)
    _change(call, webhook)
    return payloads.webhook(webhook, with_token=True)


def delete_webhook_with_token(call: Call) -> Answer:
    """DELETE /webhooks/{id}/{token}"""
    remove_webhook(call.state, _by_token(call))
    return None


def _target(call: Call, webhook: Webhook) -> Channel:
    """The webhook's channel, or the thread of it named by thread_id; raises 10003."""
    thread_id = call.query_id("thread_id")
    channel = call.state.channels.get(webhook.channel_id if thread_id is None else thread_id)
    if channel is None or (thread_id is not None and channel.parent_id != webhook.channel_id):
        raise ApiError(Problem.UNKNOWN_CHANNEL)
    return channel


def execute_webhook(call: Call) -> Answer:
    """POST /webhooks/{id}/{token}: the message with wait=true, else 204. No nonce, no reply."""
    webhook = _by_token(call)
    channel = _target(call, webhook)
    body = call.body
    ignored = {"nonce", "enforce_nonce", "message_reference"}
    fields = {name: value for name, value in body.fields.items() if name not in ignored}
    draft = read_draft(type(body)(fields, body.uploads))
    message = create_message(call.state, channel, as_webhook(webhook, draft), draft)
    wait = call.query.get("wait", "").lower() in {"true", "1"}
    return message_payload.message(call.state, message, None) if wait else None


def _own_message(call: Call, webhook: Webhook, channel: Channel) -> Message:
    message = live_message(channel, call.id("message_id"))
    if message.webhook_id != webhook.id:
        raise ApiError(Problem.UNKNOWN_MESSAGE)
    return message


def get_webhook_message(call: Call) -> Answer:
    """GET /webhooks/{id}/{token}/messages/{message_id}: only its own messages."""
    webhook = _by_token(call)
    return message_payload.message(call.state, _own_message(call, webhook, _target(call, webhook)), None)


def patch_webhook_message(call: Call) -> Answer:
    """PATCH /webhooks/{id}/{token}/messages/{message_id}"""
    webhook = _by_token(call)
    channel = _target(call, webhook)
    message = _own_message(call, webhook, channel)
    edited = edit_message(call.state, channel, message, read_draft(call.body), USERS_ONLY)
    return message_payload.message(call.state, edited, None)


def delete_webhook_message(call: Call) -> Answer:
    """DELETE /webhooks/{id}/{token}/messages/{message_id}"""
    webhook = _by_token(call)
    channel = _target(call, webhook)
    message = _own_message(call, webhook, channel)
    delete_messages(call.state, channel, [message], what=Happening.MESSAGE_DELETE)
    return None
