"""What the doctor finds, over the loopback platforms."""

from __future__ import annotations

import pytest
from django.db import connection

from pairs.models import Assignment, Pair
from project.core.config import current
from project.core.crypto import new_key, seal
from sessions.models import SenderBot, TelegramSession
from tests.integration.doors.conftest import Commands, Loopback

DEVICE = {"device_model": "Relay test", "system_version": "Linux", "app_version": "1.0"}


@pytest.fixture
def bot(commands: Commands, loopback: Loopback) -> int:
    """A Discord bot whose token the settings hold."""
    made = loopback.do(lambda c: c.discord.create_bot("relay"))
    commands.env["DISCORD_BOT_TOKEN"] = made.token
    return made.id


def add_pair(channel: int) -> TelegramSession:
    session = TelegramSession.objects.create(
        name="ann", phone_sealed=b"", phone_hint="+49•••11", device=DEVICE, lifecycle="active", health="healthy"
    )
    sealed = seal(b"+491511234567", owner=session.account, keys=current().master_keys)
    TelegramSession.objects.filter(pk=session.pk).update(phone_sealed=sealed)
    pair = Pair.objects.create(source_chat=1, discord_channel=channel, discord_title="news", destination_chat=2)
    Assignment.objects.create(pair=pair, session=session)
    return session


def test_a_new_installation_is_told_to_begin(commands: Commands, bot: int) -> None:
    said = commands.run("doctor")
    assert "failed" not in said
    assert "scope=bot&permissions=" in said
    for name in ("View Channels", "Send Messages", "Attach Files", "Read Message History", "Manage Webhooks"):
        assert name in said
    assert said.splitlines()[-1] == "Next: Register a Telegram account: `python manage.py session add NAME PHONE`"


def test_a_bot_on_no_server_is_told_with_its_invitation(commands: Commands, loopback: Loopback) -> None:
    made = loopback.do(lambda c: c.discord.create_bot("alone", guild_ids=[]))
    commands.env["DISCORD_BOT_TOKEN"] = made.token
    said = commands.run("doctor")
    assert "The bot is on no server" in said
    assert "scope=bot&permissions=" in said


def test_nothing_is_asked_while_some_endpoints_are_here_and_others_are_not(
    commands: Commands, loopback: Loopback, bot: int
) -> None:
    """One of them was forgotten: a token of the sandbox would reach the platform, or the other way round."""
    commands.env["BOT_API_URL"] = "https://bots.example.invalid"
    before = loopback.do(lambda c: c.discord.counters()).calls
    said = commands.run("doctor", code=1)
    assert "BOT_API_URL elsewhere" in said
    assert "Discord bot" not in said
    assert loopback.do(lambda c: c.discord.counters()).calls == before


def test_it_leads_from_step_to_step(commands: Commands, bot: int) -> None:
    commands.run("session", "add", "ann", "+491511234567")
    assert "Next: Log the account in: `python manage.py session login ann`" in commands.run("doctor")
    TelegramSession.objects.update(lifecycle="active", health="healthy")
    said = commands.run("doctor")
    assert "sender add" in said.splitlines()[-1]
    assert "1 sealed secret can be opened." in said
    SenderBot.objects.create(
        bot_id=1,
        token_sealed=seal(b"1:x", owner="sender.0", keys=current().master_keys),
        device=DEVICE,
        state="active",
    )
    said = commands.run("doctor", code=1)
    assert "1 of 2 sealed secrets does not open" in said
    SenderBot.objects.update(token_sealed=seal(b"1:x", owner=_sender(), keys=current().master_keys))
    assert "Next: Add a pair: `python manage.py pair add --session ann" in commands.run("doctor")


def _sender() -> str:
    return SenderBot.objects.get().account


def test_missing_rights_and_intents_are_named(commands: Commands, loopback: Loopback, bot: int) -> None:
    guild = loopback.do(lambda c: c.discord.create_guild("Server"))
    loopback.do(lambda c: c.discord.invite_bot(guild, bot))
    channel = loopback.do(lambda c: c.discord.create_channel(guild, "news"))
    add_pair(channel)
    said = commands.run("doctor")
    assert "The bot has what it needs in 1 paired channel." in said
    assert said.splitlines()[-1].startswith("Next: Start it: ")

    loopback.do(lambda c: c.discord.set_permissions(channel, bot, ["view", "history"]))
    loopback.do(lambda c: c.discord.set_bot(bot, message_content=False))
    said = commands.run("doctor", code=1)
    assert "#news: the bot lacks Attach Files, Send Messages." in said
    assert "Message Content Intent is off" in said
    assert "https://discord.com/developers/applications/" in said.splitlines()[-1]

    loopback.do(lambda c: c.discord.delete_channel(channel))
    assert "#news: The channel does not exist any more." in commands.run("doctor", code=1)


def test_a_lost_key_is_found(commands: Commands, bot: int) -> None:
    add_pair(1)
    commands.env["MASTER_KEYS"] = new_key()
    said = commands.run("doctor", code=1)
    assert "The only sealed secret does not open" in said
    assert "Put the key they were sealed with back into MASTER_KEYS" in said


@pytest.mark.sentence("S-100", "S-101")
def test_an_unreachable_telegram_and_discord_are_found(commands: Commands, bot: int) -> None:
    commands.env |= {"TELEGRAM_DC": "2:127.0.0.1:1", "DISCORD_API_URL": "http://127.0.0.1:1/api/v10"}
    said = commands.run("doctor", code=1)
    assert "127.0.0.1:1 cannot be reached (Connection refused)" in said
    assert "Discord is not reachable" in said


def test_tables_that_are_behind_are_found(commands: Commands, bot: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'workers' RETURNING app, name, applied")
        rows = cursor.fetchall()
    try:
        assert "`python manage.py migrate`" in commands.run("doctor", code=1)
        assert "not up to date. Run `python manage.py migrate`" in commands.run("session", "list", code=2)
    finally:
        with connection.cursor() as cursor:
            cursor.executemany("INSERT INTO django_migrations (app, name, applied) VALUES (%s, %s, %s)", rows)


def test_the_admin_bot_and_its_operators_are_looked_at(commands: Commands, loopback: Loopback, bot: int) -> None:
    assert "ADMIN_BOT_TOKEN is not set" in commands.run("doctor")
    commands.env["ADMIN_BOT_TOKEN"] = "1234567:" + "A" * 35
    said = commands.run("doctor", code=1)
    assert "ADMIN_BOT_TOKEN: Telegram does not accept this token." in said
    assert "AAAAA" not in said
    made = loopback.do(lambda c: c.telegram.create_bot("relay admin", username="doctors_admin_bot"))
    commands.env["ADMIN_BOT_TOKEN"] = made.token
    said = commands.run("doctor")
    assert "@doctors_admin_bot." in said
    assert "https://t.me/doctors_admin_bot?start=claim_" in said
    commands.env["ADMIN_USER_IDS"] = "777"
    said = commands.run("doctor")
    assert "claim_" not in said
    assert "1 may command the bot, 1 of them as owner." in said
    assert "The bot cannot write to 777" in said
    assert made.token not in said
