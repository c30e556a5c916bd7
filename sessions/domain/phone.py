"""Phone numbers: E.164 form (https://www.itu.int/rec/T-REC-E.164: at most 15 digits), and how they are shown."""

from __future__ import annotations

import re

import phonenumbers

from project.core.errors import InvalidInput

_E164 = re.compile(r"\+[0-9]{7,15}")
_LONGEST = 40  # characters that are looked at

PROBLEM = "This is not a phone number: write + and 7 to 15 digits."


def parse_phone(text: str) -> str:
    """`+` and 7 to 15 digits; spaces, dashes and brackets are taken out first. Raises InvalidInput."""
    phone = re.sub(r"[ ()\-.]", "", text) if len(text) <= _LONGEST else ""
    if not _E164.fullmatch(phone):
        raise InvalidInput("This is not a phone number.", hint="Write + and 7 to 15 digits, for example +1234567890.")
    return phone


def nearest_phone(text: str) -> str:
    """The text as a number could be meant, "" when it could be none."""
    digits = re.sub(r"[^0-9]", "", text) if len(text) <= _LONGEST else ""
    digits = digits.removeprefix("00")
    return f"+{digits}" if _E164.fullmatch(f"+{digits}") else ""


def phone_warning(phone: str) -> str:
    """A word of doubt about an E.164 number that no plan of numbers knows, "" when it looks fine. Never a refusal:
    Telegram decides which numbers exist."""
    try:
        known = phonenumbers.is_possible_number(phonenumbers.parse(phone))
    except phonenumbers.NumberParseException:
        known = False
    return "" if known else "No country has phone numbers of this form: look whether a digit is wrong."


def same_phone(phone: str, digits: str) -> bool:
    """Whether Telegram's form of a number (digits without a plus) is this one."""
    return phone.lstrip("+") == digits.lstrip("+")


def masked(phone: str) -> str:
    """The first two and the last two digits."""
    return f"{phone[:3]}{'•' * (len(phone) - 5)}{phone[-2:]}"
