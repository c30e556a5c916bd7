"""Users and bots."""

from __future__ import annotations

from dataclasses import dataclass, field

from .passwords import Verifier
from .settings import DC_ID


@dataclass(frozen=True, slots=True)
class Freeze:
    """A frozen account (help.getAppConfig: freeze_since_date, freeze_until_date, freeze_appeal_url). Unix seconds."""

    since: int
    until: int
    appeal_url: str


@dataclass(slots=True)
class User:
    """A user's or bot's account. `dead` is the error that every call is answered with once it is deactivated; `dc` is
    the data centre where it lives."""

    id: int
    name: str
    phone: str = ""
    username: str | None = None
    bot_token: str = field(default="", repr=False)
    password: Verifier | None = field(default=None, repr=False)
    dead: str = ""
    freeze: Freeze | None = None
    wrong_passwords: int = 0
    dc: int = DC_ID

    @property
    def is_bot(self) -> bool:
        """Whether this is a bot."""
        return bool(self.bot_token)


def bare_phone(phone: str) -> str:
    """A phone number reduced to its digits, as Telegram compares them."""
    return "".join(character for character in phone if character.isdigit())
