"""What an account sees of many chats at once: is it in there, may it copy, may it post?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from project.core.errors import TargetGone
from project.telegram.chats import BATCH, Chats, may_post, seen_in
from project.telegram.errors import UnreadableAnswer
from project.telegram.link import Link
from project.telegram.peers import ask_chats, chat_number
from project.telegram.updates import counts_per_account
from project.telegram.values import ChatSight

_SHUT_OUT = frozenset({"CHANNEL_PRIVATE", "USER_BANNED_IN_CHANNEL", "USER_KICKED", "CHAT_FORBIDDEN"})


async def look(link: Link, chats: Chats, chat_ids: Sequence[int]) -> dict[int, ChatSight]:
    """One answer per chat, 100 chats a call (channels.getChannels, messages.getChats). A bad chat fails a call, which
    is then halved.

    Raises GatewayErrors, but none about a single chat. Users only.
    """
    wanted = list(dict.fromkeys(chat_ids))
    if strangers := [chat_id for chat_id in wanted if not chats.met(chat_id)]:
        await chats.meet(strangers)
    seen = {chat_id: ChatSight(chat_id, "unknown", can_post=False) for chat_id in wanted}
    for basic in (False, True):
        known = [chat_id for chat_id in wanted if chats.met(chat_id) and counts_per_account(chat_id) is basic]
        for start in range(0, len(known), BATCH):
            seen |= await _look(link, chats, known[start : start + BATCH])
    for sight in seen.values():
        chats.note(sight.chat_id, sight.seen)
    return seen


async def _look(link: Link, chats: Chats, chat_ids: Sequence[int]) -> dict[int, ChatSight]:
    addresses = [await chats.address(chat_id) for chat_id in chat_ids]
    try:
        answer = await link.call(ask_chats(addresses))
    except (TargetGone, UnreadableAnswer) as error:
        if len(chat_ids) == 1:
            seen = "banned" if error.code in _SHUT_OUT else "unknown"
            return {chat_ids[0]: ChatSight(chat_ids[0], seen, can_post=False)}
        half = len(chat_ids) // 2
        return await _look(link, chats, chat_ids[:half]) | await _look(link, chats, chat_ids[half:])
    found = {chat_number(chat): chat for chat in answer.chats}
    return {chat_id: _sight(chat_id, found[chat_id]) for chat_id in chat_ids if chat_id in found}


def _sight(chat_id: int, chat: Any) -> ChatSight:
    seen = seen_in(chat)
    return ChatSight(chat_id, seen, can_post=seen in ("member", "protected") and may_post(chat))
