"""/authenticate, typed and pressed in the bot's chat, with the session's own worker behind it."""

from __future__ import annotations

import pytest

from project.core.operators import Role
from project.core.secret import Secret
from project.core.whitelist import add_operator
from sessions.bot.picture import qr_png
from sessions.models import TelegramSession
from sessions.services.finding import find_session
from sessions.services.login import login_state
from sessions.services.registering import register_session
from tests.acceptance.rig import ACTOR, Account, Talker, World

PASSWORD = "correct horse"


async def registered(world: World, **options: str) -> Account:
    account = await world.account("login", **options)
    await world.orm(register_session, actor=ACTOR, name=account.name, phone=account.phone)
    return account


async def code_of(world: World, account: Account) -> str:
    async with world.control() as control:
        return await control.telegram.login_code(account.phone)


async def presses(operator: Talker, digits: str) -> None:
    for number, digit in enumerate(digits, start=1):
        await operator.press(digit)
        await operator.sees("Code: " + " ".join(["●"] * number + ["○"] * (5 - number)))


async def scans(world: World, operator: Talker, account: Account, phone: Account | None = None) -> None:
    """A phone, of the account unless told otherwise, scans the picture in the operator's chat."""

    def link() -> Secret | None:
        state = login_state(find_session(account.name).account)
        return state.link if state is not None else None

    async def shown() -> Secret | None:
        said = await world.orm(link)
        pictures = [one.photo for one in await operator.chat() if one.photo]
        return said if said is not None and qr_png(said) in pictures else None

    said = await world.until(shown, "the QR code in the chat")
    assert said is not None
    async with world.control() as control:
        await control.telegram.scan_qr((phone or account).user_id, said.reveal())


@pytest.mark.sentence("S-25", "S-26", "S-27", "S-92")
async def test_a_code_is_pressed_and_a_password_typed(world: World) -> None:
    account = await registered(world, password=PASSWORD)
    operator = await world.operator(Role.OPERATOR)
    await operator.says(f"/authenticate {account.name}")
    shown = await operator.sees("how do you want to log it in?")
    assert account.phone not in shown.text
    await operator.press("🔢 Code")
    await operator.sees("to the Telegram app of this account")
    code = await code_of(world, account)
    wrong = code[:-1] + str((int(code[-1]) + 1) % 10)
    await operator.says("x".join(wrong))
    await operator.sees("The code is wrong")
    await operator.press("Another by SMS")
    await operator.sees("s at the earliest")
    await presses(operator, code[:4])
    await operator.press("Send")
    await operator.sees("The code has 5 characters")
    await operator.press("⌫")
    await operator.sees("Code: ● ● ● ○ ○")
    await operator.says(f"/authenticate {account.name}")  # as after a restart: back to where it was
    await operator.sees("Code: ● ● ● ○ ○")
    for digit in code[3:]:
        await operator.press(digit)
    await operator.sees("Code: ● ● ● ● ●")
    await operator.press("Send")
    await operator.sees("has a password")
    await operator.says("wrong horse")
    await operator.sees("The password is wrong")
    await operator.says(PASSWORD)
    await operator.sees(f"is logged in (Telegram account {account.user_id})")
    left = "\n".join(await operator.own_messages())
    written = "".join(map(world.processes.log, ("bot", "node", "control")))
    for secret in (PASSWORD, "wrong horse", "x".join(wrong), account.phone):
        assert secret not in left
        assert secret not in written
    assert code not in written


@pytest.mark.sentence("S-28", "S-29")
async def test_a_code_in_the_command_works_unless_its_own_account_typed_it(world: World) -> None:
    account = await registered(world)
    operator = await world.operator(Role.OPERATOR)
    await operator.says(f"/authenticate {account.name} 12345")
    await operator.sees("No code is asked for just now; your message was deleted")
    await operator.press("🔢 Code")
    await operator.sees("Code: ○")
    command = f"/authenticate {account.name} {await code_of(world, account)}"
    await operator.says(command)
    await operator.sees("is logged in")
    assert command not in await operator.own_messages()

    own = await registered(world)
    await world.orm(add_operator, actor=ACTOR, user_id=own.user_id, role=Role.OPERATOR, name="")
    talker = Talker(world, own.user_id)
    await talker.says(f"/authenticate {own.name}")
    await talker.press("🔢 Code")
    await talker.sees("Code: ○")
    await talker.says(f"/authenticate {own.name} {await code_of(world, own)}")
    shown = await talker.sees("That code burnt")
    assert "1a2b3c4d5" in shown.text
    await talker.press("🔢 Code")
    await talker.sees("Code: ○")
    await talker.says(f"/authenticate {own.name} {'a'.join(await code_of(world, own))}")
    await talker.sees("is logged in")


@pytest.mark.sentence("S-104")
async def test_an_ended_login_is_renewed_in_place_by_qr_code(world: World) -> None:
    session = await world.session("renewed")
    route = await world.pair(session)
    await world.post(route, "one")
    await world.arrives(route, "one")
    async with world.control() as control:
        await control.telegram.revoke(session.user_id)
    expired = TelegramSession.objects.filter(name=session.name, health="expired")
    await world.until_row(expired.exists, "the end of the login to be noticed")
    await world.post(route, "two")

    operator = await world.operator(Role.OPERATOR)
    await operator.says(f"/authenticate {session.name}")
    await operator.press("📷 QR code")
    await operator.sees("Link Desktop Device and scan this")
    await scans(world, operator, session)
    await operator.sees("is logged in")
    await world.arrives(route, "two")
    assert await world.at_destination(route) == ["one", "two"]

    other = await registered(world)
    await operator.says(f"/authenticate {other.name}")
    await operator.press("📷 QR code")
    await scans(world, operator, other, phone=session)
    await operator.sees("than the one of the registered phone number. It was logged out again.")
    await operator.press("🔢 Code")
    await operator.sees("Code: ○")
    await operator.press("Cancel")
    await operator.sees("was cancelled")
