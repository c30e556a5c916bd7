"""What a look at a basic group says of the account's place there."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from telethon.tl import types

from project.telegram.chats import chat_info, seen_in


def group(**more: Any) -> Any:
    return types.Chat(42, "Friends", types.ChatPhotoEmpty(), 3, datetime(2026, 1, 1, tzinfo=UTC), 1, **more)


@pytest.mark.parametrize(
    ("chat", "seen"),
    [
        (group(), "member"),
        (group(noforwards=True), "protected"),
        (group(left=True), "unknown"),
        (group(deactivated=True), "banned"),
        (group(deactivated=True, migrated_to=types.InputChannel(77, 1)), "member"),
        (types.ChatForbidden(42, "Friends"), "banned"),
        (types.ChatEmpty(42), "banned"),
    ],
)
def test_what_is_seen_of_a_basic_group(chat: Any, seen: str) -> None:
    assert seen_in(chat) == seen


def test_a_basic_group_goes_by_its_negative_id_and_is_never_posted_in() -> None:
    info = chat_info(group(creator=True, migrated_to=types.InputChannel(77, 1)), 9)
    assert (info.chat_id, info.can_post, info.top_message_id, info.moved_to) == (-42, False, 9, 77)
