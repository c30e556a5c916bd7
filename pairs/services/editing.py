"""Changing pairs. What is queued goes to the new place; what stands at the old one stays there as it is.

Edits and deletes of posts at the old place are skipped and say so. A part of which nobody knows whether it went out
there goes to the new place as well: at most once at each.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from pairs.domain.options import check_option
from pairs.models import Act, Delivery, HopState, Pair
from pairs.services.anew import UNTRIED
from pairs.services.finding import Poster
from pairs.services.registry import PairView, check_no_cycle, check_poster, find_pair, view
from pairs.services.stillness import UNFINISHED, still, wake_owners
from pairs.services.targets import DiscordTarget, sealed_token
from project.core.audit import record
from project.core.errors import Conflict

_FIELDS = [
    "source_title",
    "source_username",
    "discord_channel",
    "people_since",
    "discord_guild",
    "discord_title",
    "webhook_id",
    "webhook_sealed",
    "former_webhooks",
    "destination_chat",
    "destination_title",
    "destination_username",
    "sender",
    "options",
]
_ELSEWHERE = "its post stands at the former place"


@dataclass(frozen=True, slots=True)
class Titles:
    """The chats' names as they read now; "" where nobody could tell."""

    source: str = ""
    source_username: str = ""
    discord: str = ""
    destination: str = ""
    destination_username: str = ""


@dataclass(frozen=True, slots=True)
class PairChange:
    """What is to be different; looked up already. What is None stays."""

    target: DiscordTarget | None = None
    poster: Poster | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    titles: Titles | None = None


@dataclass(frozen=True, slots=True)
class Edited:
    """The pair as it is now, what changed, and what that means for what was there, both in sentences."""

    pair: PairView
    changes: tuple[str, ...]
    consequences: tuple[str, ...] = ()


def edit_pair(*, actor: str, pair_id: int, change: PairChange, reason: str = "") -> Edited:
    """Changes a pair while it runs. Raises NotFound, InvalidInput and Conflict; then nothing has changed.

    Another channel, destination or sender stops the pair for a moment: blocks for seconds (`stillness.still`).
    """
    pair = find_pair(pair_id)
    _check(pair, change)
    hops = _touched(pair, change)
    if not hops:
        return _write(actor, pair_id, change, reason)
    with still(pair_id, hops):
        return _write(actor, pair_id, change, reason)


def _check(pair: Pair, change: PairChange) -> None:
    for name, value in change.options.items():
        check_option(name, value)
    poster = change.poster
    if poster is not None:
        itself = f"session {pair.reader.name}" if pair.reader else "the session"
        check_poster(poster.destination, str(poster.sender) if poster.sender else itself)
        check_no_cycle(pair.source_chat, poster.destination.chat_id, besides=pair.pk)


def _touched(pair: Pair, change: PairChange) -> frozenset[int]:
    """The hops that post somewhere else, or as somebody else, from now on."""
    hops = set()
    if change.target is not None and change.target.channel_id != pair.discord_channel:
        hops.add(1)
    if change.poster is not None and (_moves(pair, change.poster) or _sender_id(change.poster) != pair.sender_id):
        hops.add(2)
    return frozenset(hops)


def _moves(pair: Pair, poster: Poster) -> bool:
    return poster.destination.chat_id != pair.destination_chat


def _sender_id(poster: Poster) -> int | None:
    return poster.sender.pk if poster.sender else None


def _write(actor: str, pair_id: int, change: PairChange, reason: str) -> Edited:
    try:
        with transaction.atomic():
            pair = Pair.objects.select_for_update(no_key=True, of=("self",)).get(pk=find_pair(pair_id).pk)
            before, consequences = _facts(pair), _consequences(pair, change)
            wake_owners(pair)  # a former sender, too
            _leave(pair, change)
            _apply(pair, change)
            pair.save(update_fields=_FIELDS)
            after = _facts(pair)
            changed = {name: value for name, value in after.items() if before[name] != value}
            if changed:
                was = {name: before[name] for name in changed}
                record(
                    actor=actor, action="pair.edit", target=f"pair.{pair.pk}", before=was, after=changed, reason=reason
                )
            wake_owners(pair)
    except IntegrityError:
        raise Conflict("A pair with this source, channel and destination exists already.") from None
    told = tuple(f"{name}: {before[name] or '-'} → {value or '-'}" for name, value in changed.items())
    return Edited(view(find_pair(pair_id)), told, consequences)


def _facts(pair: Pair) -> dict[str, object]:
    return {
        "Discord channel": pair.discord_channel,
        "webhook": pair.webhook_id,
        "destination": pair.destination_chat,
        "sender": str(pair.sender) if pair.sender else "the session",
        "options": dict(pair.options),
        "source title": pair.source_title,
        "Discord title": pair.discord_title,
        "destination title": pair.destination_title,
    }


def _consequences(pair: Pair, change: PairChange) -> tuple[str, ...]:
    told = []
    target, poster = change.target, change.poster
    if target is not None and target.channel_id != pair.discord_channel:
        told.append("What stands in the former Discord channel stays there and is not edited or deleted any more.")
    elif target is not None and (target.webhook.id if target.webhook else None) != pair.webhook_id:
        told.append("Posts of the former webhook, or of the bot, cannot be edited any more.")
    if poster is not None and _moves(pair, poster):
        told.append("What stands at the former destination stays there and is not edited or deleted any more.")
    elif poster is not None and _sender_id(poster) != pair.sender_id:
        told.append("Posts of the former sender may not be editable any more.")
    return tuple(told)


def _apply(pair: Pair, change: PairChange) -> None:
    if change.target is not None:
        _apply_target(pair, change.target)
    if change.poster is not None:
        pair.destination_chat = change.poster.destination.chat_id
        pair.destination_title = change.poster.destination.title
        pair.destination_username = change.poster.destination.username
        pair.sender = change.poster.sender
    if change.titles is not None:
        pair.source_title = change.titles.source or pair.source_title
        pair.source_username = change.titles.source_username
        pair.discord_title = change.titles.discord or pair.discord_title
        if change.titles.destination:
            pair.destination_title = change.titles.destination
            pair.destination_username = change.titles.destination_username
    pair.options = {**pair.options, **change.options}


def _apply_target(pair: Pair, target: DiscordTarget) -> None:
    if target.channel_id != pair.discord_channel:
        pair.people_since = Now()
    pair.discord_channel, pair.discord_guild, pair.discord_title = target.channel_id, target.guild_id, target.title
    new = target.webhook.id if target.webhook else None
    if pair.webhook_id is not None and pair.webhook_id != new:
        pair.former_webhooks = [*pair.former_webhooks, pair.webhook_id]  # its posts stay ours
    pair.webhook_id = new
    pair.webhook_sealed = sealed_token(pair, target)


# --- what is queued


def _leave(pair: Pair, change: PairChange) -> None:
    """The queue forgets the places that the pair leaves: a message id of one chat names another message in the next."""
    left = []
    if change.target is not None and change.target.channel_id != pair.discord_channel:
        left.append(1)
    if change.poster is not None and _moves(pair, change.poster):
        left.append(2)
    if left:
        _leave_place(pair, left)


def _leave_place(pair: Pair, hops: Sequence[int]) -> None:
    rows = Delivery.objects.filter(pair=pair, hop__in=hops)
    rows.filter(UNFINISHED).filter(act__in=[Act.EDIT, Act.DELETE]).update(
        state=HopState.SKIPPED, reason=_ELSEWHERE, remote_id=None, not_before=None
    )
    rows.filter(remote_id__isnull=False).update(remote_id=None)
    _plan_anew(pair, hops)


def _plan_anew(pair: Pair, hops: Collection[int]) -> None:
    """A post of which nothing went out is rendered again (its reply may name a post of the former place); the rest of
    one that did follows as it is."""
    sent = Delivery.objects.filter(event=OuterRef("event"), hop=OuterRef("hop"), state=HopState.SENT)
    posts = Delivery.objects.filter(UNFINISHED, pair=pair, hop__in=hops, act=Act.POST)
    fresh = posts.filter(~Exists(sent))
    fresh.filter(part__gt=0).delete()
    fresh.filter(part=0).update(act=Act.PLAN, rendered=None, key="", state=HopState.HELD, **UNTRIED)
    posts.update(state=HopState.HELD, **UNTRIED)
