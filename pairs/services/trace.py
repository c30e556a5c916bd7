"""Where one message went: from its chat through the journal to Discord and the destination, for each pair."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django.db.models import Q

from pairs.domain.references import DiscordPost, TelegramPost
from pairs.models import Delivery, Event, Pair, PairStatus
from project.core.errors import NotFound, RelayError
from project.telegram.updates import message_url
from sessions.models import TelegramSession
from sessions.services.finding import is_logged_in
from sessions.services.lookups import look_up_chat

MOST_PAIRS = 10
_STOPPED = frozenset({PairStatus.PAUSED, PairStatus.DISABLED, PairStatus.PARKED})

Origin = tuple[int, str, int]  # pair, scope, message id
Reason = Callable[[Pair, int], str]


@dataclass(frozen=True, slots=True)
class PartTrace:
    """What became of one part on one hop. `link` leads to the post where it stands and can be linked."""

    part: int
    act: str
    state: str
    at: datetime | None
    reason: str
    link: str


@dataclass(frozen=True, slots=True)
class EventTrace:
    """One thing that happened to the message. `hops`: 1 is Discord, 2 the destination."""

    kind: str
    revision: int
    taken_at: datetime
    hops: tuple[tuple[int, tuple[PartTrace, ...]], ...]


@dataclass(frozen=True, slots=True)
class PairTrace:
    """The message within one pair. Without events it was not relayed, and `why` says what is known about that."""

    pair_id: int
    route: str
    status: str
    origin: str
    origin_link: str
    event_id: int | None
    events: tuple[EventTrace, ...] = ()
    why: str = ""


def trace(post: TelegramPost | DiscordPost) -> tuple[PairTrace, ...]:
    """The traces of a message, wherever of the three chats it was seen. Raises NotFound where no pair has its chat."""
    return _on_discord(post) if isinstance(post, DiscordPost) else _on_telegram(post)


def trace_event(event_id: int) -> PairTrace:
    """The trace of one journaled message within its pair. Raises NotFound."""
    event = Event.objects.filter(pk=event_id).defer("payload").first()
    if event is None:
        raise NotFound("The journal does not hold this message any more.")
    (pair,) = Pair.objects.filter(pk=event.pair_id)
    return _trace(pair, event.scope, event.message_id)


def _on_discord(post: DiscordPost) -> tuple[PairTrace, ...]:
    pairs = _pairs(Q(discord_channel=post.channel_id))
    if not pairs:
        raise NotFound("No pair posts into that Discord channel.", hint="/pairs shows the pairs.")
    origins = _shown_as(pairs, 1, post.message_id) | _journaled(pairs, f"dc:{post.channel_id}", post.message_id)
    return _traces(pairs, origins, _discord_reasons, post.message_id)


def _on_telegram(post: TelegramPost) -> tuple[PairTrace, ...]:
    chat_id = post.chat_id or _named(post.username)
    pairs = _pairs(Q(source_chat=chat_id) | Q(destination_chat=chat_id))
    if not pairs:
        raise NotFound("No pair reads that chat or posts there.", hint="/pairs shows the pairs.")
    reads = [pair for pair in pairs if pair.source_chat == chat_id]
    posts = [pair for pair in pairs if pair.destination_chat == chat_id]
    origins = _journaled(reads, f"tg:{chat_id}", post.message_id) | _shown_as(posts, 2, post.message_id)
    return _traces(reads or posts, origins, _source_reasons if reads else _destination_reasons, post.message_id)


def _pairs(chat: Q) -> list[Pair]:
    living = Pair.living().filter(chat)
    return list(living.select_related("sender", "assignment__session").order_by("pk"))


def _named(username: str) -> int:
    """A public chat's bare id: as a pair knows it, else asked from Telegram."""
    known = Pair.objects.filter(source_username__iexact=username).values_list("source_chat", flat=True).first()
    if known is not None:
        return known
    sessions = [one for one in TelegramSession.objects.order_by("-priority", "pk") if is_logged_in(one)]
    if not sessions:
        raise NotFound(f"No pair knows @{username}.")
    try:
        return look_up_chat(sessions[0].account, f"@{username}").chat_id
    except RelayError as error:
        raise NotFound(f"No pair knows @{username}: {error.message}") from None


# --- finding the origin


def _journaled(pairs: Sequence[Pair], scope: str, message_id: int) -> set[Origin]:
    found = Event.objects.filter(pair__in=pairs, scope=scope, message_id=message_id)
    return set(found.values_list("pair_id", "scope", "message_id"))


def _shown_as(pairs: Sequence[Pair], hop: int, remote_id: int) -> set[Origin]:
    found = Delivery.objects.filter(pair__in=pairs, hop=hop, remote_id=remote_id, act="post")
    return set(found.values_list("pair_id", "event__scope", "event__message_id"))


# --- telling


def _traces(pairs: Sequence[Pair], origins: Iterable[Origin], reason: Reason, message_id: int) -> tuple[PairTrace, ...]:
    by_id = {pair.pk: pair for pair in (*_pairs(Q(pk__in=[origin[0] for origin in origins])), *pairs)}
    told = [_trace(by_id[pair_id], scope, number) for pair_id, scope, number in sorted(origins) if pair_id in by_id]
    silent = {pair.pk for pair in pairs} - {one.pair_id for one in told}
    if told and reason is not _source_reasons:
        silent = set()  # another pair's post: these have nothing to do with it
    told += [_silent(by_id[pair_id], reason(by_id[pair_id], message_id)) for pair_id in sorted(silent)]
    return tuple(told[:MOST_PAIRS])


def _silent(pair: Pair, why: str) -> PairTrace:
    return PairTrace(pair.pk, _route(pair), pair.status, "", "", None, why=why)


def _trace(pair: Pair, scope: str, message_id: int) -> PairTrace:
    events = list(Event.objects.filter(pair=pair, scope=scope, message_id=message_id).defer("payload").order_by("seq"))
    rows = Delivery.objects.filter(event__in=events).defer("rendered").order_by("event_id", "hop", "part")
    by_event = {key: list(group) for key, group in groupby(rows, key=lambda row: row.event_id)}
    created = next((event.pk for event in events if event.kind == "create"), None)
    return PairTrace(
        pair_id=pair.pk,
        route=_route(pair),
        status=pair.status,
        origin=f"{_chat_name(pair, scope)}, message {message_id}",
        origin_link=_origin_link(pair, scope, message_id),
        event_id=created,
        events=tuple(_event(pair, event, by_event.get(event.pk, [])) for event in events),
    )


def _event(pair: Pair, event: Event, rows: Sequence[Delivery]) -> EventTrace:
    hops = tuple(
        (hop, tuple(_part(pair, hop, row) for row in parts)) for hop, parts in groupby(rows, key=lambda row: row.hop)
    )
    return EventTrace(event.kind, event.revision, event.created_at, hops)


def _part(pair: Pair, hop: int, row: Delivery) -> PartTrace:
    link = "" if row.remote_id is None or row.act == "delete" else _post_link(pair, hop, row.remote_id)
    return PartTrace(row.part, row.act, row.state, row.attempted_at, row.reason, link)


def _route(pair: Pair) -> str:
    channel = f"#{pair.discord_title}" if pair.discord_title else str(pair.discord_channel)
    return f"{pair.source_name} → {channel} → {pair.destination_name}"


def _chat_name(pair: Pair, scope: str) -> str:
    if scope.startswith("dc:"):
        return f"#{pair.discord_title}" if pair.discord_title else "Discord"
    return pair.source_name


def _origin_link(pair: Pair, scope: str, message_id: int) -> str:
    if scope.startswith("dc:"):
        return _discord_link(pair, int(scope.removeprefix("dc:")), message_id)
    if pair.source_username:
        return f"https://t.me/{pair.source_username}/{message_id}"
    return message_url(scope, message_id)


def _post_link(pair: Pair, hop: int, remote_id: int) -> str:
    if hop == 1:
        return _discord_link(pair, pair.discord_channel, remote_id)
    return f"https://t.me/c/{pair.destination_chat}/{remote_id}"


def _discord_link(pair: Pair, channel: int, message_id: int) -> str:
    return f"https://discord.com/channels/{pair.discord_guild}/{channel}/{message_id}" if pair.discord_guild else ""


# --- why not


def _source_reasons(pair: Pair, message_id: int) -> str:
    if pair.cursor is None:
        return "The pair has not begun to read its source yet."
    if message_id <= pair.cursor:
        return (
            "The pair has read past it without taking it: it came before the pair began, was deleted before it was "
            "seen, is a service message, was left out after a long absence (/audit pair.left_out tells), or its row is "
            "older than LINK_DAYS."
        )
    if pair.status in _STOPPED:
        return f"The pair is {pair.status}{_because(pair)}. It goes on from message {pair.cursor} when it returns."
    if pair.reader is None:
        return "The pair has no session that could read it."
    if not is_logged_in(pair.reader):
        return f"Session {pair.reader.name} cannot read it: it is {pair.reader.health}."
    return f"It is not read yet: the pair stands at message {pair.cursor}."


def _discord_reasons(pair: Pair, message_id: int) -> str:
    stopped = f" The pair is {pair.status}{_because(pair)}." if pair.status in _STOPPED else ""
    return f"The journal does not know this message: neither a post of ours nor taken from a person.{stopped}"


def _destination_reasons(pair: Pair, message_id: int) -> str:
    return "This is no post of this pair, or its row is older than LINK_DAYS."


def _because(pair: Pair) -> str:
    return f" ({pair.status_reason.rstrip('.')})" if pair.status_reason else ""
