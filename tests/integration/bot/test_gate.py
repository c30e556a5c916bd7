"""Rows 5, 6, 8 and 22 of the security checklist: who is heard, how often, and what a confirmation is bound to."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from project.bot.commands.cancel import CANCEL
from project.botkit import throttle
from project.botkit.bot import AdminBot
from project.botkit.catalogue import Catalogue, assemble
from project.botkit.parts import Call, Command, Confirmed, Dialogue, Reply, Room
from project.core.models import AuditEvent, Operator
from project.core.operators import Role
from tests.integration.bot.conftest import OPERATOR, OWNER, STRANGER, VIEWER
from tests.integration.bot.fakes import FakeTelegram, Person, admin_bot, in_db

GROUP = {"id": -100500, "type": "supergroup", "title": "g"}
FORWARD = {"type": "hidden_user", "date": 1, "sender_user_name": "x"}


class Bomb:
    """A command that asks first, and counts how often it was done."""

    def __init__(self) -> None:
        self.done: list[tuple[str, ...]] = []
        self.asked = 0
        self.secrets: list[str] = []

    def catalogue(self) -> Catalogue:
        command = Command("bomb", "<what>", "asks", Role.OPERATOR, "Test", self._ask)
        dialogue = Command("tell", "", "opens a dialogue", Role.OPERATOR, "Test", self._open)
        keys = Command("unlock", "<key>", "takes a secret", Role.OPERATOR, "Test", self._unlock, secret=True)
        broken = Command("broken", "", "fails", Role.VIEWER, "Test", self._fail)
        return assemble(
            [
                Room(
                    commands=(command, dialogue, keys, broken, CANCEL),
                    presses=(Confirmed("bang", Role.OPERATOR, self._bang),),
                    dialogues=(Dialogue("secret", Role.OPERATOR, self._hear, secret=True),),
                )
            ]
        )

    async def _ask(self, call: Call) -> None:
        self.asked += 1
        await call.confirm(Reply("sure?"), act="bang", args=(call.text, "x" * 200))

    async def _bang(self, call: Call) -> None:
        self.done.append(call.words)
        await call.reply(Reply("bang"))

    async def _unlock(self, call: Call) -> None:
        await call.remove()
        self.secrets.append(call.text)

    async def _open(self, call: Call) -> None:
        await call.reply(Reply("your password?"))
        await call.ask("secret", session="s1")

    async def _hear(self, call: Call) -> None:
        assert call.data == {"session": "s1"}
        self.secrets.append(call.text)
        await call.finish()
        await call.reply(Reply("thanks"))

    async def _fail(self, call: Call) -> None:
        raise ZeroDivisionError("hunter2")


@pytest.fixture
def bomb() -> Bomb:
    return Bomb()


@pytest.fixture
def admin(whitelist: None, telegram: FakeTelegram, bomb: Bomb) -> Any:
    return admin_bot(bomb.catalogue(), telegram)


@pytest.fixture
def people(admin: AdminBot, telegram: FakeTelegram) -> Any:
    return lambda user_id: Person(admin, telegram, user_id)


def ignored() -> dict[str, list[int]]:
    return {row.reason: row.after["users"] for row in AuditEvent.objects.filter(action="bot.ignored") if row.after}


async def test_nobody_else_is_answered_and_it_is_audited_once(people: Any, telegram: FakeTelegram, bomb: Bomb) -> None:
    stranger, operator = people(STRANGER), people(OPERATOR)
    for _ in range(5):
        await stranger.says("/bomb x")
    await operator.says("/bomb x", chat=GROUP)
    await operator.says("/bomb x", forward_origin=FORWARD)
    await operator.says("/bomb x", edited=True)
    await operator.says("/bomb x", chat=GROUP, sender_chat=GROUP)
    await operator.says("/bomb x", via_bot={"id": 5, "is_bot": True, "first_name": "b"})
    assert telegram.calls == []
    assert bomb.asked == 0
    assert await in_db(ignored) == {
        "stranger": [STRANGER],
        "operator outside the private chat": [OPERATOR],
        "forwarded command": [OPERATOR],
        "edited message": [OPERATOR],
        "not a person's message": [0],
        "command by another bot": [OPERATOR],
    }
    assert await in_db(AuditEvent.objects.filter(reason="stranger").count) == 1


async def test_roles_are_checked_at_commands_and_presses(people: Any, telegram: FakeTelegram, bomb: Bomb) -> None:
    viewer, operator = people(VIEWER), people(OPERATOR)
    await viewer.says("/bomb x")
    assert "needs operator" in await viewer.sees()
    assert bomb.asked == 0
    await operator.says("/bomb x")
    data = telegram.last(OPERATOR)[1]["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
    await viewer.press_data(data, message=1, chat=VIEWER)
    await people(OWNER).press_data(data, message=1, chat=OWNER)
    await viewer.press_data("bang", message=2, chat=VIEWER)
    assert bomb.done == []
    assert "not yours" in "".join(telegram.texts(OWNER))


async def test_a_confirmation_is_good_once_for_the_same_arguments(
    people: Any, telegram: FakeTelegram, bomb: Bomb
) -> None:
    operator = people(OPERATOR)
    await operator.says("/bomb first")
    data = telegram.last(OPERATOR)[1]["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
    await asyncio.gather(*(operator.press_data(data, message=1, chat=OPERATOR) for _ in range(3)))
    assert bomb.done == [("first", "x" * 200)]
    await operator.says("/bomb second")
    await operator.press("Cancel")
    assert "Nothing was changed" in await operator.sees()
    assert len(bomb.done) == 1


async def test_quick_presses_leave_the_result_and_its_undo(people: Any, telegram: FakeTelegram, bomb: Bomb) -> None:
    """Three presses on [Confirm] before the first is through: the message ends as the act left it."""
    operator = people(OPERATOR)
    await operator.says("/bomb thrice")
    message, shown = telegram.last(OPERATOR)
    data = shown["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
    await asyncio.gather(*(operator.press_data(data, message=message, chat=OPERATOR) for _ in range(3)))
    await operator.press_data(data, message=message, chat=OPERATOR)
    assert bomb.done == [("thrice", "x" * 200)]
    assert telegram.texts(OPERATOR) == ["bang"]


async def test_a_question_that_is_gone_never_overwrites_what_the_message_shows(
    people: Any, telegram: FakeTelegram, bomb: Bomb
) -> None:
    """A press that was on its way while the bot restarted: it knows the token no more, and the message is a result."""
    operator = people(OPERATOR)
    await operator.says("/bomb once")
    await operator.press("Confirm")
    message = telegram.last(OPERATOR)[0]
    await operator.press_data("!forgotten", message=message, chat=OPERATOR)
    assert telegram.messages[message]["text"] == "bang"
    assert "no longer open" in await operator.sees()


async def test_what_asks_first_cannot_be_pressed_without_being_asked(people: Any, bomb: Bomb) -> None:
    operator = people(OPERATOR)
    await operator.says("/bomb x")
    await operator.press_data("bang|forged", message=1, chat=OPERATOR)
    assert bomb.done == []


async def test_cancel_voids_what_waits(people: Any, telegram: FakeTelegram, bomb: Bomb) -> None:
    operator = people(OPERATOR)
    await operator.says("/bomb x")
    asked = telegram.last(OPERATOR)
    data = asked[1]["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
    await operator.says("/cancel")
    assert "not waiting" in await operator.sees()
    await operator.press_data(data, message=asked[0], chat=OPERATOR)
    assert bomb.done == []


async def test_a_confirmation_ends_with_its_minute(
    people: Any, admin: AdminBot, telegram: FakeTelegram, bomb: Bomb
) -> None:
    now = 1000.0
    admin.desk.clock = lambda: now
    operator = people(OPERATOR)
    await operator.says("/bomb late")
    now += 60
    await operator.press("Confirm")
    assert bomb.done == []
    assert "60 seconds" in await operator.sees()


async def test_who_is_removed_loses_access_and_confirmations(people: Any, telegram: FakeTelegram, bomb: Bomb) -> None:
    operator = people(OPERATOR)
    await operator.says("/bomb x")
    await in_db(Operator.objects.filter(user_id=OPERATOR).delete)
    await operator.press("Confirm")
    assert bomb.done == []
    assert len(telegram.texts(OPERATOR)) == 1
    assert len(telegram.named("DeleteMyCommands")) == 1
    await in_db(Operator.objects.create, user_id=OPERATOR, role="operator")
    await operator.press("Confirm")
    assert bomb.done == []


async def test_removed_and_added_again_in_between_confirms_nothing(people: Any, bomb: Bomb) -> None:
    operator = people(OPERATOR)
    await operator.says("/bomb x")
    await in_db(Operator.objects.filter(user_id=OPERATOR).delete)
    await in_db(Operator.objects.create, user_id=OPERATOR, role="operator")
    await operator.press("Confirm")
    assert bomb.done == []


async def test_a_hundred_commands_are_throttled_with_one_answer(
    people: Any, telegram: FakeTelegram, bomb: Bomb
) -> None:
    operator = people(OPERATOR)
    for number in range(100):
        await operator.says(f"/bomb {number}")
    assert bomb.asked == throttle.MOST
    assert sum("Slow down" in text for text in telegram.texts(OPERATOR)) == 1


async def test_answers_to_a_secret_dialogue_are_deleted_first(people: Any, telegram: FakeTelegram, bomb: Bomb) -> None:
    operator = people(OPERATOR)
    await operator.says("/tell")
    own = await operator.says("hunter2 and more")
    assert bomb.secrets == ["hunter2 and more"]
    assert [call.message_id for call in telegram.named("DeleteMessage")] == [own]
    assert telegram.texts(OPERATOR) == ["thanks"]  # in the same message


def deleted(telegram: FakeTelegram) -> list[int]:
    return [call.message_id for call in telegram.named("DeleteMessage")]  # type: ignore[attr-defined]


async def test_secrets_in_refused_mistyped_and_unheard_messages_are_deleted(
    people: Any, telegram: FakeTelegram
) -> None:
    operator, viewer = people(OPERATOR), people(VIEWER)
    token = "here it is: 123456789:" + "A" * 35
    gone = [
        await viewer.says("/unlock 12345"),
        await operator.says("/unlok 12345"),
        await operator.says("/unlock 12345"),
        await operator.says("/unlock 12345", forward_origin=FORWARD),
        await operator.says("/unlock 12345", edited=True),
        await operator.says(token),
        await operator.says(f"/bomb {token}"),
    ]
    assert deleted(telegram) == gone, "each once"
    assert "needs operator" in await viewer.sees()
    assert "Your message was deleted" in await viewer.sees()
    assert "12345" not in "".join([*telegram.texts(OPERATOR), *telegram.texts(VIEWER)])
    for text in ("/bomb 12345", "/bombe 12345", "12345", "/unlock"):
        await viewer.says(text)
    assert deleted(telegram) == gone


async def test_a_secret_that_is_one_too_many_is_deleted_but_never_a_strangers(
    people: Any, telegram: FakeTelegram, bomb: Bomb
) -> None:
    operator, stranger = people(OPERATOR), people(STRANGER)
    await operator.says("/tell")  # now a password is asked for
    for _ in range(throttle.MOST + 5):
        await operator.says("/bomb x")
        await stranger.says("/unlock 12345")
    assert deleted(telegram) == []
    gone = [await operator.says("/unlock 12345"), await operator.says("hunter2")]
    assert deleted(telegram) == gone
    assert bomb.secrets == []
    assert sum("Slow down" in text for text in telegram.texts(OPERATOR)) == 1


async def test_an_unforeseen_error_is_a_sentence_with_an_id(people: Any) -> None:
    operator = people(OPERATOR)
    await operator.says("/broken")
    said = await operator.sees()
    assert "not your fault" in said
    assert "hunter2" not in said
    assert "ZeroDivision" not in said
