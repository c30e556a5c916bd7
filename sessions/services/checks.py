"""Whether an account can do its work, asked through its live connection."""

from __future__ import annotations

from collections.abc import Iterator

from project.core.checks import Check, failed, ok, warning
from project.core.clock import database_now
from project.core.errors import RelayError
from project.telegram.values import ChatInfo
from sessions.models import SenderBot
from sessions.services.lookups import look_up_chat, look_up_self

RIGHTS = "Make it a member there and, in a channel, an administrator who may post messages."


def check_sender(sender: SenderBot, chat: str = "") -> Iterator[Check]:
    """Does the bot answer, and may it post in `chat` (if one is given)? Nothing is posted."""
    try:
        info = look_up_self(sender.account)
    except RelayError as error:
        yield failed("sender", error.message, error.hint)
        return
    yield ok("sender", f"@{info.username} answers.")
    if sender.flood_until is not None and sender.flood_until > database_now():
        yield warning("limits", f"Telegram asks it to wait until {sender.flood_until:%H:%M:%S} UTC.")
    if chat:
        yield check_posting(sender.account, str(sender), chat)


def check_posting(account: str, name: str, chat: str) -> Check:
    """May the account post in the chat?"""
    try:
        found: ChatInfo = look_up_chat(account, chat)
    except RelayError as error:
        return failed("destination", f"{name}: {error.message}", error.hint or RIGHTS)
    if not found.can_post:
        return failed("destination", f"{name} may not post in {found.title}.", RIGHTS)
    return ok("destination", f"{name} may post in {found.title}.")
