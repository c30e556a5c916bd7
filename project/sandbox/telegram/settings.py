"""What can be chosen about the loopback Telegram. Every number stands in docs/reference/sandbox-telegram.md."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

DC_ID = 2  # where clients begin, and where accounts and files are unless said otherwise
OTHER_DC_ID = 4
DC_IDS = (DC_ID, OTHER_DC_ID)


@dataclass(frozen=True, slots=True)
class Rate:
    """A sustained rate per second and how many calls may come at once before it bites."""

    per_second: float
    burst: int


@dataclass(frozen=True, slots=True)
class Limits:
    """Rates that end in FLOOD_WAIT; None is no limit.

    The bots' numbers are Telegram's published ones (https://core.telegram.org/bots/faq#broadcasting-to-users); those of
    users are unpublished: ours are a careful guess.
    """

    bot_account: Rate | None = None
    bot_chat: Rate | None = None
    bot_private: Rate | None = None
    bot_group: Rate | None = None
    user_account: Rate | None = None
    user_chat: Rate | None = None
    resolve_username: Rate | None = None
    send_code: Rate | None = None
    import_bot: Rate | None = None
    export_login: Rate | None = None


REAL = Limits(
    bot_account=Rate(30, 30),
    bot_chat=Rate(1, 3),
    bot_private=Rate(1, 20),
    bot_group=Rate(20 / 60, 20),
    user_account=Rate(10, 20),
    user_chat=Rate(1, 5),
    resolve_username=Rate(1 / 60, 30),
    send_code=Rate(5 / 86_400, 5),
    import_bot=Rate(1 / 600, 5),
    export_login=Rate(1 / 600, 5),
)
OFF = Limits()


class Profile(StrEnum):
    """Which limits are in force. `off` is for benches only."""

    REAL = "real"
    OFF = "off"

    @property
    def limits(self) -> Limits:
        """The rates of this profile."""
        return REAL if self is Profile.REAL else OFF


class DuplicateAnswer(StrEnum):
    """What a repeated random_id is answered with; the real Telegram does either."""

    ERROR = "error"  # 500 RANDOM_ID_DUPLICATE
    ORIGINAL = "original"  # the first message again, pts_count 0


class Delivery(StrEnum):
    """How a login code goes out the first time (https://core.telegram.org/type/auth.SentCodeType)."""

    APP = "app"
    SMS = "sms"
    CALL = "call"
    MISSED_CALL = "missed_call"
    FLASH_CALL = "flash_call"
    EMAIL = "email"
    FRAGMENT = "fragment"
    WORD = "word"
    PHRASE = "phrase"
    SET_UP_EMAIL = "set_up_email"  # no code comes before the account has an address for it
    PAYMENT = "payment"  # no code comes before something was bought


@dataclass(frozen=True, slots=True)
class Settings:
    """The rules of one loopback Telegram. Times are in seconds."""

    limits: Limits = field(default=REAL)
    duplicate_answer: DuplicateAnswer = DuplicateAnswer.ERROR
    random_id_memory: float = 3600.0
    code_digits: int = 5
    code_lifetime: float = 300.0
    code_tries: int = 5
    code_delivery: Delivery = Delivery.APP
    login_token_lifetime: float = 30.0  # QR codes
    password_tries: int = 5
    file_reference_lifetime: float = 3600.0
    address_change: float = 10.0  # two addresses on one key within this time kill the key
    difference_limit: int = 100  # users; a larger gap answers channelDifferenceTooLong
    bot_difference_limit: int = 100_000
    nearest_dc: int = DC_ID  # where a number without an account is sent by NETWORK_MIGRATE
