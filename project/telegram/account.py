"""One Telegram account, user or bot, over MTProto: what the rest of the product sees of Telegram."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence

from project.core.errors import Refused
from project.core.message import Attachment, MediaKind, Message, RichText
from project.core.secret import Secret
from project.telegram import login, reading, sending, sights
from project.telegram.chats import Chats
from project.telegram.datacentres import DataCentres
from project.telegram.download import download
from project.telegram.freeze import Freeze, read_freeze
from project.telegram.link import Link
from project.telegram.session import MemorySession
from project.telegram.updates import Update
from project.telegram.upload import MAX_PHOTO, as_document, as_photo, collect, pieces, upload
from project.telegram.values import (
    AccountInfo,
    App,
    ChatInfo,
    ChatSight,
    ChatTop,
    CodeSent,
    DeviceProfile,
    Endpoint,
    QrToken,
    Sent,
)

__all__ = [
    "AccountInfo",
    "App",
    "ChatInfo",
    "ChatSight",
    "ChatTop",
    "CodeSent",
    "DeviceProfile",
    "Endpoint",
    "Sent",
    "TelegramAccount",
]


class TelegramAccount:
    """One account with at most one connection.

    Every call is one attempt, bounded to 30 s (per part for files), and raises errors of project.core.errors only:
    RetryLater (its `scope` has to wait), Unreachable (surely not done), Ambiguous (perhaps done), Refused, TargetGone,
    AccountDead (with `code`, Telegram's exact name; every later call raises it too).

    `state` is an earlier `snapshot()`, None for a new login. `on_update` and `on_state` are called in the loop and must
    only take note: `on_state` says that `snapshot()` is worth saving (at once after a login, at most every 60 s for
    counters). `egress` is the local address to connect from, "" for any.
    """

    def __init__(
        self,
        *,
        name: str,
        app: App,
        endpoint: Endpoint | None,
        state: bytes | None,
        on_update: Callable[[Update], None],
        on_state: Callable[[], None],
        proxy: str | None = None,
        egress: str = "",
    ) -> None:
        self._app = app
        self._link = Link(
            name=name,
            app=app,
            endpoint=endpoint,
            session=MemorySession.restore(state),
            on_update=on_update,
            on_state=on_state,
            egress=egress,
            proxy=proxy,
        )
        self._chats = Chats(self._link)
        self._centres = DataCentres(self._link)

    # --- life -------------------------------------------------------------------------------------------------------

    @property
    def signed_in(self) -> bool:
        """Whether the kept state belongs to a logged-in user or bot."""
        return bool(self._link.session.state.user_id)

    def keep_waits(self, waits: Mapping[str, float], on_wait: Callable[[str, float], None]) -> None:
        """Waits that an earlier process was asked for, by key (RetryLater's scope) in seconds: they hold here, too.
        `on_wait(key, seconds)` is told of new ones."""
        self._link.keep_waits(waits, on_wait)

    @property
    def answered_ago(self) -> float:
        """Seconds since Telegram last answered a call; infinite before the first answer. Pings do not count."""
        return self._link.answered_ago

    @property
    def connected(self) -> bool:
        """Whether its connection stands. A peer that answers no ping loses it within 20 s."""
        return self._link.connected

    @property
    def proxied(self) -> bool:
        """Whether it connects through a proxy of its own."""
        return self._link.proxied

    async def datacenter_answers(self) -> bool:
        """Whether its data centre answers a handshake without its key, over a short connection beside its own."""
        return await self._link.datacenter_answers()

    async def connect(self) -> None:
        """Open one connection; for a logged-in account also check that the key is alive, then Gap(None) is emitted."""
        await self._link.connect()

    async def disconnect(self) -> None:
        """Close hard, within seconds; `run` returns."""
        await self._centres.close()
        await self._link.disconnect()

    async def run(self) -> None:
        """Stay connected: a lost connection is opened again after 0.25 s to 30 s, and Gap(None) emitted. Returns after
        `disconnect`, raises AccountDead when the key or the user is dead."""
        await self._link.run()

    @property
    def key_id(self) -> str:
        """Telegram's own name of the account's key, "" without one. Not a secret."""
        return self._link.session.key_id

    def snapshot(self) -> bytes:
        """Auth keys, entities and update counters. Secret: seal it."""
        return self._link.snapshot()

    # --- login ------------------------------------------------------------------------------------------------------

    async def me(self) -> AccountInfo:
        """Who this account is, asked from the server."""
        return await login.me(self._link)

    async def send_code(self, phone: str) -> CodeSent:
        """Ask Telegram to send a login code to the phone number's account."""
        return await login.send_code(self._link, self._app, phone)

    async def resend_code(self, phone: str, phone_code_hash: str) -> CodeSent:
        """Ask for another code, another way. Raises CodeExpired of login.py."""
        return await login.resend_code(self._link, phone, phone_code_hash)

    @property
    def login_token_due(self) -> bool:
        """Whether `qr_step` has something to do before its token expires: it was scanned, or never asked for here."""
        return self._link.login_token_due

    async def qr_step(self) -> QrToken | AccountInfo:
        """What to show as a QR code now, or who is logged in, once it was scanned. Raises PasswordNeeded."""
        return await login.qr_step(self._link, self._app)

    async def identify(self) -> AccountInfo:
        """Who the key belongs to, also when the kept state does not say. Raises Refused when it is nobody's."""
        return await login.identify(self._link)

    async def sign_in(self, phone: str, phone_code_hash: str, code: Secret) -> AccountInfo:
        """Log in with the code. Raises PasswordNeeded, CodeInvalid, CodeExpired, SignUpRefused of login.py."""
        return await login.sign_in(self._link, phone, phone_code_hash, code)

    async def check_password(self, password: Secret) -> AccountInfo:
        """Finish a login that needs the password. Raises PasswordInvalid of login.py."""
        return await login.check_password(self._link, password)

    async def import_bot(self, token: Secret) -> AccountInfo:
        """Log in as a bot. With a state of the same bot nothing is asked from Telegram but who it is."""
        return await login.import_bot(self._link, self._app, token)

    async def log_out(self) -> None:
        """End the login on the server, and disconnect."""
        await self._centres.close()
        await login.log_out(self._link)

    # --- reading ----------------------------------------------------------------------------------------------------

    async def resolve(self, reference: str) -> ChatInfo:
        """The channel or supergroup that a person names: @name, t.me link, id with or without -100."""
        return await self._chats.resolve(reference)

    async def chat(self, chat_id: int) -> ChatInfo:
        """A channel or supergroup by its bare id."""
        return await self._chats.chat(chat_id)

    async def join(self, reference: str) -> ChatInfo:
        """Become a member of a public channel or supergroup, at a person's word only. Users only."""
        return await self._chats.join(reference)

    async def look(self, chat_ids: Sequence[int]) -> dict[int, ChatSight]:
        """Whether it is in each of these chats and may post there. Users only."""
        return await sights.look(self._link, self._chats, chat_ids)

    def seen(self, chat_ids: Sequence[int], *, within: float) -> dict[int, str]:
        """What looks of the last `within` seconds showed of these chats (ChatSight.seen); nothing is asked."""
        return self._chats.seen(chat_ids, within=within)

    def is_guest(self, chat_id: int) -> bool:
        """Whether the last look showed that the account may read the chat, but is no member of it."""
        return self._chats.is_guest(chat_id)

    @property
    def least_poll(self) -> float:
        """Seconds between two polls that may go on for ever: they leave a quarter of the account's budget of requests
        for checks and look-ups."""
        return self._link.least_poll

    @property
    def clock_skew(self) -> float:
        """Seconds by which Telegram's clock is ahead of this host's, as it last told (to a second); 0 before that."""
        return self._chats.clock_skew

    async def freeze(self) -> Freeze | None:
        """On which terms Telegram has frozen the account, None if it has not. Users only."""
        return await read_freeze(self._link)

    async def tops(self, chat_ids: Sequence[int]) -> dict[int, ChatTop]:
        """Newest id and counter of many chats; those without access are left out. Users only."""
        return await self._chats.tops(chat_ids)

    async def follow(self, chat_id: int) -> None:
        """Count the changes of a channel from here on: `tops` then finds, and emits, those that nobody told of. Users
        only."""
        await self._chats.follow(chat_id)

    def history(self, chat_id: int, after_id: int) -> AsyncIterator[Message]:
        """Messages with an id above `after_id`, ascending, service messages left out. Users only."""
        return reading.history(self._link, self._chats, chat_id, after_id)

    async def now_there(self) -> float:
        """Telegram's own time, in Unix seconds: this host's clock may be wrong. Users only."""
        return await reading.now_there(self._link)

    async def newest_beyond(self, chat_id: int, *, before: int, most: int) -> int:
        """The newest message written before `before` (Unix seconds), or with at least `most` newer ones; 0: none."""
        return await reading.newest_beyond(self._link, self._chats, chat_id, before=before, most=most)

    async def fetch(self, chat_id: int, ids: Sequence[int]) -> dict[int, Message]:
        """Those of the messages that still exist."""
        return await reading.fetch(self._link, self._chats, chat_id, ids)

    def download(self, chat_id: int, message_id: int, *, offset: int = 0) -> AsyncIterator[bytes]:
        """The bytes of the message's file from `offset` on."""
        return download(self._link, self._chats, self._centres, chat_id, message_id, offset)

    # --- writing ----------------------------------------------------------------------------------------------------

    async def send_text(
        self, chat_id: int, text: RichText, *, random_id: int, reply_to: int | None = None, after_id: int = 0
    ) -> Sent:
        """Post a text. The same `random_id` again makes no second message; `after_id` is an id older than it."""
        to = sending.Address(chat_id, random_id, reply_to, after_id)
        return await sending.send_text(self._link, self._chats, to, text)

    async def send_file(
        self,
        chat_id: int,
        source: AsyncIterator[bytes],
        *,
        attachment: Attachment,
        caption: RichText,
        random_id: int,
        reply_to: int | None = None,
        after_id: int = 0,
    ) -> Sent:
        """Upload and post a file. A picture that Telegram does not take as one is sent as a file."""
        to = sending.Address(chat_id, random_id, reply_to, after_id)
        if attachment.kind is MediaKind.PHOTO and attachment.size <= MAX_PHOTO:
            return await self._send_photo(to, await collect(source), attachment, caption)
        media = as_document(await upload(self._link, source, attachment), attachment)
        return await sending.send_media(self._link, self._chats, to, media, caption)

    async def _send_photo(self, to: sending.Address, data: bytes, attachment: Attachment, caption: RichText) -> Sent:
        """Its bytes are kept for the second try: Telegram forgets the parts of what it refused."""
        file = await upload(self._link, pieces(data), attachment)
        try:
            return await sending.send_media(self._link, self._chats, to, as_photo(file, attachment), caption)
        except Refused as error:
            if not sending.is_no_picture(error):
                raise
        file = await upload(self._link, pieces(data), attachment)
        return await sending.send_media(self._link, self._chats, to, as_document(file, attachment), caption)

    async def edit(self, chat_id: int, message_id: int, text: RichText) -> None:
        """Change a message's text or caption."""
        await sending.edit(self._link, self._chats, chat_id, message_id, text)

    async def delete(self, chat_id: int, ids: Sequence[int]) -> int:
        """Remove messages for everybody; how many of them stood."""
        return await sending.delete(self._link, self._chats, chat_id, ids)
