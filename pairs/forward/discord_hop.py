"""Hop 1: to the Discord channel, by webhook or by the bot."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from msgspec.structs import replace

from pairs.forward.look_back import LookBack
from pairs.forward.media import LOST_FILE, NO_FILE, Media
from pairs.forward.plan import Planner, at_once, plan_event
from pairs.forward.rendered import DiscordRendered, discord_part, freeze
from pairs.forward.renewal import WebhookRenewal
from pairs.forward.replies import Replies
from pairs.journal.journal import Journal
from pairs.journal.rows import AnyEvent, PartClaim, StoredEvent
from pairs.lane.attempts import look_from
from pairs.lane.config import PairConfig
from pairs.lane.hop import Attempt, Plan
from pairs.models.delivery import Act
from pairs.text.names import display_name, file_name
from pairs.text.quote import excerpt, quote_line, reply_line
from pairs.text.render import DISCORD_LIMIT, RenderOptions, ShowAuthor, discord_parts
from project.core.crypto import Keyring
from project.core.errors import AccountDead, Refused, TargetGone
from project.core.message import Message, RichText
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
        return await plan_event(self._planner, self._journal, pair, event, self._contents)

    async def _contents(self, pair: PairConfig, event: StoredEvent) -> list[str]:
        message = event.message
        assert message is not None
        reply_to = await self._replies.target(pair, event, self.number)
        quote: RichText = ()
        if message.reply_to is not None and (reply_to is None or pair.webhook):
            quote = await self._quote(pair, event, message, reply_to)
        return self._rendered(pair, message, quote, reply_to)

    def _rendered(self, pair: PairConfig, message: Message, quote: RichText, reply_to: int | None) -> list[str]:
        message, files = self._fitting(message)
        username = display_name(message.author, "Telegram") if pair.webhook else ""
        author = ShowAuthor.NEVER if pair.webhook else ShowAuthor.LINE
        rendered = discord_parts(message, options=RenderOptions(author, quote))
        parts = [DiscordRendered(part.content, username) for part in rendered] or [DiscordRendered("", username)]
        if files:
            parts[-1] = replace(parts[-1], files=files)
        if reply_to is not None and not pair.webhook:
            parts[0] = replace(parts[0], reply_to=reply_to)
        return [freeze(part) for part in parts if part.content or part.files]

    def _fitting(self, message: Message) -> tuple[Message, tuple[int, ...]]:
        """The files that Discord takes, and an honest line for each that it does not."""
        if not message.attachments:
            return message, ()
        fits = [a for a in message.attachments if a.size <= self._limits.file_bytes][: self._limits.files]
        link = message_url(message.scope, message.message_id)
        large = [a for a in message.attachments if a not in fits]
        where = f", {link}" if link else ""
        notes = [f"{a.name}: too big for Discord ({a.size} bytes){where}" for a in large]
        note = "\n".join([*([message.note] if message.note else []), *notes])
        return replace(message, note=note), tuple(a.index for a in fits)

    async def _quote(self, pair: PairConfig, event: StoredEvent, message: Message, reply_to: int | None) -> RichText:
        """A webhook cannot reply: the answered post is quoted, with a link where it stands here."""
        original = await self._replies.original(pair, event)
        if reply_to is not None and pair.discord_guild:
            url = f"https://discord.com/channels/{pair.discord_guild}/{pair.discord_channel}/{reply_to}"
            return reply_line(excerpt(original) if original else (), url)
        return quote_line(original or Message(event.scope, message.reply_to or 0, 0))

    # --- performing

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
        if attempt is Attempt.UNSURE and (found := await self._find(pair, event, part, rendered)):
            return found
        return await self._post(pair, event, part, rendered)

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
        post = Post(content=rendered.content, had_files=bool(rendered.files))
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


def _note(problem: str, event: StoredEvent) -> str:
    """What is wrong with the files; where those that are too big can be had."""
    link = message_url(event.scope, event.message_id) if problem == TOO_BIG else ""
    return f"{problem} <{link}>" if link else problem


def _noted(content: str, note: str) -> str:
    """The content with an honest last line; a full one loses its end visibly."""
    room = DISCORD_LIMIT - len(note) - len(SMALL_LINE) - 2
    shown = content if len(content) <= room else f"{content[:room]}…"
    return f"{shown}\n{SMALL_LINE}{note}".lstrip("\n")
