"""Finding chats, and what an account may do there."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Any

from telethon.tl import functions, types

from project.core.chats import read_chat
from project.core.errors import InvalidInput, NotFound, Refused, TargetGone
from project.telegram.errors import UnreadableAnswer
from project.telegram.link import Link
from project.telegram.peers import ask_chats, chat_number
from project.telegram.updates import counts_per_account
from project.telegram.values import GUEST, NOBODY, ChatInfo, ChatTop

BATCH = 100  # messages.getPeerDialogs takes up to 100 peers
_BAD_PEER_REST = 3600.0  # seconds a chat without access is left out of batches, since one bad peer fails a batch
_DIALOG_PAGES = 10
_MOST_SKIPPED = 5  # newest messages that cannot be read


def parse_reference(text: str) -> int | str:
    """A bare channel id, the negative id of a basic group, or a username without @. Raises InvalidInput."""
    named = read_chat(text)
    return named.username if named.chat_id is None else named.chat_id


class Chats:
    """The chats of one account."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._bad_until: dict[int, float] = {}
        self._seen: dict[int, tuple[str, float]] = {}  # what the last look at a chat showed, and when
        self._following = asyncio.Lock()
        self._to_follow: set[int] = set()
        self.clock_skew = 0.0  # seconds by which Telegram's clock is ahead of ours, as last told

    async def resolve(self, reference: str) -> ChatInfo:
        """The chat that a person means; the supergroup where a basic group became one. Usernames are looked up once, as
        Telegram limits that tightly.

        Raises InvalidInput, NotFound, TargetGone.
        """
        wanted = parse_reference(reference)
        if isinstance(wanted, int):
            found = await self.chat(wanted)
            return await self.chat(found.moved_to) if found.moved_to else found
        known = self._link.session.channel_named(wanted)
        return await self.chat(known if known is not None else await self._look_up(wanted))

    async def _look_up(self, username: str) -> int:
        try:
            found = await self._link.call_in_background(functions.contacts.ResolveUsernameRequest(username))
        except Refused as error:
            if error.code in ("USERNAME_NOT_OCCUPIED", "USERNAME_INVALID"):
                raise NotFound(f"{NOBODY} @{username} on Telegram.") from None
            raise
        if not isinstance(found.peer, types.PeerChannel):
            raise InvalidInput(f"@{username} is no channel or supergroup.")
        return int(found.peer.channel_id)

    async def chat(self, chat_id: int) -> ChatInfo:
        """What this account sees of a chat. Raises NotFound when it never met it, TargetGone without access."""
        address = await self.address(chat_id)
        answer = await self._link.call(ask_chats([address]), chat_id=chat_id)
        chat = next((c for c in answer.chats if chat_number(c) == chat_id), None)
        if not isinstance(chat, types.Channel | types.Chat) or (counts_per_account(chat_id) and chat.left):
            raise TargetGone("The account is not in the chat any more, or was banned there.", code="CHANNEL_PRIVATE")
        return chat_info(chat, await self._top(address, chat_id))

    async def join(self, reference: str) -> ChatInfo:
        """The account becomes a member of a public channel or supergroup. Raises as `resolve`, and Refused with
        Telegram's reason. Source: https://core.telegram.org/method/channels.joinChannel."""
        found = await self.resolve(reference)
        if not found.member:
            address = await self.address(found.chat_id)
            channel = types.InputChannel(address.channel_id, address.access_hash)
            await self._link.call(functions.channels.JoinChannelRequest(channel), chat_id=found.chat_id)
            found = await self.chat(found.chat_id)
            self.note(found.chat_id, "protected" if found.protected else "member")
        return found

    async def _top(self, address: Any, chat_id: int) -> int:
        if self._link.session.state.is_bot:
            return 0
        for skipped in range(_MOST_SKIPPED):
            request = functions.messages.GetHistoryRequest(address, 0, None, skipped, 1, max_id=0, min_id=0, hash=0)
            try:
                page = await self._link.call(request, chat_id=chat_id)
            except UnreadableAnswer:
                if skipped == _MOST_SKIPPED - 1:
                    raise
                continue  # the one before it: what follows that, a line in its place, is not left out
            return int(page.messages[0].id) if page.messages else 0
        return 0

    async def address(self, chat_id: int) -> Any:
        """How this account addresses a chat. Raises NotFound.

        Bots may ask with an access hash of 0; users find the chat among their dialogs. Basic groups need none.
        """
        if counts_per_account(chat_id):
            return types.InputPeerChat(-chat_id)
        known = self._link.session.channel(chat_id)
        if known is None:
            await (self._meet_as_bot(chat_id) if self._link.session.state.is_bot else self.meet([chat_id]))
            known = self._link.session.channel(chat_id)
        if known is None:
            raise NotFound(
                f"The account does not know the chat {chat_id}.", hint="Add the account to the chat, or use its @name."
            )
        return types.InputPeerChannel(chat_id, known.access_hash)

    async def _meet_as_bot(self, chat_id: int) -> None:
        await self._link.call(functions.channels.GetChannelsRequest([types.InputChannel(chat_id, 0)]), chat_id=chat_id)

    async def meet(self, chat_ids: Collection[int]) -> None:
        """Reads the account's dialogs until it knows how to address these channels, or to their end. Users only."""
        offset_date, offset_id, offset_peer = None, 0, types.InputPeerEmpty()
        for _ in range(_DIALOG_PAGES):
            page = await self._link.call(
                functions.messages.GetDialogsRequest(offset_date, offset_id, offset_peer, limit=BATCH, hash=0)
            )
            known = all(self._link.session.channel(chat_id) for chat_id in chat_ids)
            if known or not isinstance(page, types.messages.DialogsSlice):
                return
            last = page.messages[-1] if page.messages else None
            if last is None:
                return
            offset_date, offset_id, offset_peer = last.date, last.id, _input_peer(last.peer_id, page)

    def met(self, chat_id: int) -> bool:
        """Whether the account knows how to address the chat without asking."""
        return counts_per_account(chat_id) or self._link.session.channel(chat_id) is not None

    async def tops(self, chat_ids: Sequence[int]) -> dict[int, ChatTop]:
        """The newest message id and counter of many chats, 100 a call. What the account cannot see is left out, and
        not asked for again within the hour. Users only."""
        now = self._link.clock()
        asked = [i for i in chat_ids if self._bad_until.get(i, 0.0) <= now and self.met(i)]
        found: dict[int, ChatTop] = {}
        for start in range(0, len(asked), BATCH):
            found |= await self._tops(asked[start : start + BATCH], self._link.call_in_background)
        return found

    async def follow(self, chat_id: int) -> None:
        """Counts the changes of a channel from here on, unless they are counted already: one that nobody tells of is
        then found by `tops`. Those that ask at one time share a call. Raises NotFound, GatewayErrors. Users only."""
        await self.address(chat_id)
        self._to_follow.add(chat_id)
        async with self._following:
            wanted = [i for i in self._to_follow if self._to_begin(i)]
            try:
                if chat_id in wanted:
                    await self._tops([chat_id, *(i for i in wanted if i != chat_id)][:BATCH], self._link.call)
            finally:
                self._to_follow.discard(chat_id)

    def _to_begin(self, chat_id: int) -> bool:
        """Whether nobody counts its changes yet, or knows what it is to the account."""
        known = self._link.counts(chat_id) and chat_id in self._seen
        return not counts_per_account(chat_id) and self.met(chat_id) and not known

    async def _tops(self, chat_ids: Sequence[int], ask: Callable[[Any], Awaitable[Any]]) -> dict[int, ChatTop]:
        """One batch; when it fails because of a bad peer, its halves."""
        if not chat_ids:
            return {}
        peers = [types.InputDialogPeer(await self.address(i)) for i in chat_ids]
        try:
            answer = await ask(functions.messages.GetPeerDialogsRequest(peers))
        except UnreadableAnswer:
            if len(chat_ids) == 1:
                return await self._counter_alone(chat_ids[0], ask)
            half = len(chat_ids) // 2
            return await self._tops(chat_ids[:half], ask) | await self._tops(chat_ids[half:], ask)
        except TargetGone:
            if len(chat_ids) == 1:
                self._bad_until[chat_ids[0]] = self._link.clock() + _BAD_PEER_REST
                self.note(chat_ids[0], "banned")
                return {}
            half = len(chat_ids) // 2
            return await self._tops(chat_ids[:half], ask) | await self._tops(chat_ids[half:], ask)
        self.clock_skew = answer.state.date.timestamp() - time.time()
        for chat in answer.chats:
            self.note(chat_number(chat) or 0, seen_in(chat))
        dialogs = {number: d for d in answer.dialogs if (number := chat_number(d.peer)) is not None}
        counters: dict[int | None, int] = {number: d.pts for number, d in dialogs.items() if d.pts}
        if any(counts_per_account(number) for number in dialogs):
            counters[None] = answer.state.pts
        behind = self._link.compare(counters)
        return {number: ChatTop(d.top_message, d.pts or 0, number in behind) for number, d in dialogs.items()}

    async def _counter_alone(self, chat_id: int, ask: Callable[[Any], Awaitable[Any]]) -> dict[int, ChatTop]:
        """Of a channel whose newest message cannot be read, and with it its dialog."""
        if counts_per_account(chat_id):
            return {}
        address = await self.address(chat_id)
        channel = types.InputChannel(address.channel_id, address.access_hash)
        full = await ask(functions.channels.GetFullChannelRequest(channel))
        for chat in full.chats:
            self.note(chat_number(chat) or 0, seen_in(chat))
        pts = int(full.full_chat.pts)
        return {chat_id: ChatTop(0, pts, bool(self._link.compare({chat_id: pts})))}

    def is_guest(self, chat_id: int) -> bool:
        """Whether the last look showed a chat that may be read without being in it."""
        return self._seen.get(chat_id, ("",))[0] == GUEST

    def note(self, chat_id: int, seen: str) -> None:
        """What a look at a chat has just shown. One that lets the account in is asked for in batches again."""
        self._seen[chat_id] = seen, self._link.clock()
        if seen in ("member", "protected", GUEST):
            self._bad_until.pop(chat_id, None)

    def seen(self, chat_ids: Sequence[int], *, within: float) -> dict[int, str]:
        """What looks of the last `within` seconds showed of these chats, in the words of ChatSight."""
        since = self._link.clock() - within
        found = {chat_id: self._seen.get(chat_id) for chat_id in chat_ids}
        return {chat_id: one[0] for chat_id, one in found.items() if one is not None and one[1] >= since}


def seen_in(chat: object) -> str:
    """What a chat of an answer is to the account, in the words of ChatSight."""
    if not isinstance(chat, types.Channel | types.Chat) or _is_over(chat):
        return "banned"
    if chat.left:
        return GUEST if is_public(chat) else "unknown"
    return "protected" if chat.noforwards else "member"


def is_public(chat: Any) -> bool:
    """Whether anybody may read the chat: it has a name. Source: https://core.telegram.org/constructor/channel."""
    names = [getattr(chat, "username", None), *(n.username for n in getattr(chat, "usernames", None) or () if n.active)]
    return any(names)


def _is_over(chat: Any) -> bool:
    """A basic group that was closed; one that became a supergroup is still read to its end."""
    return isinstance(chat, types.Chat) and bool(chat.deactivated) and not chat.migrated_to


def chat_info(chat: Any, top: int) -> ChatInfo:
    """The neutral form of a channel or group."""
    basic = isinstance(chat, types.Chat)
    return ChatInfo(
        chat_id=chat_number(chat) or 0,
        title=chat.title,
        username="" if basic else chat.username or "",
        is_broadcast=not basic and bool(chat.broadcast),
        protected=bool(chat.noforwards),
        can_post=may_post(chat),
        top_message_id=top,
        moved_to=int(getattr(chat.migrated_to, "channel_id", 0)) if basic else 0,
        member=not chat.left,
    )


def may_post(channel: Any) -> bool:
    """Whether the account may write there, as the channel's rights say. Nothing is posted in basic groups: our links
    to posts would be one account's only."""
    if isinstance(channel, types.Chat):
        return False
    if channel.creator:
        return True
    if channel.left:
        return False
    admin = channel.admin_rights
    if channel.broadcast:
        return bool(admin and admin.post_messages)
    banned = (channel.banned_rights, channel.default_banned_rights)
    return bool(admin) or not any(rights and rights.send_messages for rights in banned)


def _input_peer(peer: Any, page: Any) -> Any:
    """The address of a dialog's peer, from the page that named it."""
    if isinstance(peer, types.PeerChannel):
        chat = next(c for c in page.chats if c.id == peer.channel_id)
        return types.InputPeerChannel(chat.id, chat.access_hash or 0)
    if isinstance(peer, types.PeerChat):
        return types.InputPeerChat(peer.chat_id)
    user = next(u for u in page.users if u.id == peer.user_id)
    return types.InputPeerUser(user.id, user.access_hash or 0)
