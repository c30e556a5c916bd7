"""The verbs: what a test, the control API or the chat page can do to the loopback Telegram."""

from __future__ import annotations

import contextlib
import random
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from project.core.errors import Conflict, InvalidInput, NotFound
from project.sandbox.faults import Counters, CountersView, FaultBook

from . import posting, qr
from .channels import Channel, Role
from .clock import Clock
from .errors import RpcRefusedError
from .groups import GroupWorld
from .login import Logins
from .messages import Entity, NewFile, StoredMessage
from .passwords import verifier
from .settings import DC_ID, DC_IDS, Settings
from .state import Cut, Listener, State
from .swallow import PushKind, SwallowRule
from .users import Freeze, User, bare_phone


@dataclass(frozen=True, slots=True)
class BotCreated:
    """A new bot and the token it logs in with."""

    user_id: int
    token: str = field(repr=False)


@contextlib.contextmanager
def _as_input() -> Iterator[None]:
    """Turns Telegram's refusal of a text or file into ours."""
    try:
        yield
    except RpcRefusedError as failure:
        raise InvalidInput(f"Telegram refuses that: {failure.name}.") from None


class TelegramWorld:
    """One loopback Telegram without its protocol. Synchronous, for one thread; ids of channels are bare. `groups` has
    the verbs of basic groups.

    Verbs raise NotFound for what does not exist, and InvalidInput with Telegram's own error name for texts and files
    that the platform would refuse. They are not subject to rates and rights.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        clock: Clock | None = None,
        faults: FaultBook | None = None,
        counters: Counters | None = None,
        rng: random.Random | None = None,
    ) -> None:
        self.state = State(
            settings=settings or Settings(),
            clock=clock or Clock(),
            faults=faults or FaultBook(),
            count=counters or Counters(),
            logins=Logins(rng or random.Random()),
        )
        self.groups = GroupWorld(self.state)

    @property
    def faults(self) -> FaultBook:
        """The open fault rules; methods are named like "messages.sendMessage", accounts by user id."""
        return self.state.faults

    def swallow(self, rule: SwallowRule | None) -> None:
        """Single pushes vanish by `rule` from now on, instead of by the one before; None ends it."""
        self.state.swallower.arm(rule)

    def swallowed(self) -> Mapping[PushKind, int]:
        """How many pushes vanished so far, by kind; once for each account that was not told."""
        return self.state.swallower.vanished()

    def counters(self) -> CountersView:
        """What was counted so far."""
        return self.state.count.view()

    def watch(self, listener: Listener) -> None:
        """`listener` hears of every change from now on."""
        self.state.listeners.append(listener)

    def unwatch(self, listener: Listener) -> None:
        """The inverse of `watch`."""
        self.state.listeners.remove(listener)

    def configure(self, settings: Settings) -> None:
        """Other rules from now on; start from `world.state.settings` and `dataclasses.replace`."""
        self.state.settings = settings

    # Accounts

    def create_user(
        self, phone: str, name: str, password: str | None = None, *, username: str | None = None, dc: int = DC_ID
    ) -> int:
        """A user with a phone number, living in a data centre and, with a password, two-step verification. Raises
        Conflict."""
        if self.state.by_phone(phone) is not None:
            raise Conflict("That phone number is taken.")
        known = None if password is None else verifier(password)
        user = User(next(self.state.user_ids), name, bare_phone(phone), self._free_name(username), password=known)
        self.state.users[user.id] = user
        self.move_user(user.id, dc)
        return user.id

    def move_user(self, user_id: int, dc: int) -> None:
        """From now on an account lives in another data centre: in the old one its calls answer USER_MIGRATE_X."""
        if dc not in DC_IDS:
            raise InvalidInput(f"There is no data centre {dc}.")
        self.state.user(user_id).dc = dc

    def create_bot(self, name: str, *, username: str | None = None, dc: int = DC_ID) -> BotCreated:
        """A bot, living in a data centre, and its token."""
        user_id = next(self.state.user_ids)
        token = f"{user_id}:{secrets.token_urlsafe(26)}"
        chosen = self._free_name(username or f"sandbox{user_id}_bot")
        self.state.users[user_id] = User(user_id, name, username=chosen, bot_token=token)
        self.move_user(user_id, dc)
        return BotCreated(user_id, token)

    def _free_name(self, username: str | None) -> str | None:
        if username is not None and self.state.by_username(username) is not None:
            raise Conflict(f"The name @{username} is taken.")
        return username

    def login_code(self, phone: str) -> str:
        """The login code last sent to a phone."""
        try:
            return self.state.logins.code(phone)
        except KeyError:
            raise NotFound("No login code was sent to that phone.") from None

    def expire_code(self, phone: str) -> None:
        """The open code of a phone is void from now on."""
        self.login_code(phone)
        self.state.logins.expire(phone)

    def typed(self, user_id: int, text: str) -> bool:
        """A user typed `text` into some chat: a login code of theirs in it is void. Tells whether one was."""
        return self.state.logins.burn(self.state.user(user_id).phone, text)

    def open_qr(self) -> list[str]:
        """The links of all login QR codes that can be scanned now, the newest last."""
        return [qr.link_of(token) for token in self.state.login_tokens.shown(now=self.state.clock.monotonic())]

    def scan_qr(self, user_id: int, url_or_token: str) -> None:
        """A user's phone scans a login QR code and accepts it. Raises InvalidInput with Telegram's own error."""
        user, clock = self.state.user(user_id), self.state.clock
        lifetime = self.state.settings.login_token_lifetime
        with _as_input():
            token = qr.token_in(url_or_token)
            accepted = self.state.login_tokens.accept(token, user.id, now=clock.monotonic(), lifetime=lifetime)
        qr.tell(self.state.keys.get(accepted.key_id), clock.date())

    def revoke(self, user_id: int, *, error: str = "AUTH_KEY_UNREGISTERED") -> None:
        """Ends every login of an account: its keys answer `error` until somebody logs in with them again."""
        for key in self.state.keys.of_user(self.state.user(user_id).id):
            self.state.keys.log_out(key, revoked=error)
            self._ended(user_id, key.id)

    def deactivate(self, user_id: int, *, banned: bool = False) -> None:
        """Deletes an account: every call answers USER_DEACTIVATED, or USER_DEACTIVATED_BAN."""
        self.state.user(user_id).dead = "USER_DEACTIVATED_BAN" if banned else "USER_DEACTIVATED"
        for key in self.state.keys.of_user(user_id):
            self._ended(user_id, key.id)

    def _ended(self, user_id: int, key_id: int) -> None:
        for listener in tuple(self.state.listeners):
            listener.ended(user_id, key_id)

    def freeze(self, user_id: int, freeze: Freeze | None) -> None:
        """Freezes an account, or thaws it: it looks connected, hears nothing, and may not write."""
        self.state.user(user_id).freeze = freeze

    def cut(self, account: int | None = None, how: Cut = Cut.HARD) -> None:
        """Cuts the connections of an account, or of everybody."""
        for listener in tuple(self.state.listeners):
            listener.cut(account, how)

    # Channels

    def create_channel(
        self,
        title: str,
        *,
        megagroup: bool = False,
        username: str | None = None,
        members: Iterable[int] = (),
        admins: Iterable[int] = (),
        protected: bool = False,
        signatures: bool = False,
        slowmode: int = 0,
    ) -> int:
        """A broadcast channel, or a supergroup. `protected` forbids forwarding; `slowmode` is in seconds."""
        channel = Channel(
            next(self.state.channel_ids),
            title,
            self.state.clock.date(),
            megagroup=megagroup,
            username=self._free_name(username),
            protected=protected,
            signatures=signatures,
            slowmode=slowmode,
        )
        channel.roles = {self.state.user(user_id).id: Role.MEMBER for user_id in members}
        channel.roles |= {self.state.user(user_id).id: Role.ADMIN for user_id in admins}
        self._begin(channel)
        self.state.channels[channel.id] = channel
        return channel.id

    def _begin(self, channel: Channel) -> None:
        """As on the platform, message 1 of every channel says that it was created."""
        clock = self.state.clock
        created = StoredMessage(
            channel.id, 1, channel.date, clock.monotonic() * 1000, clock.wall() * 1000, service=True
        )
        channel.put([created])

    def join(self, channel_id: int, user_id: int, *, admin: bool = False) -> None:
        """Makes an account a member or an administrator; lifts a ban."""
        self._place(channel_id, user_id, Role.ADMIN if admin else Role.MEMBER)

    def leave(self, channel_id: int, user_id: int) -> None:
        """Takes an account out of a channel; it may come back."""
        self._place(channel_id, user_id, None)

    def ban(self, channel_id: int, user_id: int) -> None:
        """Bans an account: the channel is CHANNEL_PRIVATE for it."""
        self._place(channel_id, user_id, Role.BANNED)

    def _place(self, channel_id: int, user_id: int, role: Role | None) -> None:
        channel = self.state.channel(channel_id)
        channel.set_role(self.state.user(user_id).id, role)
        for listener in tuple(self.state.listeners):
            listener.membership(channel_id, user_id)

    def invite_link(self, channel_id: int) -> str:
        """A new invite link to a channel."""
        code = secrets.token_urlsafe(12)
        self.state.invites[code] = self.state.channel(channel_id).id
        return f"https://t.me/+{code}"

    # Messages

    def post(
        self,
        channel_id: int,
        text: str,
        *,
        author_id: int | None = None,
        reply_to: int | None = None,
        entities: Sequence[Entity] = (),
        files: Sequence[NewFile] = (),
    ) -> int:
        """Posts a message, an album with several files; gives the (first) message id. The text goes with the first."""
        channel = self.state.channel(channel_id)
        if author_id is not None:
            self.typed(self.state.user(author_id).id, text)
        date = self.state.clock.date()
        with _as_input():
            stored = [self.state.files.store(file, date=date, protected=channel.protected) for file in files]
            drafts = [posting.Draft(text, tuple(entities), stored[0] if stored else None, reply_to)]
            drafts += [posting.Draft(file=file, reply_to=reply_to) for file in stored[1:]]
            return posting.post(self.state, channel, drafts, author_id=author_id)[0].id

    def edit(
        self,
        channel_id: int,
        message_id: int,
        text: str,
        *,
        entities: Sequence[Entity] = (),
        file: NewFile | None = None,
    ) -> None:
        """Edits anybody's message. `file` is put in the place of its file, or added to a text: none can be taken away
        (https://core.telegram.org/method/messages.editMessage)."""
        channel = self.state.channel(channel_id)
        message = channel.get(message_id)
        if message is None:
            raise NotFound(f"There is no message {message_id} in Telegram channel {channel_id}.")
        with _as_input():
            date = self.state.clock.date()
            stored = self.state.files.store(file, date=date, protected=channel.protected) if file else None
            posting.edit(self.state, channel, message, text, entities, file=stored)

    def garble(self, channel_id: int, message_id: int | None = None) -> None:
        """A message, or the channel's next post, leaves with media of a constructor that no client knows, as if the
        server spoke a newer layer: whatever it stands in cannot be decoded."""
        channel = self.state.channel(channel_id)
        if message_id is None:
            channel.garble_next = True
            return
        message = channel.get(message_id)
        if message is None:
            raise NotFound(f"There is no message {message_id} in Telegram channel {channel_id}.")
        channel.messages[message_id] = replace(message, garbled=True)

    def delete(self, channel_id: int, ids: Sequence[int]) -> None:
        """Deletes anybody's messages; ids that do not exist are passed over."""
        posting.delete(self.state, self.state.channel(channel_id), ids)

    def messages(self, channel_id: int) -> list[StoredMessage]:
        """Every message ever, deleted ones too, by id; without the service message of the channel's creation."""
        return [item for item in self.state.channel(channel_id).messages.values() if not item.service]

    def file_data(self, file_id: int) -> bytes:
        """The content of a stored file."""
        if self.state.files.get(file_id) is None:
            raise NotFound(f"There is no Telegram file {file_id}.")
        return self.state.files.data(file_id)

    def expire_file_references(self) -> None:
        """Every file reference handed out so far is FILE_REFERENCE_EXPIRED from now on."""
        self.state.files.expire_references()

    def accounts(self) -> list[User]:
        """All users and bots."""
        return list(self.state.users.values())

    def channel(self, channel_id: int) -> Channel:
        """A channel as it is now."""
        return self.state.channel(channel_id)

    def channels(self) -> list[Channel]:
        """All channels."""
        return list(self.state.channels.values())
