"""Phone numbers: E.164 form, and how they are shown."""

from __future__ import annotations

import re

from project.core.errors import InvalidInput

_E164 = re.compile(r"\+[0-9]{7,15}")


def parse_phone(text: str) -> str:
    """`+` and 7 to 15 digits; spaces, dashes and brackets are taken out first. Raises InvalidInput."""
    phone = re.sub(r"[\s()\-.]", "", text)
    if not _E164.fullmatch(phone):
        raise InvalidInput("This is not a phone number.", hint="Write + and 7 to 15 digits, for example +1234567890.")
    return phone


def masked(phone: str) -> str:
    """The first two and the last two digits."""
    return f"{phone[:3]}{'•' * (len(phone) - 5)}{phone[-2:]}"
