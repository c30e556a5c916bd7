"""Hop 1: to the Discord channel, by webhook or by the bot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from msgspec.structs import replace

from pairs.forward.layout import Change, compare_files, deletes, fit_slots, mark, marks_at
from pairs.forward.look_back import LookBack
from pairs.forward.media import LOST_FILE, NO_FILE, Media
from pairs.forward.plan import Planner, adds_to, at_once, plan_event
from pairs.forward.rendered import DiscordRendered, discord_part, freeze
from pairs.forward.renewal import WebhookRenewal
from pairs.forward.replies import Replies
from pairs.journal.journal import Journal
from pairs.journal.rows import AnyEvent, Link, PartClaim, StoredEvent
from pairs.lane.attempts import look_from
from pairs.lane.config import PairConfig
from pairs.lane.hop import Attempt, CopyGone, Plan
from pairs.models.delivery import Act
from pairs.text.names import display_name, file_name
from pairs.text.quote import excerpt, quote_line, reply_line
from pairs.text.render import DISCORD_LIMIT, RenderOptions, ShowAuthor, discord_parts
from project.core.crypto import Keyring
from project.core.errors import AccountDead, Refused, TargetGone
from project.core.message import Attachment, Message, RichText
from project.discord.errors import UNKNOWN_MESSAGE, UNKNOWN_WEBHOOK
from project.discord.rest import DiscordRest, FilePart, Post
from project.discord.routes import CLOUDFLARE
from project.telegram.updates import message_url

NONCE_LIFETIME = 60.0  # seconds; Discord says "past few minutes" (resources/message.mdx)
TOO_BIG = "A file of this message is too big for Discord."
FILE_PROBLEMS = {"413": TOO_BIG, "40005": TOO_BIG, NO_FILE: LOST_FILE, "file size": LOST_FILE}
SMALL_LINE = "-# "


@dataclass(frozen=True, slots=True)
class DiscordLimits:
    """What one message may carry. `file_bytes` depends on the server's boosts, so it is a setting."""

    file_bytes: int
    files: int = 10


class DiscordHop:
    """Posts, edits and deletes in the pair's channel."""

    number = 1

    def __init__(
        self,
        *,
        rest: DiscordRest,
        bot_id: int,
        journal: Journal,
        media: Media,
        secret: bytes,
        limits: DiscordLimits,
        keyring: Keyring,
    ) -> None:
        self._rest = rest
        self._bot_id = bot_id
        self._journal = journal
        self._media = media
        self._limits = limits
        self._planner = Planner(secret, self.number)
        self._replies = Replies(journal)
        self._renewal = WebhookRenewal(rest=rest, journal=journal, keyring=keyring)
        self._look_back = LookBack(rest=rest, bot_id=bot_id, journal=journal)

    @property
    def ambiguous(self) -> int:
        """Posts repeated without a possibility to look whether the first one stands."""
        return self._look_back.ambiguous

    def key_lifetime(self, pair: PairConfig) -> float:
        """Webhooks know no nonce: nothing tells a repeat."""
        return 0.0 if pair.webhook else NONCE_LIFETIME

    def account(self, pair: PairConfig) -> str:
        """Hop 1 runs in the session's owner."""
        return pair.session

    def identity(self, pair: PairConfig) -> str:
        """Who posts."""
        return f"webhook.{pair.webhook.id}" if pair.webhook else f"bot.{self._bot_id}"

    def pause(self, pair: PairConfig) -> float:
        """Seconds until the bucket has room, as far as the last answers told."""
        if pair.webhook:
            return self._rest.wait_before_execute(pair.webhook)
        return self._rest.wait_before_send(pair.discord_channel)

    def wait_keys(self, pair: PairConfig, part: PartClaim) -> tuple[str, ...]:
        """A channel's or webhook's own limit, and those of the token, the address and Cloudflare."""
        if pair.webhook:
            return f"dc:webhook:{pair.webhook.id}", "dc:address", CLOUDFLARE
        return f"dc:channel:{pair.discord_channel}", "dc:global", CLOUDFLARE

    # --- planning

    def plan_at_once(self, pair: PairConfig, event: AnyEvent) -> Plan | None:
        """Renders a new message that answers none."""
        message = at_once(event)
        return None if message is None else self._planner.posts(event, self._rendered(pair, message, (), None))

    async def plan(self, pair: PairConfig, event: StoredEvent) -> Plan:
        """Renders an event into parts."""
        return await plan_event(self._planner, self._journal, pair, event, self._contents, self._changes)

    async def _contents(self, pair: PairConfig, event: StoredEvent) -> list[str]:
        message, quote, reply_to = await self._answering(pair, event)
        return self._rendered(pair, message, quote, reply_to)

    async def _changes(self, pair: PairConfig, event: StoredEvent, links: Sequence[Link]) -> list[Change]:
        """Files stay in their posts; texts are put into these from the first on, and further ones behind them."""
        message, quote, reply_to = await self._answering(pair, event)
        noted, files = self._fitting(message)
        posts = compare_files(await self._marked(pair, event, links), files)
        if not posts.kept:
            renewed = self._rendered(pair, message, quote, reply_to)
            return [*(Change(Act.POST, text) for text in renewed), *deletes(posts.gone)]
        texts = self._texts(pair, noted, quote)
        staying, surplus = fit_slots(posts.kept, len(texts))
        empty = [DiscordRendered("", self._username(pair, message))] * (len(staying) - len(texts))
        edits = [
            Change(Act.EDIT, freeze(replace(text, files=post.files)), post.post_id)
            for post, text in zip(staying, [*texts, *empty], strict=False)
        ]
        missing = [file for file in files if file.index in posts.missing]
        fresh = _with_files(texts[len(staying) :], missing, self._username(pair, message))
        return [*edits, *(Change(Act.POST, freeze(part)) for part in fresh), *deletes([*surplus, *posts.gone])]

    async def _marked(
        self, pair: PairConfig, event: StoredEvent, links: Sequence[Link]
    ) -> list[tuple[int, tuple[str, ...]]]:
        """The posts that stand, with the marks of their files; posts of an earlier version know only their places."""
        parts = [(link.remote_id, discord_part(link.rendered) if link.rendered else None) for link in links]
        before: Message | None = None
        if any(part and part.files and not part.marks for _, part in parts):
            before = await self._journal.message(pair.id, event.scope, event.message_id, before_revision=event.revision)
        return [(id_, (part.marks or marks_at(before, part.files)) if part else ()) for id_, part in parts]

    async def _answering(self, pair: PairConfig, event: StoredEvent) -> tuple[Message, RichText, int | None]:
        """The message, the quote that stands before it, and the post that it answers."""
        message = event.message
        assert message is not None
        reply_to = await self._replies.target(pair, event, self.number)
        quote: RichText = ()
        if message.reply_to is not None and (reply_to is None or pair.webhook):
            quote = await self._quote(pair, event, message, reply_to)
        return message, quote, reply_to

    def _rendered(self, pair: PairConfig, message: Message, quote: RichText, reply_to: int | None) -> list[str]:
        message, files = self._fitting(message)
        parts = _with_files(self._texts(pair, message, quote), files, self._username(pair, message))
        if reply_to is not None and parts and not pair.webhook:
            parts[0] = replace(parts[0], reply_to=reply_to)
        return [freeze(part) for part in parts]

    def _texts(self, pair: PairConfig, message: Message, quote: RichText) -> list[DiscordRendered]:
        author = ShowAuthor.NEVER if pair.webhook else ShowAuthor.LINE
        username = self._username(pair, message)
        return [
            DiscordRendered(part.content, username)
            for part in discord_parts(message, options=RenderOptions(author, quote))
        ]

    def _username(self, pair: PairConfig, message: Message) -> str:
        return display_name(message.author, "Telegram") if pair.webhook else ""

    def _fitting(self, message: Message) -> tuple[Message, tuple[Attachment, ...]]:
        """The files that Discord takes, and an honest line for each that it does not."""
        if not message.attachments:
            return message, ()
        fits = [a for a in message.attachments if a.size <= self._limits.file_bytes][: self._limits.files]
        link = message_url(message.scope, message.message_id)
        large = [a for a in message.attachments if a not in fits]
        where = f", {link}" if link else ""
        notes = [f"{a.name}: too big for Discord ({a.size} bytes){where}" for a in large]
        note = "\n".join([*([message.note] if message.note else []), *notes])
        return replace(message, note=note), tuple(fits)

    async def _quote(self, pair: PairConfig, event: StoredEvent, message: Message, reply_to: int | None) -> RichText:
        """A webhook cannot reply: the answered post is quoted, with a link where it stands here."""
        original = await self._replies.original(pair, event)
        if reply_to is not None and pair.discord_guild:
            url = f"https://discord.com/channels/{pair.discord_guild}/{pair.discord_channel}/{reply_to}"
            return reply_line(excerpt(original) if original else (), url)
        return quote_line(original or Message(event.scope, message.reply_to or 0, 0))

    # --- performing

    async def look(self, pair: PairConfig, event: StoredEvent, part: PartClaim) -> int | None:
        """Whether a post stands that no answer told of."""
        if part.act is not Act.POST:
            return None
        return await self._find(pair, event, part, discord_part(part.rendered))

    async def perform(self, pair: PairConfig, event: StoredEvent, part: PartClaim, attempt: Attempt) -> int | None:
        """Carries out one part; repeats are recognised by nonce, or by looking at what stands there."""
        try:
            return await self._perform(pair, event, part, attempt)
        except TargetGone as error:
            if error.code != UNKNOWN_WEBHOOK or pair.webhook is None:
                raise
            raise await self._renewal.instead_of(pair, error) from error
        except AccountDead as error:  # of the Discord bot: the Telegram session is fine, its pairs by bot have to wait
            raise TargetGone(error.message, code=error.code, hint=error.hint) from error

    async def _perform(self, pair: PairConfig, event: StoredEvent, part: PartClaim, attempt: Attempt) -> int | None:
        if part.act is Act.DELETE:
            return part.target if await self._delete(pair, part) else None
        rendered = discord_part(part.rendered)
        if part.act is Act.EDIT:
            await self._edit(pair, part, rendered)
            return part.target
        gone = await self._copy_is_gone(pair, event)
        looks = attempt is Attempt.UNSURE or (gone and attempt is not Attempt.FIRST)
        if looks and (found := await self._find(pair, event, part, rendered)):
            return found
        if gone:
            raise CopyGone
        return await self._post(pair, event, part, rendered)

    async def _copy_is_gone(self, pair: PairConfig, event: StoredEvent) -> bool:
        """Whether an edit would add to a copy that a moderator deleted, or a part of it: we may hear of it later."""
        for post in await adds_to(self._journal, event, self.number):
            if not await self._stands(pair, post):
                return True
        return False

    async def _stands(self, pair: PairConfig, post: int) -> bool:
        if pair.webhook:
            return await self._rest.has_executed(pair.webhook, post)
        return await self._rest.has(pair.discord_channel, post)

    async def _find(
        self, pair: PairConfig, event: StoredEvent, part: PartClaim, rendered: DiscordRendered
    ) -> int | None:
        shapes = [(rendered.content, len(rendered.files))]
        if rendered.files:
            shapes += [(_noted(rendered.content, _note(problem, event)), 0) for problem in (TOO_BIG, LOST_FILE)]
        since = event.message.date if event.message else 0
        before = look_from(event, pair.resumed_at)
        return await self._look_back.find(pair, since=since, tried_before=before, key=part.key, shapes=shapes)

    async def _post(
        self, pair: PairConfig, event: StoredEvent, part: PartClaim, rendered: DiscordRendered
    ) -> int | None:
        post = Post(content=rendered.content, username=rendered.username, files=self._files(pair, event, rendered))
        try:
            return await self._send(pair, post, part, rendered)
        except Refused as error:
            if error.code == UNKNOWN_MESSAGE:  # the nonce is known and its message is gone: sent, then deleted
                return None
            problem = FILE_PROBLEMS.get(error.code)
            if problem is None or not rendered.files:
                raise
        content = _noted(post.content, _note(problem, event))
        return await self._send(pair, replace(post, content=content, files=()), part, rendered)

    async def _send(self, pair: PairConfig, post: Post, part: PartClaim, rendered: DiscordRendered) -> int:
        if pair.webhook:
            return await self._rest.execute(pair.webhook, post)
        return await self._rest.send(pair.discord_channel, replace(post, nonce=part.key, reply_to=rendered.reply_to))

    async def _edit(self, pair: PairConfig, part: PartClaim, rendered: DiscordRendered) -> None:
        assert part.target is not None
        bare = partial(_with_former_note, rendered.content)
        post = Post(content=rendered.content, had_files=bool(rendered.files), bare=bare)
        try:
            if pair.webhook:
                await self._rest.edit_executed(pair.webhook, part.target, post)
            else:
                await self._rest.edit(pair.discord_channel, part.target, post)
        except Refused as error:
            if error.code != UNKNOWN_MESSAGE:  # a moderator deleted it: nothing left to edit
                raise

    async def _delete(self, pair: PairConfig, part: PartClaim) -> bool:
        assert part.target is not None
        if pair.webhook:
            return await self._rest.delete_executed(pair.webhook, part.target)
        return await self._rest.delete(pair.discord_channel, part.target)

    def _files(self, pair: PairConfig, event: StoredEvent, rendered: DiscordRendered) -> tuple[FilePart, ...]:
        attachments = event.message.attachments if event.message else ()
        return tuple(
            FilePart(file_name(a.name), a.mime, a.size, partial(self._media.stream, pair, event, a))
            for a in attachments
            if a.index in rendered.files
        )


def _with_files(texts: Sequence[DiscordRendered], files: Sequence[Attachment], username: str) -> list[DiscordRendered]:
    """Files ride on the last text, or alone."""
    if not files:
        return list(texts)
    *first, last = texts or [DiscordRendered("", username)]
    indexes, marks = tuple(file.index for file in files), tuple(mark(file) for file in files)
    return [*first, replace(last, files=indexes, marks=marks)]


def _note(problem: str, event: StoredEvent) -> str:
    """What is wrong with the files; where those that are too big can be had."""
    link = message_url(event.scope, event.message_id) if problem == TOO_BIG else ""
    return f"{problem} <{link}>" if link else problem


def _noted(content: str, note: str) -> str:
    """The content with an honest last line; a full one loses its end visibly."""
    room = DISCORD_LIMIT - len(note) - len(SMALL_LINE) - 2
    shown = content if len(content) <= room else f"{content[:room]}…"
    return f"{shown}\n{SMALL_LINE}{note}".lstrip("\n")


def _with_former_note(content: str, former: str) -> str:
    """The content with the note that stands in place of a post's files, if there is one."""
    note = former.rpartition("\n")[2].removeprefix(SMALL_LINE)
    return _noted(content, note) if note.startswith((TOO_BIG, LOST_FILE)) else content
