"""Which messages may hold a secret, also when the command is mistyped; and which surely do not."""

from __future__ import annotations

import pytest

from project.bot.rooms import CATALOGUE
from project.botkit.typed import Named, command_in, may_hold_secret

SECRETS = {command.name for command in CATALOGUE.commands.values() if command.secret}
OTHERS = set(CATALOGUE.commands) - SECRETS
BOT_TOKEN = "123456789:AAEhBP0av28wL3oY0-abcdefghijklmnopq"
DISCORD_TOKEN = "MTIzNDU2Nzg5MDEyMzQ1Njc4." + "GabcDE." + "a" * 38


def secret(text: str) -> bool:
    return may_hold_secret(text, secrets=SECRETS, others=OTHERS)


@pytest.mark.parametrize(
    "text",
    [
        f"here it is: {BOT_TOKEN}",
        DISCORD_TOKEN,
        f"/pairs {BOT_TOKEN}",
        "https://discord.com/api/webhooks/123456789012345678/" + "t" * 68,
        "/authenticate name 12345",
        "/authentcate name 12345",
        "/Authenticate@relay_bot name 12345",
        "/auth name 12345",
        "/ authenticate name 12345",
        "authenticate name 12345",
        "\\authenticate name 12345",
        "/authenticate12345",
        "/authenticate:12345",
        "/authenticate\n12345",
        "/uthenticate name 1a2b3c",
        "/login name 12345",
        "/code 12345",
        "/passwrd hunter2",
        "/updatebottoken wrong arguments",
        "/updatebotoken @b x",
        "/updatetoken @b x",
        "/addbott x",
        "/editsesion a proxy=socks5://h:1",
    ],
)
def test_what_may_hold_a_secret(text: str) -> None:
    assert secret(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/",
        "//",
        "/authenticate",
        "/authentcate",
        "/addbot",
        "hello there",
        "12345",
        "login works now",
        "https://t.me/news/123",
        "https://discord.com/channels/123456789012345678/123456789012345678/123456789012345678",
        "my phone is +4915112345678",
        "/pairs news paused",
        "/pairz news",
        "/deletsession a",
        "/disablesesion a",
        "/removebott @b",
        "/changesesion b 1,2,3",
        "/sessionstats a",
        "/whoam i",
    ],
)
def test_what_surely_holds_none(text: str) -> None:
    assert not secret(text)


@pytest.mark.parametrize("name", sorted(OTHERS))
def test_no_other_command_is_taken_for_a_secret_one(name: str) -> None:
    assert not secret(f"/{name} something")


def test_commands_are_found_whatever_the_case() -> None:
    assert command_in("/Pairs@Relay_bot  a b ") == Named("pairs", "Relay_bot", "a b")
    assert command_in("/pairs") == Named("pairs", "", "")
    assert command_in("pairs") is None
    assert command_in("/pairs-x") is None
