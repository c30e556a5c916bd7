"""Phone numbers: E.164 form (https://www.itu.int/rec/T-REC-E.164: at most 15 digits), and how they are shown."""

from __future__ import annotations

import re

import phonenumbers

from project.core.errors import InvalidInput
from project.core.pasted import bare

_E164 = re.compile(r"\+[0-9]{7,15}")
_LONGEST = 60  # characters that are looked at
_BETWEEN = re.compile(r"[ ()\-./_~]")  # what people write between digits
_TRUNK = re.compile(r"\(0\)")  # "+49 (0)151": dialled within the country only
_ANONYMOUS = re.compile(r"\+888[0-9]{4,8}")  # https://fragment.com/numbers: no country's, for Telegram alone
_TEST = re.compile(r"\+99966[0-9]{5}")  # https://core.telegram.org/api/auth#test-accounts

PROBLEM = "This is not a phone number: write + and 7 to 15 digits."


def parse_phone(text: str) -> str:
    """`+` and 7 to 15 digits; what phones, contact cards and web pages write between or around them is taken out.

    Raises InvalidInput."""
    phone = _digits(text)
    if not _E164.fullmatch(phone):
        raise InvalidInput("This is not a phone number.", hint="Write + and 7 to 15 digits, for example +1234567890.")
    return phone


def is_phone(text: str) -> bool:
    """Whether `parse_phone` takes it."""
    return bool(_E164.fullmatch(_digits(text)))


def nearest_phone(text: str) -> str:
    """The text as a number could be meant, "" when it could be none."""
    digits = re.sub(r"[^0-9]", "", _digits(text))
    digits = digits.removeprefix("00")
    return f"+{digits}" if _E164.fullmatch(f"+{digits}") else ""


def phone_warning(phone: str) -> str:
    """A word of doubt about an E.164 number that no plan of numbers knows, "" when it looks fine. Never a refusal:
    Telegram decides which numbers exist."""
    if is_possible(phone):
        return ""
    if phone.startswith("+888"):
        return "An anonymous number has 4 to 8 digits after +888: look whether a digit is wrong."
    return "No country has phone numbers of this form: look whether a digit is wrong."


def is_possible(phone: str) -> bool:
    """Whether some country, Fragment or Telegram's test servers have numbers of this form."""
    if _ANONYMOUS.fullmatch(phone) or _TEST.fullmatch(phone):
        return True
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(phone))
    except phonenumbers.NumberParseException:
        return False


def same_phone(phone: str, digits: str) -> bool:
    """Whether Telegram's form of a number (digits without a plus) is this one."""
    return phone.lstrip("+") == digits.lstrip("+")


def masked(phone: str) -> str:
    """The first two and the last two digits."""
    return f"{phone[:3]}{'•' * (len(phone) - 5)}{phone[-2:]}"


def _digits(text: str) -> str:
    if len(text) > _LONGEST:
        return ""
    plain = re.sub(r"^tel:", "", bare(text), flags=re.IGNORECASE)
    return _BETWEEN.sub("", _TRUNK.sub("", plain) if plain.startswith("+") else plain)
