"""Where Telegram sent a login code, in words (https://core.telegram.org/type/auth.SentCodeType)."""

from __future__ import annotations

NEEDS_EMAIL = "email_setup"  # Telegram sends no code before the account has an e-mail address
_WHERE = {
    "app": "Telegram sent a code to the Telegram app of this account: look for a message from “Telegram”.",
    "sms": "Telegram sent a code by SMS.",
    "call": "Telegram calls the phone and reads out a code.",
    "flash_call": "Telegram calls the phone and hangs up: the code is in the number that called.",
    "missed_call": "Telegram calls the phone and hangs up: the code is the last digits of the number that called.",
    "email": "Telegram sent a code to the account's e-mail address.",
    "fragment": "Telegram sent a code to fragment.com, where this number was bought.",
    "word": "Telegram sent a secret word by SMS; type the word.",
    "phrase": "Telegram sent a phrase by SMS; type the whole phrase.",
    "firebase": "Telegram sent a code by SMS.",
    NEEDS_EMAIL: "Telegram wants an e-mail address for this account first: set it in an official app.",
}
_ELSEWHERE = "Telegram sent a code (it does not say where: look into the Telegram app, SMS and e-mail)."
_WAYS = {
    "sms": "by SMS",
    "call": "by a call",
    "flash_call": "by a call that hangs up",
    "missed_call": "by a missed call",
    "fragment": "on fragment.com",
}


def where(delivery: str) -> str:
    """A sentence that says where the code went."""
    return _WHERE.get(delivery, _ELSEWHERE)


def way(delivery: str) -> str:
    """ "by SMS": how another code would come."""
    return _WAYS.get(delivery, "another way")
