"""/start, /help, /whoami, /cancel and whatever is no command."""

from __future__ import annotations

from tests.integration.bot.conftest import OWNER, VIEWER, People
from tests.integration.bot.fakes import FakeTelegram


async def test_whoami_tells_id_and_role(person: People) -> None:
    viewer = person(VIEWER)
    await viewer.says("/whoami")
    assert "viewer" in await viewer.sees()
    assert "<code>9</code>" in await viewer.sees()
    owner = person(OWNER)
    await owner.says("/whoami")
    assert "ADMIN_USER_IDS" in await owner.sees()


async def test_help_shows_sections_and_single_pages(person: People) -> None:
    owner = person(OWNER)
    await owner.says("/help")
    assert "<b>Basics</b>" in await owner.sees()
    assert "/whoami – " in await owner.sees()
    await owner.says("/help /help")
    assert "<code>/help [command]</code>" in await owner.sees()
    await owner.says("/help whoam")
    assert "/whoami" in await owner.sees()


async def test_an_unknown_command_suggests_the_nearest(person: People) -> None:
    owner = person(OWNER)
    await owner.says("/whoamy")
    assert "<code>/whoami</code>" in await owner.sees()
    await owner.says("hello")
    assert "/help" in await owner.sees()


async def test_start_has_exactly_one_button_and_presses_edit_the_message(
    person: People, telegram: FakeTelegram
) -> None:
    owner = person(OWNER)
    await owner.says("/start")
    message_id, shown = telegram.last(OWNER)
    buttons = [one for row in shown["reply_markup"]["inline_keyboard"] for one in row]
    assert len(buttons) == 1
    await owner.press(buttons[0]["text"])
    assert telegram.last(OWNER)[0] == message_id
    assert len(telegram.texts(OWNER)) == 1
    assert len(telegram.named("AnswerCallbackQuery")) == 1


async def test_the_menu_follows_the_role(person: People, telegram: FakeTelegram) -> None:
    await person(VIEWER).says("/whoami")
    await person(VIEWER).says("/whoami")
    menus = telegram.named("SetMyCommands")
    assert len(menus) == 1
    assert "whoami" in [command.command for command in menus[0].commands]
