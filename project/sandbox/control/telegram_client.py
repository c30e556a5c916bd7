"""The loopback Telegram's verbs from another process. See `TelegramWorld` for what each does."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence

from project.sandbox.control.transport import ControlTransport
from project.sandbox.control.views import Account, Chat
from project.sandbox.faults import CountersView, FaultRule
from project.sandbox.telegram.messages import Entity, NewFile, StoredMessage
from project.sandbox.telegram.settings import DC_ID, Settings
from project.sandbox.telegram.state import Cut
from project.sandbox.telegram.swallow import PushKind, SwallowRule
from project.sandbox.telegram.users import Freeze
from project.sandbox.telegram.world import BotCreated


class TelegramControl:
    """One method per verb. Ids of channels are bare."""

    def __init__(self, transport: ControlTransport) -> None:
        self._transport = transport

    async def create_user(
        self, phone: str, name: str, password: str | None = None, *, username: str | None = None, dc: int = DC_ID
    ) -> int:
        """A user; the id."""
        return await self._transport.call(
            "telegram/create_user", int, phone=phone, name=name, password=password, username=username, dc=dc
        )

    async def move_user(self, user_id: int, dc: int) -> None:
        """An account lives in another data centre from now on."""
        await self._transport.call("telegram/move_user", object, user_id=user_id, dc=dc)

    async def create_bot(self, name: str, *, username: str | None = None, dc: int = DC_ID) -> BotCreated:
        """A bot and its token."""
        return await self._transport.call("telegram/create_bot", BotCreated, name=name, username=username, dc=dc)

    async def login_code(self, phone: str) -> str:
        """The login code last sent to a phone."""
        return await self._transport.call("telegram/login_code", str, phone=phone)

    async def expire_code(self, phone: str) -> None:
        """The open code of a phone is void."""
        await self._transport.call("telegram/expire_code", object, phone=phone)

    async def typed(self, user_id: int, text: str) -> bool:
        """A user typed `text` somewhere: whether it voided a login code."""
        return await self._transport.call("telegram/typed", bool, user_id=user_id, text=text)

    async def open_qr(self) -> list[str]:
        """The links of all login QR codes that can be scanned now, the newest last."""
        return await self._transport.call("telegram/open_qr", list[str])

    async def scan_qr(self, user_id: int, url_or_token: str) -> None:
        """A user's phone scans a login QR code and accepts it."""
        await self._transport.call("telegram/scan_qr", object, user_id=user_id, url_or_token=url_or_token)

    async def revoke(self, user_id: int, *, error: str = "AUTH_KEY_UNREGISTERED") -> None:
        """Ends every login of an account."""
        await self._transport.call("telegram/revoke", object, user_id=user_id, error=error)

    async def deactivate(self, user_id: int, *, banned: bool = False) -> None:
        """Deletes an account."""
        await self._transport.call("telegram/deactivate", object, user_id=user_id, banned=banned)

    async def freeze(self, user_id: int, freeze: Freeze | None) -> None:
        """Freezes an account, or thaws it."""
        await self._transport.call("telegram/freeze", object, user_id=user_id, freeze=freeze)

    async def cut(self, account: int | None = None, how: Cut = Cut.HARD) -> None:
        """Cuts connections of an account, or of everybody."""
        await self._transport.call("telegram/cut", object, account=account, how=how)

    async def create_channel(
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
        """A broadcast channel, or a supergroup; its bare id."""
        return await self._transport.call(
            "telegram/create_channel",
            int,
            title=title,
            megagroup=megagroup,
            username=username,
            members=list(members),
            admins=list(admins),
            protected=protected,
            signatures=signatures,
            slowmode=slowmode,
        )

    async def join(self, channel_id: int, user_id: int, *, admin: bool = False) -> None:
        """Makes an account a member or an administrator."""
        await self._transport.call("telegram/join", object, channel_id=channel_id, user_id=user_id, admin=admin)

    async def leave(self, channel_id: int, user_id: int) -> None:
        """Takes an account out of a channel."""
        await self._transport.call("telegram/leave", object, channel_id=channel_id, user_id=user_id)

    async def ban(self, channel_id: int, user_id: int) -> None:
        """Bans an account from a channel."""
        await self._transport.call("telegram/ban", object, channel_id=channel_id, user_id=user_id)

    async def invite_link(self, channel_id: int) -> str:
        """A new invite link to a channel."""
        return await self._transport.call("telegram/invite_link", str, channel_id=channel_id)

    async def post(
        self,
        channel_id: int,
        text: str,
        *,
        author_id: int | None = None,
        reply_to: int | None = None,
        entities: Sequence[Entity] = (),
        files: Sequence[NewFile] = (),
    ) -> int:
        """Posts a message, an album with several files; the (first) message's id."""
        return await self._transport.call(
            "telegram/post",
            int,
            channel_id=channel_id,
            text=text,
            author_id=author_id,
            reply_to=reply_to,
            entities=list(entities),
            files=list(files),
        )

    async def edit(
        self,
        channel_id: int,
        message_id: int,
        text: str,
        *,
        entities: Sequence[Entity] = (),
        file: NewFile | None = None,
    ) -> None:
        """Edits anybody's message; `file` replaces its file."""
        await self._transport.call(
            "telegram/edit",
            object,
            channel_id=channel_id,
            message_id=message_id,
            text=text,
            entities=list(entities),
            file=file,
        )

    async def garble(self, channel_id: int, message_id: int | None = None) -> None:
        """A message, or the channel's next post, cannot be decoded by any client."""
        await self._transport.call("telegram/garble", object, channel_id=channel_id, message_id=message_id)

    async def delete(self, channel_id: int, ids: Sequence[int]) -> None:
        """Deletes anybody's messages."""
        await self._transport.call("telegram/delete", object, channel_id=channel_id, ids=list(ids))

    async def messages(self, channel_id: int) -> list[StoredMessage]:
        """Every message ever, deleted ones too, by id."""
        return await self._transport.call("telegram/messages", list[StoredMessage], channel_id=channel_id)

    async def file_data(self, file_id: int) -> bytes:
        """The content of a stored file."""
        return base64.b64decode(await self._transport.call("telegram/file_data", str, file_id=file_id))

    async def expire_file_references(self) -> None:
        """Every file reference handed out so far expires."""
        await self._transport.call("telegram/expire_file_references", object)

    async def configure(self, settings: Settings) -> None:
        """Other rules from now on."""
        await self._transport.call("telegram/configure", object, settings=settings)

    async def accounts(self) -> list[Account]:
        """All users and bots."""
        return await self._transport.call("telegram/accounts", list[Account])

    async def channels(self) -> list[Chat]:
        """All channels and supergroups."""
        return await self._transport.call("telegram/channels", list[Chat])

    async def fault(self, rule: FaultRule) -> None:
        """Arms a fault."""
        await self._transport.call("telegram/fault", object, rule=rule)

    async def clear_faults(self) -> None:
        """Disarms every fault."""
        await self._transport.call("telegram/clear_faults", object)

    async def swallow(self, rule: SwallowRule | None) -> None:
        """Single pushes vanish by `rule` from now on; None ends it."""
        await self._transport.call("telegram/swallow", object, rule=rule)

    async def swallowed(self) -> dict[PushKind, int]:
        """How many pushes vanished so far, by kind."""
        return await self._transport.call("telegram/swallowed", dict[PushKind, int])

    async def counters(self) -> CountersView:
        """What was counted so far."""
        return await self._transport.call("telegram/counters", CountersView)
