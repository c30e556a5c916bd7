"""Discord by HTTP: posts of the bot and of webhooks, what stands in a channel, and what the bot may do.

Every call is a single attempt (transport.py) and raises the errors named there. No post and no edit can ping
anybody: each carries `allowed_mentions {"parse": []}`, since an edit without it gets the defaults again.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp

from project.core.errors import Refused, TargetGone
from project.core.secret import Secret
from project.discord import permissions, routes, wire
from project.discord.buckets import Buckets
from project.discord.convert import shown_of
from project.discord.errors import UNKNOWN_MESSAGE, UNKNOWN_WEBHOOK
from project.discord.objects import (
    BotInfo,
    ChannelInfo,
    FilePart,
    Post,
    Posted,
    Webhook,
    WebhookInfo,
    snowflake,
)
from project.discord.routes import Route
from project.discord.transport import Transport

__all__ = [
    "BotInfo",
    "Buckets",
    "ChannelInfo",
    "DiscordRest",
    "FilePart",
    "Post",
    "Posted",
    "Webhook",
    "WebhookInfo",
    "snowflake",
]

PAGE = 100
THREADS = frozenset({10, 11, 12})


class DiscordRest:
    """One per process. `token` is the bot's; None where only webhooks are used. `rate` is how many requests a second
    Discord takes of one token; it counts where several processes share one, and after it was exceeded.

    `on_invalid` may be set: it is called for every answer that counts towards a ban of this host's address.
    """

    def __init__(self, *, http: aiohttp.ClientSession, api_url: str, token: Secret | None, rate: int = 0) -> None:
        self.buckets = Buckets(rate=rate)
        self.on_invalid: Callable[[], None] = _nothing
        self._transport = Transport(
            http=http, api_url=api_url, token=token, buckets=self.buckets, on_invalid=lambda: self.on_invalid()
        )
        self._dead_webhooks: set[int] = set()

    # --- waiting

    def wait_before_send(self, channel_id: int) -> float:
        """Seconds until the bot may post into the channel, as far as the last answers told."""
        return self.buckets.wait_for(routes.channel("POST", channel_id, "/messages"))

    def wait_before_execute(self, webhook: Webhook) -> float:
        """Seconds until the webhook may post, as far as the last answers told."""
        return self.buckets.wait_for(routes.webhook("POST", webhook))

    # --- the bot's posts

    async def send(self, channel_id: int, post: Post) -> int:
        """Post as the bot; the new message's id. A repeat of a nonce within minutes gets the first one's id.

        Refused with code "10008" means: this nonce was posted before, and the message has been deleted since.
        Source: Discord's reference, "Create Message" (nonce, enforce_nonce).
        """
        payload = _content(post)
        if post.nonce:
            payload |= {"nonce": post.nonce, "enforce_nonce": True}
        if post.reply_to:
            payload["message_reference"] = {"message_id": str(post.reply_to), "fail_if_not_exists": False}
        route = routes.channel("POST", channel_id, "/messages")
        body = await self._transport.call(route, payload=payload, files=post.files)
        return int(wire.read(route, body, wire.Id).id)

    async def edit(self, channel_id: int, message_id: int, post: Post) -> None:
        """Edit one of the bot's messages. Refused with code "10008" when it is gone."""
        read = routes.message("GET", channel_id, message_id)
        payload = _content(post) | await self._kept(read, post, query=None)
        route = routes.message("PATCH", channel_id, message_id)
        await self._transport.call(route, payload=payload, files=post.files)

    async def delete(self, channel_id: int, message_id: int) -> bool:
        """Delete a message; that it is gone already is success, and False."""
        return await self._was_there(routes.message("DELETE", channel_id, message_id), query=None)

    async def has(self, channel_id: int, message_id: int) -> bool:
        """Whether a message stands in a channel; True also where the bot may not look."""
        try:
            return await self._was_there(routes.message("GET", channel_id, message_id), query=None)
        except TargetGone:
            return True

    # --- a webhook's posts

    async def execute(self, webhook: Webhook, post: Post) -> int:
        """Post through the webhook; the new message's id. Nothing can tell a repeat: look back before one."""
        if post.reply_to or post.nonce:
            raise ValueError("A webhook knows neither replies nor nonces.")
        payload = _content(post)
        if post.username:
            payload["username"] = post.username
        route = routes.executing(webhook)
        body = await self._by_webhook(webhook, route, payload=payload, files=post.files)
        return int(wire.read(route, body, wire.Id).id)

    async def edit_executed(self, webhook: Webhook, message_id: int, post: Post) -> None:
        """Edit a message that this webhook posted. Refused with code "10008" when it is gone."""
        self._check(webhook)
        query = _thread(webhook)
        read = routes.executed("GET", webhook, message_id)
        payload = _content(post) | await self._kept(read, post, query=query)
        route = routes.executed("PATCH", webhook, message_id)
        await self._by_webhook(webhook, route, payload=payload, files=post.files, query=query)

    async def delete_executed(self, webhook: Webhook, message_id: int) -> bool:
        """Delete a message that this webhook posted; that it is gone already is success, and False."""
        self._check(webhook)
        return await self._was_there(routes.executed("DELETE", webhook, message_id), query=_thread(webhook))

    async def has_executed(self, webhook: Webhook, message_id: int) -> bool:
        """Whether a message that this webhook posted stands."""
        self._check(webhook)
        return await self._was_there(routes.executed("GET", webhook, message_id), query=_thread(webhook))

    async def webhook(self, webhook: Webhook) -> WebhookInfo:
        """Where the webhook posts. TargetGone when it does not exist or its token is not the right one."""
        route = routes.webhook("GET", webhook)
        found = wire.read(route, await self._by_webhook(webhook, route), wire.Hook)
        if found.channel_id is None:
            raise TargetGone("The webhook belongs to no channel.", code="webhook")
        return WebhookInfo(int(found.channel_id), wire.number(found.guild_id), wire.number(found.application_id))

    async def create_webhook(self, channel_id: int, name: str) -> Webhook:
        """A new webhook of our application in the channel."""
        route = routes.channel("POST", channel_id, "/webhooks")
        made = wire.read(route, await self._transport.call(route, payload={"name": name}), wire.Hook)
        if made.token is None:
            raise Refused("Discord made a webhook without a token.", code="webhook")
        return Webhook(int(made.id), Secret(made.token))

    # --- what stands there

    async def recent(self, channel_id: int, *, after_id: int, limit: int = 100) -> list[Posted]:
        """The first `limit` messages above the id `after_id`, ascending; `snowflake(time)` names a moment.

        Without the Message Content intent, Discord empties `content` of messages that are not the bot's own.
        """
        route = routes.channel("GET", channel_id, "/messages")
        found: list[Posted] = []
        while len(found) < limit:
            page = min(PAGE, limit - len(found))
            query = {"after": str(found[-1].id if found else after_id), "limit": str(page)}
            items = wire.read(route, await self._transport.call(route, query=query), wire.Items)
            messages = wire.each(route, items, wire.Message)
            found += sorted(map(wire.posted, messages), key=lambda item: item.id)
            if len(items) < page or not messages:
                break
        return found

    async def fetch_attachment(self, channel_id: int, message_id: int, index: int) -> AsyncIterator[bytes]:
        """The bytes of a message's file, as they arrive, by a URL signed just now (the old ones expire).

        Raises Refused when message or file are gone. Bytes may have been yielded before an error.
        """
        route = routes.message("GET", channel_id, message_id)
        message = shown_of(wire.fields(route, await self._transport.call(route)))
        file = dict(message.numbered("attachments")).get(index)
        if file is None or not file.text("url"):
            raise Refused("The message has no such file any more.", code=UNKNOWN_MESSAGE)
        async for chunk in self._transport.download(file.text("url")):
            yield chunk

    # --- what is set up

    async def me(self) -> BotInfo:
        """The bot behind the token. AccountDead when the token is not valid."""
        user_route, app_route = routes.plain("/users/@me"), routes.plain("/applications/@me")
        user = wire.read(user_route, await self._transport.call(user_route), wire.User)
        app = wire.read(app_route, await self._transport.call(app_route), wire.Application)
        return BotInfo(int(user.id), user.username or "", int(app.id), app.flags or 0, app.approximate_guild_count)

    async def channel(self, channel_id: int) -> ChannelInfo:
        """A channel the bot can see; TargetGone otherwise."""
        found = await self._channel(channel_id)
        return ChannelInfo(int(found.id), found.name or "", wire.number(found.guild_id), found.type)

    async def permissions(self, channel_id: int) -> frozenset[str]:
        """Which of the needed permissions (`permissions.NEEDED`) the bot has in the channel."""
        where = await self._channel(channel_id)
        if where.type in THREADS and where.parent_id:
            where = await self._channel(int(where.parent_id))
        if where.guild_id is None:
            raise TargetGone("The channel belongs to no server.", code="channel")
        me = routes.plain("/users/@me")
        bot_id = int(wire.read(me, await self._transport.call(me), wire.User).id)
        return permissions.names(await self._effective(where, int(where.guild_id), bot_id))

    async def _effective(self, where: wire.Channel, guild_id: int, bot_id: int) -> int:
        guild_route = routes.guild(guild_id)
        member_route = routes.guild(guild_id, f"/members/{bot_id}", "/members/*")
        guild = wire.read(guild_route, await self._transport.call(guild_route), wire.Guild)
        member = wire.read(member_route, await self._transport.call(member_route), wire.Member)
        return permissions.effective(
            member_id=bot_id,
            guild_id=guild_id,
            owner_id=int(guild.owner_id),
            role_ids=[int(role) for role in member.roles],
            roles={int(role.id): int(role.permissions) for role in wire.each(guild_route, guild.roles, wire.Role)},
            overwrites=[
                permissions.Overwrite(int(item.id), int(item.allow), int(item.deny))
                for item in wire.each(guild_route, where.permission_overwrites or (), wire.Overwrite)
            ],
        )

    # --- inside

    async def _channel(self, channel_id: int) -> wire.Channel:
        route = routes.channel("GET", channel_id)
        return wire.read(route, await self._transport.call(route), wire.Channel)

    async def _kept(self, read: Route, post: Post, *, query: dict[str, str] | None) -> dict[str, Any]:
        """An edit has to name every attachment that shall stay; where there is none, the content may be another one."""
        if post.files or not post.had_files:
            return {}
        standing = wire.read(read, await self._transport.call(read, query=query), wire.Message)
        if post.bare and not standing.attachments:
            return {"content": post.bare(standing.content or "")}
        return {"attachments": [{"id": file.id} for file in standing.attachments or ()]}

    async def _was_there(self, route: Route, *, query: dict[str, str] | None) -> bool:
        """Whether the message that the call concerns existed when it was made."""
        try:
            await self._transport.call(route, query=query)
        except Refused as error:
            if error.code != UNKNOWN_MESSAGE:
                raise
            return False
        return True

    async def _by_webhook(self, webhook: Webhook, route: Route, **call: Any) -> bytes:
        """A webhook that was gone is never called again: such answers count towards a ban of the address."""
        self._check(webhook)
        try:
            return await self._transport.call(route, **call)
        except TargetGone as error:
            if error.code == UNKNOWN_WEBHOOK:
                self._dead_webhooks.add(webhook.id)
            raise

    def _check(self, webhook: Webhook) -> None:
        if webhook.id in self._dead_webhooks:
            raise TargetGone("The webhook does not exist any more.", code=UNKNOWN_WEBHOOK)


def _content(post: Post) -> dict[str, Any]:
    payload: dict[str, Any] = {"content": post.content, "allowed_mentions": {"parse": []}}
    if post.files:
        payload["attachments"] = [{"id": str(i), "filename": file.name} for i, file in enumerate(post.files)]
    return payload


def _thread(webhook: Webhook) -> dict[str, str]:
    return {"thread_id": str(webhook.thread_id)} if webhook.thread_id else {}


def _nothing() -> None:
    """Nobody counts."""
