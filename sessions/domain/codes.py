"""Login codes as people type them."""

from __future__ import annotations

import re

from project.core.errors import InvalidInput

IN_WORDS = frozenset({"word", "phrase"})
LONGEST = 200
_FILLING = re.compile(r"[A-Za-z \-_.,;:/*+]")
# Telegram's own apps void a code that its owner sends to any chat: 5 to 7 digits, "-" between or behind them.
_BURNS = re.compile(r"(?<![0-9])[0-9](?:-*[0-9]){4,6}(?![0-9])")


def parse_code(text: str, *, delivery: str = "", length: int | None = None) -> str:
    """The code within what was typed: `12345`, `1a2b3c4d5`, `1 2 3 4 5`; a word or phrase as it is.

    Raises InvalidInput for what cannot be the code: it would cost one of five tries.
    """
    if len(text) > LONGEST:
        raise InvalidInput("This is too long for a login code.")
    if delivery in IN_WORDS:
        code = " ".join(text.split())
    else:
        code = _FILLING.sub("", text.strip())
        if not re.fullmatch(r"[0-9]*", code):
            raise InvalidInput("A login code consists of digits.")
    if not code:
        raise InvalidInput("Type the code that came.")
    if length and delivery not in IN_WORDS and len(code) != length:
        raise InvalidInput(f"The code has {length} characters.")
    return code


def burns(text: str) -> bool:
    """Whether Telegram takes this for a login code when the account itself sends it to a chat."""
    return bool(_BURNS.search(text))
