"""What a person with accounts does first: log in, register a bot, add a pair; and every way that goes wrong."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from project.core.models import AuditEvent
from sessions.models import LoginAttempt, TelegramSession
from tests.integration.doors.conftest import Commands, Loopback, Running, wait_for
from workers.models import Node

PASSWORD = " correct horse\u00a0e\u0301 "  # blanks at the ends, and no composed letters
_numbers = itertools.count(100000)


def phone() -> str:
    return f"+49151{next(_numbers)}1"


def code_for(loopback: Loopback, number: str) -> str:
    return loopback.do(lambda control: control.telegram.login_code(number))


def wrong(code: str) -> str:
    return code[:-1] + str((int(code[-1]) + 1) % 10)


def begin_login(commands: Commands, name: str, number: str) -> Running:
    commands.run("session", "add", name, number)
    login = commands.start("session", "login", name)
    login.heard("Code:")
    return login


@dataclass
class World:
    source: int
    destination: int
    channel: int
    webhook: str
    token: str
    discord_token: str
    discord_bot: int


def build(loopback: Loopback, user: int) -> World:
    bot = loopback.do(lambda c: c.telegram.create_bot("Courier", username=f"courier{user}_bot", dc=4))
    source = loopback.do(lambda c: c.telegram.create_channel("Source", username=f"source{user}", members=[user]))
    to = loopback.do(lambda c: c.telegram.create_channel("Copy", username=f"copy{user}", members=[user]))
    guild = loopback.do(lambda c: c.discord.create_guild("Server"))
    discord_bot = loopback.do(lambda c: c.discord.create_bot("relay"))
    channel = loopback.do(lambda c: c.discord.create_channel(guild, "news"))
    webhook = loopback.do(lambda c: c.discord.create_webhook(channel, "relay"))
    loopback.do(lambda c: c.telegram.join(to, bot.user_id, admin=True))
    return World(source, to, channel, webhook, bot.token, discord_bot.token, discord_bot.id)


def test_from_nothing_to_a_pair(commands: Commands, loopback: Loopback) -> None:
    number = phone()
    user = loopback.do(lambda c: c.telegram.create_user(number, "Ann", PASSWORD, dc=4))  # not where logins begin
    world = build(loopback, user)
    commands.env["DISCORD_BOT_TOKEN"] = world.discord_token

    assert "session add NAME PHONE" in commands.run("session", "list")
    login = begin_login(commands, "ann", number)
    assert "No node is running" in login.text()
    assert "to the Telegram app of this account" in login.text()
    assert "burns" in login.text()
    code = code_for(loopback, number)
    login.answer(code + "9")
    login.heard(f"The code has {len(code)} characters")
    login.answer(wrong(code))
    login.heard("The code is wrong.")
    login.answer(f"{code[:2]} {code[2:]}")
    login.heard("Password:")
    login.answer("wrong horse")
    login.heard("The password is wrong.")
    login.answer(PASSWORD)
    assert login.ended() == 0
    wait_for(lambda: "Session ann is logged in" in login.text(), "the end")
    for secret in (code, PASSWORD, number):
        assert secret not in login.text()
    assert "is logged in already" in commands.run("session", "login", "Ann", code=2)

    commands.start("runnode")
    wait_for(lambda: Node.objects.filter(state="up").exists(), "the node")
    said = commands.run("session", "login", "ann", "--again")
    assert "no code is sent" in said
    assert "works and was kept" in said
    assert "this new login" not in said
    assert "This is not a bot token" in commands.run("sender", "add", answers="12345\n", code=2)
    said = commands.run("sender", "add", answers=world.token + "\n")
    assert f"Sender @courier{user}_bot is ready" in said
    assert world.token not in said
    assert "registered already" in commands.run("sender", "add", answers=world.token + "\n", code=2)
    assert "may post in Copy" in commands.run("sender", "test", f"courier{user}_bot", "--chat", str(world.destination))
    said = commands.run("sender", "test", f"@courier{user}_bot", "--chat", f"@source{user}", code=1)
    assert "may not post in Source" in said

    to = ("--destination", f"@copy{user}", "--sender", f"@courier{user}_bot")
    add = ("pair", "add", "--session", "ann", "--source", f"https://t.me/source{user}", *to)
    assert "is a secret" in commands.run(*add, "--discord", world.webhook, code=2)
    said = commands.run(*add, answers=world.webhook + "\n")
    assert world.webhook.rpartition("/")[2] not in said
    for part in ("ann reads Source", "posts into the pair's channel", "Read Message History", "may post in Copy"):
        assert part in said
    assert "It relays from now on" in said
    assert "exists already" in commands.run(*add, "--discord", str(world.channel), code=2)
    assert "Source  news" in commands.run("pair", "list")
    assert "1/30" in commands.run("session", "list")
    actors = set(AuditEvent.objects.values_list("actor", flat=True))
    assert all(actor.startswith("cli:") for actor in actors)
    _pair_goes_bad(commands, loopback, world, user)


def _pair_goes_bad(commands: Commands, loopback: Loopback, world: World, user: int) -> None:
    """One thing after another is broken; the test of the pair names each."""
    pair = commands.run("pair", "list").splitlines()[-1].split()[0]
    loopback.do(lambda c: c.discord.set_permissions(world.channel, world.discord_bot, ["view", "send"]))
    loopback.do(lambda c: c.discord.delete_webhook(int(world.webhook.split("/")[-2])))
    loopback.do(lambda c: c.telegram.ban(world.source, user))
    said = commands.run("pair", "test", pair, code=1)
    assert "ann cannot read Source" in said
    assert "The webhook does not exist any more" in said
    assert "lacks in the channel: Read Message History" in said
    assert "sees an empty channel" in said
    loopback.do(lambda c: c.discord.set_bot(world.discord_bot, message_content=False))
    assert "Message Content Intent" in commands.run("pair", "test", pair, code=1)
    assert "There is no pair 999999" in commands.run("pair", "test", "999999", code=2)


def test_logins_that_come_to_nothing_say_why(commands: Commands, loopback: Loopback, node: Running) -> None:
    _an_expired_code_ends_the_login(commands, loopback)
    _a_number_without_account_is_refused(commands, loopback)
    _a_login_that_is_left_leaves_nothing_open(commands, loopback)


def _an_expired_code_ends_the_login(commands: Commands, loopback: Loopback) -> None:
    number = phone()
    loopback.do(lambda c: c.telegram.create_user(number, "Bea"))
    login = begin_login(commands, "bea", number)
    code = code_for(loopback, number)
    loopback.do(lambda c: c.telegram.expire_code(number))
    login.answer(code)
    assert login.ended() == 2
    wait_for(lambda: "`python manage.py session login bea` starts a new one" in login.text(), "what to do next")
    assert "The code is not valid any more" in login.text()


def _a_number_without_account_is_refused(commands: Commands, loopback: Loopback) -> None:
    number = phone()
    login = begin_login(commands, "nobody", number)
    login.answer(code_for(loopback, number))
    assert login.ended() == 2
    wait_for(lambda: "No Telegram account exists for this number" in login.text(), "the reason")


def _a_login_that_is_left_leaves_nothing_open(commands: Commands, loopback: Loopback) -> None:
    number = phone()
    loopback.do(lambda c: c.telegram.create_user(number, "Cem"))
    login = begin_login(commands, "cem", number)
    login.process.terminate()
    assert login.ended() == 130
    assert set(LoginAttempt.objects.values_list("step", flat=True)) == {"failed"}
    assert "No answer" in commands.run("session", "login", "cem", code=2)


def test_bad_input_changes_nothing(commands: Commands) -> None:
    for arguments, said in (
        (("session", "add", "../x", "+491511234567"), "1 to 32 letters"),
        (("session", "add", "x", "+1; DROP"), "not a phone number"),
        (("session", "add", "x", "+491511234567", "--priority", "11"), "from 1 to 10"),
        (("session", "add", "x", "+491511234567", "--max-pairs", "0"), "from 1 to 50"),
        (("session", "login", "nobody"), "There is no session named nobody"),
        (("sender", "test", "@nobody"), "There is no sender bot @nobody"),
        (("pair", "add", "--session", "nobody", "--source", "@a", "--destination", "@b"), "no session named nobody"),
    ):
        assert said in commands.run(*arguments, code=2)
    assert not TelegramSession.objects.exists()


def test_one_number_makes_one_session(commands: Commands) -> None:
    commands.run("session", "add", "one", "+49 (151) 123-4567")
    assert "one has this phone number" in commands.run("session", "add", "two", "+491511234567", code=2)
    assert "named ONE exists already" in commands.run("session", "add", "ONE", "+491511234568", code=2)
    said = commands.run("session", "list")
    assert "+491511234567" not in said
    assert said.count("registered") == 1
