"""Pairs as lines of a file."""

from __future__ import annotations

from django.db.models import QuerySet

from pairs.domain.imports import PairLine
from pairs.domain.options import CHOICES
from pairs.models import Pair
from project.core.chats import marked
from project.core.config import current
from project.core.crypto import unseal
from project.core.secret import Secret
from project.discord.rest import Webhook
from project.discord.urls import webhook_url


def export_pairs(*, with_secrets: bool) -> tuple[PairLine, ...]:
    """All living pairs as lines of a file. Without secrets webhooks are named by their ids: such a file changes pairs
    here, but cannot make them anew elsewhere."""
    return tuple(_exported(pair, with_secrets=with_secrets) for pair in pairs_to_compare())


def _exported(pair: Pair, *, with_secrets: bool) -> PairLine:
    webhook = None
    if with_secrets and pair.webhook_id:
        webhook = webhook_url(Webhook(pair.webhook_id, token_of(pair)), api_url=current().discord_api_url)
    return PairLine(
        source=marked(pair.source_chat),
        destination=marked(pair.destination_chat),
        discord=pair.discord_channel,
        webhook=webhook,
        webhook_id=None if webhook else pair.webhook_id,
        session=session_name(pair),
        sender=sender_of(pair),
        options=tuple((name, pair.options[name]) for name in sorted(CHOICES) if pair.options.get(name)),
    )


def pairs_to_compare() -> QuerySet[Pair]:
    """All that a file may speak of, with what its lines name."""
    return Pair.living().select_related("sender", "assignment__session").order_by("pk")


def session_name(pair: Pair) -> str:
    """The name of the session that reads it, "" without one."""
    return pair.reader.name if pair.reader else ""


def sender_of(pair: Pair) -> str:
    """The sender bot as files name it, "" where the session posts."""
    if pair.sender is None:
        return ""
    return f"@{pair.sender.username}" if pair.sender.username else str(pair.sender.bot_id)


def token_of(pair: Pair) -> Secret:
    """The token of its webhook."""
    return Secret(unseal(bytes(pair.webhook_sealed or b""), owner=pair.seal_owner, keys=current().master_keys).decode())
