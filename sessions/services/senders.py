"""Registering sender bots."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, replace

from django.db import IntegrityError, transaction
from django.db.models import Count, Q

from project.core.audit import record
from project.core.config import current
from project.core.crypto import seal
from project.core.errors import Conflict, InvalidInput, NotFound
from project.core.secret import Secret
from sessions.domain.device import CURRENT
from sessions.models import SenderBot, SenderState
from sessions.services.login import login_state, open_attempt

_TOKEN = re.compile(r"([0-9]{3,20}):[A-Za-z0-9_-]{20,100}")


@dataclass(frozen=True, slots=True)
class SenderView:
    """A sender bot as the doors show it."""

    id: int
    account: str
    bot_id: int
    username: str
    state: str
    reason: str
    pairs: int = 0

    @property
    def name(self) -> str:
        """As people know it."""
        return f"@{self.username}" if self.username else f"bot {self.bot_id}"


def add_sender(*, actor: str, token: Secret) -> SenderView:
    """Registers a bot and asks a worker to import its token, once. Raises InvalidInput and Conflict.

    The import is not repeated: Telegram floods auth.ImportBotAuthorization for up to an hour (TG-FileStreamBot#87).
    A bot that never got that far, or that died, may be given again: with another token, say.
    """
    text = token.reveal().strip()
    bot_id = _bot_id(text)
    try:
        with transaction.atomic():
            sender = _row(bot_id)
            sealed = seal(text.encode(), owner=sender.account, keys=current().master_keys)
            SenderBot.objects.filter(pk=sender.pk).update(token_sealed=sealed)
            open_attempt(sender.account)
            record(actor=actor, action="sender.add", target=sender.account, after={"bot_id": bot_id})
    except IntegrityError:
        raise _known(bot_id) from None
    return view(sender)


def update_token(*, actor: str, sender: SenderBot, token: Secret) -> SenderView:
    """Another token of the same bot, as @BotFather gives it after /revoke; a worker imports it when the key is dead.

    Raises InvalidInput, and Conflict for a removed bot.
    """
    text = token.reveal().strip()
    if (bot_id := _bot_id(text)) != sender.bot_id:
        raise InvalidInput(
            f"This is the token of bot {bot_id}, not of {sender}.", hint="/addbot registers another bot."
        )
    with transaction.atomic():
        row = SenderBot.living().select_for_update().filter(pk=sender.pk).first()
        if row is None:
            raise Conflict("This sender bot was removed.", hint="/addbot registers it anew.")
        row.token_sealed = seal(text.encode(), owner=row.account, keys=current().master_keys)
        row.save(update_fields=["token_sealed"])
        open_attempt(row.account)
        record(actor=actor, action="sender.token", target=row.account)
    return view(row)


def _bot_id(token: str) -> int:
    match = _TOKEN.fullmatch(token)
    if match is None:
        raise InvalidInput("This is not a bot token.", hint="@BotFather gives one like 123456789:AAE….")
    admin_bot = current().admin_bot_token
    if admin_bot is not None and admin_bot.reveal().partition(":")[0] == match[1]:
        raise InvalidInput("This is the admin bot.", hint="Make another bot for sending, with @BotFather.")
    return int(match[1])


def _row(bot_id: int) -> SenderBot:
    known = SenderBot.living().select_for_update().filter(bot_id=bot_id).first()
    if known is None:
        return SenderBot.objects.create(bot_id=bot_id, token_sealed=b"", device=asdict(CURRENT))
    if known.state == SenderState.ACTIVE:
        raise _known(bot_id)
    return known


def _known(bot_id: int) -> Conflict:
    return Conflict(
        f"Bot {bot_id} is registered already.", hint="`python manage.py sender list`, or /bots in the bot, shows it."
    )


def list_senders() -> list[SenderView]:
    """All sender bots that were not removed."""
    living = Count("pairs", filter=~Q(pairs__status="removed"))
    rows = SenderBot.living().annotate(living_pairs=living).order_by("pk")
    return [replace(view(sender), pairs=sender.living_pairs) for sender in rows]


def find_sender(reference: str) -> SenderBot:
    """By @username or bot id. Raises NotFound, which does not repeat a token that was given instead."""
    wanted = reference.lstrip("@")
    for sender in SenderBot.living():
        if wanted and wanted.lower() in {sender.username.lower(), str(sender.bot_id)}:
            return sender
    raise NotFound(
        f"There is no sender bot {reference.partition(':')[0][:40]}.",
        hint="`python manage.py sender list`, or /bots in the bot, shows them.",
    )


def find_active(reference: str) -> SenderBot:
    """The sender bot of that @username or id, if its token was imported. Raises NotFound and Conflict."""
    sender = find_sender(reference)
    if sender.state != SenderState.ACTIVE:
        raise Conflict(
            f"{sender} cannot send: it is {sender.state}.",
            hint="`python manage.py sender add`, or /addbot in the bot, takes its token again.",
        )
    return sender


def view(sender: SenderBot) -> SenderView:
    """The row as doors may show it."""
    return SenderView(
        id=sender.pk,
        account=sender.account,
        bot_id=sender.bot_id,
        username=sender.username,
        state=sender.state,
        reason=sender.reason or _import_error(sender),
    )


def _import_error(sender: SenderBot) -> str:
    attempt = login_state(sender.account) if sender.state == SenderState.REGISTERED else None
    return attempt.error if attempt else ""
