"""Hop 2: to the destination chat, by a sender bot or by the session itself, over MTProto."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from msgspec.structs import replace

from pairs.domain.keys import random_id
from pairs.forward.layout import Change, compare_files, deletes, fit_slots, mark, marks_at
from pairs.forward.media import DISCORD, LOST_FILE, NO_FILE, Media
from pairs.forward.plan import Planner, adds_to, at_once, plan_event
from pairs.forward.rendered import TelegramRendered, freeze, telegram_part
from pairs.forward.replies import Replies
from pairs.journal.journal import Journal
from pairs.journal.rows import AnyEvent, Link, PartClaim, StoredEvent
from pairs.lane.attempts import look_from
from pairs.lane.config import PairConfig
from pairs.lane.hop import Attempt, CopyGone, Plan
from pairs.models.delivery import Act
from pairs.text.names import file_name
from pairs.text.quote import quote_line
from pairs.text.render import (
    CAPTION_LIMIT,
    TELEGRAM_LIMIT,
    CaptionUse,
    RenderOptions,
    ShowAuthor,
    on_lines,
    telegram_length,
    telegram_parts,
)
from project.core.errors import AccountDead, InvalidInput, NotFound, Refused, TargetGone
from project.core.message import Attachment, Message, Node, RichText, Style, plain_text
from project.telegram.account import Sent, TelegramAccount
from project.telegram.entities import JOINER
from project.telegram.updates import chat_scope

RANDOM_ID_LIFETIME = 3600.0  # seconds
LOOK = 50  # ids that a look-back reads at once, from the lane's last link on
MOST_LOOKS = 20
GONE = "MESSAGE_ID_INVALID"
FILE_METHODS = ("SendMedia", "SaveFilePart", "SaveBigFilePart")
FORBIDDEN_FILE = "A file of this message may not be sent in this chat."
LOST = (NO_FILE, "MEDIA_EMPTY", "FILE_PARTS_INVALID", "FILE_PART_LENGTH_INVALID")
KINDS = ("MEDIA", "PHOTOS", "DOCS", "VIDEOS", "AUDIOS", "VOICES", "ROUNDVIDEOS", "GIFS")
FILE_PROBLEMS = dict.fromkeys(LOST, LOST_FILE) | {f"CHAT_SEND_{kind}_FORBIDDEN": FORBIDDEN_FILE for kind in KINDS}
# Of messages.sendMessage and sendMedia: the message that is answered does not exist at the destination any more.
NOTHING_TO_ANSWER = frozenset({"REPLY_MESSAGE_ID_INVALID", "REPLY_TO_INVALID", "MSG_ID_INVALID"})


class TelegramHop:
    """Posts, edits and deletes in the pair's destination."""

    number = 2

    def __init__(
        self, *, accounts: Mapping[str, TelegramAccount], journal: Journal, media: Media, secret: bytes
    ) -> None:
        self._accounts = accounts
        self._journal = journal
        self._media = media
        self._planner = Planner(secret, self.number)
        self._replies = Replies(journal)

    def key_lifetime(self, pair: PairConfig) -> float:
        """Telegram remembers a random_id; how long is not published, an hour is safe."""
        return RANDOM_ID_LIFETIME

    def account(self, pair: PairConfig) -> str:
        """Hop 2 runs in the owner of the sender's key."""
        return pair.sender

    def identity(self, pair: PairConfig) -> str:
        """A random_id is worth something only for the account that sent it."""
        return pair.sender

    def pause(self, pair: PairConfig) -> float:
        """Telegram tells no limits beforehand."""
        return 0.0

    def wait_keys(self, pair: PairConfig, part: PartClaim) -> tuple[str, ...]:
        """Telegram counts floods per account and method, mostly within a chat; slow mode is an account's in a chat."""
        chat = chat_scope(pair.destination_chat, pair.sender)
        if part.act is Act.EDIT:
            return _floods(pair.sender, chat, "EditMessage")
        if part.act is Act.DELETE:
            return _floods(pair.sender, chat, "DeleteMessages")
        slow = f"{pair.sender}:{chat}"
        if telegram_part(part.rendered).file is None:
            return slow, *_floods(pair.sender, chat, "SendMessage")
        return slow, *_floods(pair.sender, chat, *FILE_METHODS), f"{pair.session}:GetFile"

    # --- planning

    def plan_at_once(self, pair: PairConfig, event: AnyEvent) -> Plan | None:
        """Renders a new message that answers none."""
        message = at_once(event)
        return None if message is None else self._planner.posts(event, _rendered(pair, message, (), None))

    async def plan(self, pair: PairConfig, event: StoredEvent) -> Plan:
        """Renders an event into parts."""
        return await plan_event(self._planner, self._journal, pair, event, self._contents, self._changes)

    async def _contents(self, pair: PairConfig, event: StoredEvent) -> list[str]:
        message, quote, reply_to = await self._answering(pair, event)
        return _rendered(pair, message, quote, reply_to)

    async def _changes(self, pair: PairConfig, event: StoredEvent, links: Sequence[Link]) -> list[Change]:
        """Files stay in their messages. The text is put into the first one that stays and into those without a file;
        further texts and files come behind them."""
        message, quote, reply_to = await self._answering(pair, event)
        posts = compare_files(await self._marked(pair, event, links), message.attachments)
        if not posts.kept:
            renewed = _rendered(pair, message, quote, reply_to)
            return [*(Change(Act.POST, text) for text in renewed), *deletes(posts.gone)]
        first, *others = posts.kept
        texts = _texts(message, quote, CaptionUse.FIRST if first.files else CaptionUse.NONE)
        staying, surplus = fit_slots([first, *(post for post in others if not post.files)], len(texts))
        captions = [*texts, *[()] * (len(staying) - len(texts))]
        edits = [
            Change(Act.EDIT, freeze(TelegramRendered(text, file=next(iter(post.files), None))), post.post_id)
            for post, text in zip(staying, captions, strict=False)
        ]
        missing = [file for file in message.attachments if file.index in posts.missing]
        fresh = [*(TelegramRendered(text) for text in texts[len(staying) :]), *(_alone(file) for file in missing)]
        return [*edits, *(Change(Act.POST, freeze(part)) for part in fresh), *deletes([*surplus, *posts.gone])]

    async def _marked(
        self, pair: PairConfig, event: StoredEvent, links: Sequence[Link]
    ) -> list[tuple[int, tuple[str, ...]]]:
        """The messages that stand, with the marks of their files; those of an earlier version know only places."""
        parts = [(link.remote_id, telegram_part(link.rendered) if link.rendered else None) for link in links]
        before: Message | None = None
        if any(part and part.file is not None and not part.mark for _, part in parts):
            before = await self._journal.message(pair.id, event.scope, event.message_id, before_revision=event.revision)
        return [(id_, _marks(part, before)) for id_, part in parts]

    async def _answering(self, pair: PairConfig, event: StoredEvent) -> tuple[Message, RichText, int | None]:
        """The message, the quote that stands before it, and the message at the destination that it answers."""
        message = event.message
        assert message is not None
        reply_to = await self._replies.target(pair, event, self.number)
        quote: RichText = ()
        if message.reply_to is not None and reply_to is None:
            original = await self._replies.original(pair, event)
            quote = quote_line(original or Message(event.scope, message.reply_to, 0))
        return message, quote, reply_to

    # --- performing

    async def look(self, pair: PairConfig, event: StoredEvent, part: PartClaim) -> int | None:
        """Whether a post stands that no answer told of."""
        if part.act is not Act.POST:
            return None
        after = await self._last_link(pair, event)
        return await self._find(self._account(pair), pair, event, telegram_part(part.rendered), after)

    async def perform(self, pair: PairConfig, event: StoredEvent, part: PartClaim, attempt: Attempt) -> int | None:
        """Carries out one part; Telegram recognises a repeat by its random_id."""
        try:
            return await self._perform(pair, event, part, attempt)
        except NotFound as error:  # the sender does not know the chat: no other message would fare better
            raise TargetGone(error.message, code="CHAT_UNKNOWN", hint=error.hint) from error

    async def _perform(self, pair: PairConfig, event: StoredEvent, part: PartClaim, attempt: Attempt) -> int | None:
        account = self._account(pair)
        if part.act is Act.DELETE:
            return part.target if await account.delete(pair.destination_chat, [part.target or 0]) else None
        rendered = telegram_part(part.rendered)
        if part.act is Act.EDIT:
            await self._edit(account, pair, part, rendered)
            return part.target
        # Only a repeat can be a duplicate, whose id is looked up.
        after = 0 if attempt is Attempt.FIRST else await self._last_link(pair, event)
        gone = await self._copy_is_gone(account, pair, event)
        looks = attempt is Attempt.UNSURE or (gone and attempt is not Attempt.FIRST)
        if looks and (found := await self._find(account, pair, event, rendered, after)):
            return found
        if gone:
            raise CopyGone
        sent = await self._post(account, pair, event, part, rendered, after)
        if sent.message_id is None and attempt is not Attempt.FIRST:  # what was sent first may have had another shape
            return await self._find(account, pair, event, rendered, after)
        return sent.message_id

    async def _copy_is_gone(self, account: TelegramAccount, pair: PairConfig, event: StoredEvent) -> bool:
        """Whether an edit would add to a copy that somebody deleted, or a part of it."""
        posts = await adds_to(self._journal, event, self.number)
        return bool(posts) and len(await account.fetch(pair.destination_chat, posts)) < len(posts)

    async def _post(
        self,
        account: TelegramAccount,
        pair: PairConfig,
        event: StoredEvent,
        part: PartClaim,
        rendered: TelegramRendered,
        after: int,
    ) -> Sent:
        """The message that it answers may have been deleted at the destination: then a quote stands for it."""
        try:
            return await self._post_as_it_is(account, pair, event, part, rendered, after)
        except Refused as error:
            if rendered.reply_to is None or error.code not in NOTHING_TO_ANSWER:
                raise
        quoting = await self._quoting(pair, event, rendered)
        return await self._post_as_it_is(account, pair, event, part, quoting, after)

    async def _post_as_it_is(
        self,
        account: TelegramAccount,
        pair: PairConfig,
        event: StoredEvent,
        part: PartClaim,
        rendered: TelegramRendered,
        after: int,
    ) -> Sent:
        if rendered.file is None:
            return await self._send_text(account, pair, part, rendered, after)
        try:
            return await self._send_file(account, pair, event, part, rendered, after)
        except Refused as error:
            note = FILE_PROBLEMS.get(error.code)
            if note is None:
                raise
        except InvalidInput:
            note = LOST_FILE
        return await self._send_text(account, pair, part, replace(rendered, text=_noted(rendered.text, note)), after)

    async def _quoting(self, pair: PairConfig, event: StoredEvent, rendered: TelegramRendered) -> TelegramRendered:
        """The part with a quote of one line in place of its reply, where there is room for one."""
        original = await self._replies.original(pair, event)
        answered = event.message.reply_to if event.message else None
        text = on_lines([quote_line(original or Message(event.scope, answered or 0, 0)), rendered.text])
        fits = telegram_length(text) <= (TELEGRAM_LIMIT if rendered.file is None else CAPTION_LIMIT)
        return replace(rendered, text=text if fits else rendered.text, reply_to=None)

    async def _send_text(
        self, account: TelegramAccount, pair: PairConfig, part: PartClaim, rendered: TelegramRendered, after: int
    ) -> Sent:
        return await account.send_text(
            pair.destination_chat,
            rendered.text,
            random_id=random_id(part.key),
            reply_to=rendered.reply_to,
            after_id=after,
        )

    async def _send_file(
        self,
        account: TelegramAccount,
        pair: PairConfig,
        event: StoredEvent,
        part: PartClaim,
        rendered: TelegramRendered,
        after: int,
    ) -> Sent:
        attachments = event.message.attachments if event.message else ()
        attachment = next((a for a in attachments if a.index == rendered.file), None)
        if attachment is None:
            raise Refused("The journal does not hold the message's files any more.", code=NO_FILE)
        return await account.send_file(
            pair.destination_chat,
            self._media.stream(pair, event, attachment),
            attachment=replace(attachment, name=file_name(attachment.name)),
            caption=rendered.text,
            random_id=random_id(part.key),
            reply_to=rendered.reply_to,
            after_id=after,
        )

    async def _edit(
        self, account: TelegramAccount, pair: PairConfig, part: PartClaim, rendered: TelegramRendered
    ) -> None:
        target, text = part.target or 0, rendered.text
        if rendered.file is not None:
            stands = (await account.fetch(pair.destination_chat, [target])).get(target)
            text = _with_former_note(text, stands) if stands else text
        try:
            await account.edit(pair.destination_chat, target, text)
        except Refused as error:
            if error.code != GONE:  # somebody deleted it there: nothing left to edit
                raise

    async def _find(
        self, account: TelegramAccount, pair: PairConfig, event: StoredEvent, rendered: TelegramRendered, after: int
    ) -> int | None:
        """Our own unlinked post with this text, newer than `after`."""
        stands = await _standing(account, pair.destination_chat, after)
        quoting = rendered if rendered.reply_to is None else await self._quoting(pair, event, rendered)
        files = 0 if rendered.file is None else 1
        wanted = {(_comparable(text), files) for text in (rendered.text, quoting.text)}
        for note in {*FILE_PROBLEMS.values()} if files else ():
            wanted |= {(_comparable(_noted(text, note)), 0) for text in (rendered.text, quoting.text)}
        ours = [
            id_
            for id_, message in sorted(stands.items())
            if (_comparable(message.text), len(message.attachments)) in wanted
        ]
        known = await self._journal.known_remote(pair.id, self.number, ours)
        return next((id_ for id_ in ours if id_ not in known), None)

    async def _last_link(self, pair: PairConfig, event: StoredEvent) -> int:
        before = look_from(event, pair.resumed_at)
        return await self._journal.last_link(pair.id, self.number, tried_before=before)

    def _account(self, pair: PairConfig) -> TelegramAccount:
        try:
            return self._accounts[pair.sender]
        except KeyError:
            raise AccountDead(f"{pair.sender} is not connected here.", code="not-held") from None


def _rendered(pair: PairConfig, message: Message, quote: RichText, reply_to: int | None) -> list[str]:
    texts = _texts(message, quote, CaptionUse.FIRST if message.attachments else CaptionUse.NONE)
    return [freeze(part) for part in _with_files(texts, message, reply_to)]


def _texts(message: Message, quote: RichText, caption: CaptionUse) -> list[RichText]:
    author = ShowAuthor.LINE if message.scope.startswith(DISCORD) else ShowAuthor.NEVER
    parts = telegram_parts(message, options=RenderOptions(author, quote), caption=caption)
    return [part.text for part in parts]


async def _standing(account: TelegramAccount, chat: int, after: int) -> dict[int, Message]:
    """What stands after an id, up to a gap of 50 ids, or 1000."""
    stands: dict[int, Message] = {}
    for first in range(after + 1, after + 1 + LOOK * MOST_LOOKS, LOOK):
        found = await account.fetch(chat, list(range(first, first + LOOK)))
        stands |= found
        if not found:
            break
    return stands


def _with_files(texts: list[RichText], message: Message, reply_to: int | None) -> list[TelegramRendered]:
    """The first text is the caption of the first file; further files follow without one."""
    first, *others = message.attachments or (None,)
    parts = [TelegramRendered(text) for text in texts] or [TelegramRendered(())]
    if first is not None:
        parts[0] = replace(parts[0], file=first.index, mark=mark(first))
    parts[0] = replace(parts[0], reply_to=reply_to)
    return [*parts, *(_alone(file) for file in others if file is not None)]


def _alone(file: Attachment) -> TelegramRendered:
    return TelegramRendered((), file=file.index, mark=mark(file))


def _marks(part: TelegramRendered | None, before: Message | None) -> tuple[str, ...]:
    if part is None or part.file is None:
        return ()
    return (part.mark,) if part.mark else marks_at(before, [part.file])


def _noted(text: RichText, note: str) -> RichText:
    """The text with an honest last line for a file that cannot be sent."""
    line = (Node(Style.ITALIC, children=(Node(Style.TEXT, note),)),)
    return (*text, Node(Style.TEXT, "\n"), *line) if text else line


def _with_former_note(text: RichText, stands: Message) -> RichText:
    """The text with the note that stands in place of a message's file, if there is one."""
    note = plain_text(stands.text).rpartition("\n")[2]
    return _noted(text, note) if not stands.attachments and note in FILE_PROBLEMS.values() else text


def _comparable(text: RichText) -> str:
    """What a text and its form on Telegram have in common: white space at the ends and guards of mentions differ."""
    return plain_text(text).replace(JOINER, "").strip()


@lru_cache(4096)
def _floods(sender: str, chat: str, *methods: str) -> tuple[str, ...]:
    keys = [f"{sender}:{method}" for method in methods]
    return *keys, *(f"{key}:{chat}" for key in keys)
