"""What a test, a demo or the chat page can do in the loopback Discord: one verb per method."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Protocol, TypeVar

from project.core.errors import Conflict, InvalidInput, NotFound
from project.sandbox.discord.body import Body, Upload
from project.sandbox.discord.drafts import Reference, check_username, read_draft
from project.sandbox.discord.errors import ApiError
from project.sandbox.discord.gateway import Gateway
from project.sandbox.discord.limits import Limits, profile
from project.sandbox.discord.mentions import EVERYTHING
from project.sandbox.discord.messages import as_user, create_message, delete_messages, edit_message
from project.sandbox.discord.model import PUBLIC_THREAD, Bot, Channel, Guild, Message, User
from project.sandbox.discord.permissions import named
from project.sandbox.discord.rest import DiscordRest
from project.sandbox.discord.rest_webhooks import add_webhook, remove_webhook
from project.sandbox.discord.routes import METHODS
from project.sandbox.discord.state import Happened, Happening, State
from project.sandbox.discord.views import (
    BotCreated,
    ChannelView,
    DiscordCounters,
    FileIn,
    StoredMessage,
    UserView,
    stored,
)
from project.sandbox.faults import Counters, FaultBook, FaultRule

T = TypeVar("T")


class Serving(Protocol):
    """What speaks for a world."""

    gateway: Gateway
    rest: DiscordRest


class DiscordWorld:
    """State and verbs. Wrong ids raise NotFound, what Discord itself would refuse raises InvalidInput."""

    def __init__(self, limits: Limits | str = "real") -> None:
        self.state = State(limits if isinstance(limits, Limits) else profile(limits))
        self.faults = FaultBook()
        self.count = Counters()
        self.api_url = ""  # set by the server
        self.server: Serving | None = None  # likewise

    def create_guild(self, name: str) -> int:
        """A server. Bots made to be everywhere are members at once."""
        guild = Guild(self.state.ids.next(), name, owner_id=1)
        self.state.guilds[guild.id] = guild
        for bot in self.state.bots.values():
            if bot.everywhere:
                self.invite_bot(guild.id, bot.id)
        return guild.id

    def create_bot(
        self,
        name: str,
        *,
        guild_ids: Sequence[int] | None = None,
        message_content: bool = True,
        members_intent: bool = False,
        presences_intent: bool = False,
    ) -> BotCreated:
        """An application with a bot, in the guilds named; by default in all, those to come included.

        The flags are the privileged intents switched on in the portal.
        """
        bot_id, application_id = self.state.ids.next(), self.state.ids.next()
        token = f"{secrets.token_urlsafe(18)}.{secrets.token_urlsafe(4)}.{secrets.token_urlsafe(28)}"
        bot = Bot(bot_id, application_id, name, token, message_content, members_intent, presences_intent)
        bot.everywhere = guild_ids is None
        self.state.bots[bot_id] = bot
        self.state.users[bot_id] = User(bot_id, name, is_bot=True)
        for guild_id in list(self.state.guilds) if guild_ids is None else guild_ids:
            self.invite_bot(guild_id, bot_id)
        return BotCreated(bot_id, token, application_id)

    def set_bot(self, bot_id: int, *, message_content: bool) -> None:
        """Switches the MESSAGE_CONTENT intent in the portal."""
        self._bot(bot_id).message_content = message_content

    def reset_token(self, bot_id: int) -> str:
        """A new token; the old one is dead at once (a running gateway connection stays)."""
        self._bot(bot_id).token = secrets.token_urlsafe(50)
        return self._bot(bot_id).token

    def invite_bot(self, guild_id: int, bot_id: int) -> None:
        """Adds a bot to a guild."""
        guild, bot = self._guild(guild_id), self._bot(bot_id)
        guild.bots.add(bot.id)
        guild.role_ids.setdefault(bot.id, self.state.ids.next())
        self.state.tell(Happened(Happening.GUILD_CREATE, guild.id, bot_id=bot.id))

    def kick_bot(self, guild_id: int, bot_id: int) -> None:
        """Removes a bot from a guild."""
        guild = self._guild(guild_id)
        guild.bots.discard(self._bot(bot_id).id)
        self.state.tell(Happened(Happening.GUILD_DELETE, guild.id, bot_id=bot_id))

    def create_channel(self, guild_id: int, name: str) -> int:
        """A text channel."""
        guild = self._guild(guild_id)
        return self._add_channel(Channel(self.state.ids.next(), guild.id, name), Happening.CHANNEL_CREATE)

    def create_thread(self, channel_id: int, name: str) -> int:
        """A public thread of a text channel."""
        parent = self._channel(channel_id)
        if parent.parent_id is not None:
            raise InvalidInput("A thread cannot have threads.")
        thread = Channel(self.state.ids.next(), parent.guild_id, name, PUBLIC_THREAD, parent.id)
        return self._add_channel(thread, Happening.THREAD_CREATE)

    def _add_channel(self, channel: Channel, what: Happening) -> int:
        self.state.channels[channel.id] = channel
        self.state.guilds[channel.guild_id].channels.append(channel.id)
        self.state.tell(Happened(what, channel.guild_id, channel))
        return channel.id

    def delete_channel(self, channel_id: int) -> None:
        """Deletes a channel with its threads and webhooks."""
        channel = self._channel(channel_id)
        for thread in [c for c in self.state.channels.values() if c.parent_id == channel_id]:
            self.delete_channel(thread.id)
        for webhook in [w for w in self.state.webhooks.values() if w.channel_id == channel_id]:
            remove_webhook(self.state, webhook)
        self.state.tell(Happened(Happening.CHANNEL_DELETE, channel.guild_id, channel))
        del self.state.channels[channel_id]
        self.state.guilds[channel.guild_id].channels.remove(channel_id)

    def set_permissions(self, channel_id: int, bot_id: int, permissions: Iterable[str]) -> None:
        """What a bot may do in a channel: view, send, history, manage_webhooks, manage_messages, attach."""
        channel = self._channel(channel_id)
        channel.permissions[self._bot(bot_id).id] = named(permissions)
        self.state.tell(Happened(Happening.CHANNEL_UPDATE, channel.guild_id, channel))

    def create_user(self, name: str) -> int:
        """A person, member of each guild."""
        user = User(self.state.ids.next(), name)
        self.state.users[user.id] = user
        return user.id

    def create_webhook(self, channel_id: int, name: str) -> str:
        """A webhook made by a person, without an application; its whole URL."""
        with _by_rule():
            webhook = add_webhook(self.state, self._channel(channel_id), check_username(name, "name"), None, None)
        return f"{self.api_url}/webhooks/{webhook.id}/{webhook.token}"

    def delete_webhook(self, webhook_id: int) -> None:
        """Deletes a webhook; its URL answers 10015 from now on."""
        if webhook_id not in self.state.webhooks:
            raise NotFound(f"No webhook has the id {webhook_id}.")
        remove_webhook(self.state, self.state.webhooks[webhook_id])

    def post(
        self,
        channel_id: int,
        user_id: int,
        content: str,
        *,
        reply_to: int | None = None,
        files: Sequence[FileIn] = (),
        overrides: Mapping[str, object] | None = None,
        without: Sequence[str] = (),
    ) -> int:
        """A person writes; the message's id. `overrides` and `without` are as in `override`."""
        channel, user = self._channel(channel_id), self._user(user_id)
        uploads = tuple(Upload(n, file.name, file.mime, file.data) for n, file in enumerate(files))
        reference = Reference(reply_to) if reply_to else None
        with _by_rule():
            draft = replace(read_draft(Body({"content": content}, uploads)), reference=reference)
            return create_message(self.state, channel, as_user(user), draft, overrides or {}, without).id

    def edit(self, channel_id: int, message_id: int, content: str, *, keep: Sequence[int] | None = None) -> None:
        """Changes the text of a message, as its author; of its files only those of `keep` stay, or all."""
        channel = self._channel(channel_id)
        message = self._message(channel, message_id)
        fields: dict[str, object] = {"content": content}
        if keep is not None:
            fields["attachments"] = [{"id": str(file_id)} for file_id in keep]
        with _by_rule():
            edit_message(self.state, channel, message, read_draft(Body(fields)), EVERYTHING)

    def override(
        self, channel_id: int, message_id: int, fields: Mapping[str, object], *, without: Sequence[str] = ()
    ) -> None:
        """From now on the message's JSON has these fields instead of its own, and lacks those of `without`: in the
        history and in events, which nobody is told now."""
        message = self._message(self._channel(channel_id), message_id)
        message.overrides, message.without = dict(fields), frozenset(without)

    def dispatch(self, event: str, data: object, *, bot_id: int | None = None) -> int:
        """Sends any gateway event with any data to the sessions of a bot, or of all; how many there were."""
        return self.server.gateway.dispatch(event, data, bot_id) if self.server else 0

    def delete(self, channel_id: int, ids: Sequence[int]) -> None:
        """Deletes messages as a moderator, several in one event; what is deleted already is passed over."""
        channel = self._channel(channel_id)
        found = [_found(channel.messages, message_id, "message") for message_id in ids]
        messages = [message for message in found if message.deleted_at is None]
        what = Happening.MESSAGE_DELETE if len(messages) == 1 else Happening.MESSAGE_DELETE_BULK
        if messages:
            delete_messages(self.state, channel, messages, what=what)

    def messages(self, channel_id: int) -> list[StoredMessage]:
        """Every message there ever was in a channel, oldest first, deleted ones marked."""
        return [stored(message) for message in self._channel(channel_id).messages.values()]

    def file_data(self, channel_id: int, message_id: int, file_id: int) -> bytes:
        """The bytes of a message's file, deleted messages included."""
        message = _found(self._channel(channel_id).messages, message_id, "message")
        return _found({file.id: file for file in message.attachments}, file_id, "file").data

    def channels(self) -> list[ChannelView]:
        """All channels and threads."""
        every = self.state.channels.values()
        return [ChannelView(c.id, c.guild_id, c.name, c.parent_id) for c in every]

    def users(self) -> list[UserView]:
        """All people and bots."""
        return [UserView(user.id, user.name, user.is_bot) for user in self.state.users.values()]

    def kill_gateway(self, how: str, *, bot_id: int | None = None) -> int:
        """Disturbs gateway connections; how many were hit.

        `how`: op7, op9, op9_resumable, cut, silence, forget, deaf, close:<code>.
        """
        return self.server.gateway.kill(how, bot_id) if self.server else 0

    def counters(self) -> DiscordCounters:
        """What was counted so far."""
        seen = self.count.view()
        invalid = self.server.rest.invalid.total if self.server else 0
        connected = self.server.gateway.connected() if self.server else 0
        return DiscordCounters(seen.calls, seen.errors, seen.unknown_methods, invalid, connected)

    def fault(self, rule: FaultRule) -> None:
        """Arms a fault; the method must be one of `routes.METHODS` or "*"."""
        if rule.method != "*" and rule.method not in METHODS:
            raise InvalidInput(
                f"The loopback Discord has no method {rule.method!r}.", hint="See docs/reference/sandbox.md."
            )
        self.faults.add(rule)

    def _bot(self, bot_id: int) -> Bot:
        return _found(self.state.bots, bot_id, "bot")

    def _user(self, user_id: int) -> User:
        return _found(self.state.users, user_id, "user")

    def _guild(self, guild_id: int) -> Guild:
        return _found(self.state.guilds, guild_id, "guild")

    def _channel(self, channel_id: int) -> Channel:
        return _found(self.state.channels, channel_id, "channel")

    def _message(self, channel: Channel, message_id: int) -> Message:
        message = _found(channel.messages, message_id, "message")
        if message.deleted_at is not None:
            raise Conflict(f"Message {message_id} is deleted.")
        return message


def _found(items: Mapping[int, T], key: int, kind: str) -> T:
    if key not in items:
        raise NotFound(f"No {kind} has the id {key}.")
    return items[key]


@contextlib.contextmanager
def _by_rule() -> Iterator[None]:
    """Discord's own refusals become ours for whoever drives the world."""
    try:
        yield
    except ApiError as error:
        raise InvalidInput(f"{error} ({error.code})") from error
