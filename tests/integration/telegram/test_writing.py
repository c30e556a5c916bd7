"""Posting exactly once, editing, deleting, and the platform's refusals."""

from __future__ import annotations

import asyncio

import pytest

from project.core.errors import AccountDead, Ambiguous, Refused, RetryLater, TargetGone, Unreachable
from project.core.message import Node, Style
from project.sandbox.faults import FaultRule, Phase
from project.sandbox.telegram.settings import DuplicateAnswer
from project.telegram.account import Sent

from .conftest import Probe, Telegram, until, words

WHO = pytest.mark.parametrize("who", ["user", "bot"])
SEND = "messages.sendMessage"


async def _sender(telegram: Telegram, who: str) -> tuple[Probe, int]:
    probe = await (telegram.user() if who == "user" else telegram.bot())
    return probe, await telegram.channel(probe)


@WHO
async def test_a_text_is_posted_with_styles_and_reply(telegram: Telegram, who: str) -> None:
    probe, channel = await _sender(telegram, who)
    first = await probe.account.send_text(channel, words("first"), random_id=1)
    styled = (Node(Style.TEXT, "see "), Node(Style.BOLD, children=(Node(Style.TEXT, "this"),)))

    second = await probe.account.send_text(channel, styled, random_id=2, reply_to=first.message_id)

    stored = telegram.world.messages(channel)
    assert [m.text for m in stored] == ["first", "see this"]
    assert [(e.kind, e.offset, e.length) for e in stored[1].entities] == [("bold", 4, 4)]
    assert stored[1].reply_to == first.message_id
    assert stored[1].id == second.message_id


@WHO
@pytest.mark.parametrize("answer", list(DuplicateAnswer))
async def test_a_repeat_posts_nothing_and_finds_the_id(telegram: Telegram, who: str, answer: DuplicateAnswer) -> None:
    telegram.rules(duplicate_answer=answer)
    probe, channel = await _sender(telegram, who)
    before = await probe.account.send_text(channel, words("before"), random_id=5)
    assert before.message_id is not None
    random_id = 0xFFFF_0000_0000_0001  # as an unsigned hash gives it
    first = await probe.account.send_text(channel, words("only once"), random_id=random_id)

    again = await probe.account.send_text(channel, words("only once"), random_id=random_id, after_id=before.message_id)

    assert again == first
    assert telegram.texts(channel) == ["before", "only once"]


@WHO
async def test_a_lost_answer_is_ambiguous_and_its_repeat_safe(telegram: Telegram, who: str) -> None:
    probe, channel = await _sender(telegram, who)
    telegram.world.faults.add(FaultRule(SEND, Phase.DROP))
    with pytest.raises(Ambiguous):
        await probe.account.send_text(channel, words("once"), random_id=7)
    await until(lambda: probe.gaps() == 2)

    again = await probe.account.send_text(channel, words("once"), random_id=7)

    (stored,) = telegram.world.messages(channel)
    assert again == Sent(stored.id)


async def test_a_repeat_whose_message_is_gone_is_still_sent(telegram: Telegram) -> None:
    probe, channel = await _sender(telegram, "user")
    sent = await probe.account.send_text(channel, words("short-lived"), random_id=8)
    assert sent.message_id is not None
    telegram.world.delete(channel, [sent.message_id])
    assert await probe.account.send_text(channel, words("short-lived"), random_id=8) == Sent(None)


@WHO
async def test_edit_and_delete_reach_the_chat(telegram: Telegram, who: str) -> None:
    probe, channel = await _sender(telegram, who)
    sent = await probe.account.send_text(channel, words("draft"), random_id=1)
    assert sent.message_id is not None
    await probe.account.edit(channel, sent.message_id, words("final"))
    await probe.account.edit(channel, sent.message_id, words("final"))  # unchanged is no error
    assert telegram.texts(channel) == ["final"]

    assert await probe.account.delete(channel, [sent.message_id]) == 1
    assert await probe.account.delete(channel, [sent.message_id]) == 0  # already gone is no error
    assert telegram.texts(channel) == []


@pytest.mark.parametrize("error", ["FLOOD_WAIT_17", "FLOOD_PREMIUM_WAIT_17"])
async def test_a_flood_wait_is_told_with_its_seconds_and_not_slept(telegram: Telegram, error: str) -> None:
    probe, channel = await _sender(telegram, "user")
    telegram.world.faults.add(FaultRule(SEND, code=420, error=error))
    with pytest.raises(RetryLater) as caught:
        await probe.account.send_text(channel, words("later"), random_id=1)
    assert (caught.value.retry_after, caught.value.scope) == (17, f"session.1:SendMessage:tg:{channel}")
    other = await telegram.channel(probe, title="Other")
    await probe.account.send_text(other, words("at once"), random_id=2)
    assert (telegram.texts(channel), telegram.texts(other)) == ([], ["at once"])


async def test_nothing_is_asked_before_its_wait_is_over(telegram: Telegram) -> None:
    probe, channel = await _sender(telegram, "user")
    telegram.world.faults.add(FaultRule(SEND, code=420, error="FLOOD_WAIT_1"))
    calls = telegram.world.counters().calls[str(await telegram.id_of(probe))]
    for _ in range(3):
        with pytest.raises(RetryLater) as caught:
            await probe.account.send_text(channel, words("patience"), random_id=1)
    assert telegram.world.counters().calls[str(await telegram.id_of(probe))][SEND] == calls.get(SEND, 0) + 1
    await asyncio.sleep(caught.value.retry_after)
    await probe.account.send_text(channel, words("patience"), random_id=1)
    assert telegram.texts(channel) == ["patience"]


async def test_two_floods_at_once_stop_the_method_in_every_chat(telegram: Telegram) -> None:
    probe, channel = await _sender(telegram, "user")
    others = [await telegram.channel(probe, title=f"Other {number}") for number in range(2)]
    telegram.world.faults.add(FaultRule(SEND, code=420, error="FLOOD_WAIT_30", count=2))
    for chat in (channel, *others):
        with pytest.raises(RetryLater) as caught:
            await probe.account.send_text(chat, words("x"), random_id=chat)
    assert caught.value.scope == "session.1:SendMessage"
    assert telegram.world.faults.armed == 0
    assert [telegram.texts(chat) for chat in others] == [[], []]


async def test_slow_mode_waits_for_the_chat_alone(telegram: Telegram) -> None:
    probe, channel = await _sender(telegram, "user")
    telegram.world.faults.add(FaultRule(SEND, code=420, error="SLOWMODE_WAIT_30"))
    with pytest.raises(RetryLater) as caught:
        await probe.account.send_text(channel, words("later"), random_id=1)
    assert (caught.value.retry_after, caught.value.scope) == (30, f"session.1:tg:{channel}")


@pytest.mark.parametrize(
    ("code", "error", "expected"),
    [
        (403, "CHAT_WRITE_FORBIDDEN", TargetGone),
        (400, "CHAT_ADMIN_REQUIRED", TargetGone),
        (400, "MESSAGE_TOO_LONG", Refused),
        (406, "SOME_NEW_ERROR", TargetGone),
        (401, "SOME_NEW_ERROR", TargetGone),
        (500, "RPC_CALL_FAIL", Ambiguous),
        (-503, "Timeout", Ambiguous),
    ],
)
async def test_errors_are_judged_by_their_exact_name(
    telegram: Telegram, code: int, error: str, expected: type[Exception]
) -> None:
    probe, channel = await _sender(telegram, "user")
    telegram.world.faults.add(FaultRule(SEND, code=code, error=error))
    with pytest.raises(expected) as caught:
        await probe.account.send_text(channel, words("no"), random_id=1)
    assert getattr(caught.value, "code", "") == error
    assert not isinstance(caught.value, AccountDead)
    assert (await probe.account.me()).user_id


async def test_a_failing_question_is_safe_to_repeat(telegram: Telegram) -> None:
    probe, channel = await _sender(telegram, "user")
    telegram.world.faults.add(FaultRule("channels.getMessages", code=500, error="RPC_CALL_FAIL"))
    with pytest.raises(Unreachable):
        await probe.account.fetch(channel, [1])


async def test_a_member_without_the_right_cannot_post(telegram: Telegram) -> None:
    probe = await telegram.user()
    channel = await telegram.channel(probe, admin=False)
    with pytest.raises(TargetGone):
        await probe.account.send_text(channel, words("may I?"), random_id=1)
