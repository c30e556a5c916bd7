"""The values that cross the Telegram adapter's border. Nothing here knows Telethon."""

from __future__ import annotations

from dataclasses import dataclass, field

from project.core.secret import Secret

GUEST = "guest"  # of ChatSight.seen: it may read the chat, as anybody, but is no member and is told of nothing there
NOBODY = "Nobody has the name"  # begins the answer to a public name that does not exist, whoever asks


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One data centre to talk to instead of the real network, and its RSA public key in PEM form."""

    dc_id: int
    host: str
    port: int
    public_key_pem: str


@dataclass(frozen=True, slots=True)
class DeviceProfile:
    """How the login shows itself in the account's list of devices. Fixed when the session is registered, since a
    profile that changes looks like a stolen key."""

    device_model: str
    system_version: str
    app_version: str
    lang_code: str = "en"
    system_lang_code: str = "en"


@dataclass(frozen=True, slots=True)
class App:
    """The API id and hash from my.telegram.org, and the device profile of this account."""

    api_id: int
    api_hash: Secret
    device: DeviceProfile


@dataclass(frozen=True, slots=True)
class AccountInfo:
    """The logged-in user or bot. `phone` is digits without a plus, "" for bots."""

    user_id: int
    name: str
    username: str
    phone: str
    is_bot: bool


@dataclass(frozen=True, slots=True)
class ChatInfo:
    """A chat as this account sees it. `chat_id` is the bare positive id of a channel or supergroup, the negative one of
    a basic group.

    `protected` means that its content must not be copied (noforwards). `top_message_id` is 0 when unknown: bots cannot
    ask for it. `moved_to` is the supergroup that a basic group became, 0 for none. `member`: whether the account is in
    it; a public chat shows itself to others as well, but tells them of nothing.
    """

    chat_id: int
    title: str
    username: str
    is_broadcast: bool
    protected: bool
    can_post: bool
    top_message_id: int
    moved_to: int = 0
    member: bool = True


@dataclass(frozen=True, slots=True)
class ChatSight:
    """Whether this account gets what is posted in a chat. `seen`: "member"; "protected" (a member, but the content must
    not be copied); "guest" (not a member of a public chat: it may read, but is told of nothing); "banned" (not let in);
    "unknown" (not a member, or it never met the chat)."""

    chat_id: int
    seen: str
    can_post: bool


@dataclass(frozen=True, slots=True)
class ChatTop:
    """The newest message id and the state number (pts) of a chat; a basic group has no such number (0).

    `behind`: updates have not told of all that this number counts. That is being asked for.
    """

    top_message_id: int
    pts: int
    behind: bool = False


@dataclass(frozen=True, slots=True)
class Sent:
    """A message surely stands in the chat. `message_id` is None when its id could not be found."""

    message_id: int | None


@dataclass(frozen=True, slots=True)
class CodeSent:
    """Where Telegram sent the login code. `kind`: app, sms, call, flash_call, missed_call, email, fragment, word,
    phrase, firebase; or email_setup, which this product cannot serve (use another way to log in).

    `length` is in characters, 0 when not told. `timeout` is in seconds until another kind may be
    asked for, 0 when none. `next_kind` is where that one would go, "" when there is no other way.
    """

    kind: str
    length: int
    phone_code_hash: str
    timeout: int
    next_kind: str = ""


@dataclass(frozen=True, slots=True)
class ImportedLogin:
    """A login that another program made. `state` is what `TelegramAccount` takes (secret); `key_id` tells its key from
    others and is none."""

    state: bytes = field(repr=False)
    key_id: str


@dataclass(frozen=True, slots=True)
class QrToken:
    """What a QR code for a login has to say (a secret while it is valid), and until when, in Unix seconds by
    Telegram's clock."""

    url: Secret
    expires_at: float
