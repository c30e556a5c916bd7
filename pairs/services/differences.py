"""Where a line of a file and the pair that it speaks of differ."""

from __future__ import annotations

from pairs.domain.imports import PairLine
from pairs.domain.options import CHOICES
from pairs.domain.requests import EditWish
from pairs.models import Pair
from pairs.services.exports import sender_of, session_name, token_of
from pairs.services.finding import ITSELF
from pairs.services.targets import no_thread
from project.core.config import current
from project.core.errors import InvalidInput
from project.core.secret import Secret
from project.discord.rest import Webhook
from project.discord.urls import parse_webhook_url


def webhook_of(line: PairLine) -> Webhook | None:
    """The webhook that the line names; None without one, and for what is no address of one."""
    if line.webhook is None:
        return None
    try:
        return parse_webhook_url(line.webhook.reveal(), api_url=current().discord_api_url)
    except InvalidInput:
        return None


def webhook_problem(line: PairLine) -> str:
    """What is wrong with the webhook's URL that the line names, "" when nothing is."""
    if line.webhook is None:
        return ""
    try:
        webhook = parse_webhook_url(line.webhook.reveal(), api_url=current().discord_api_url)
    except InvalidInput as error:
        return error.message
    return no_thread(webhook)


def differences(pair: Pair, line: PairLine) -> tuple[str, ...]:
    """What differs, for people."""
    about = []
    if line.session and line.session.lower() != session_name(pair).lower():
        about.append(f"session: {session_name(pair) or '-'} → {line.session}")
    if names_another_sender(pair, line):
        about.append(f"sender: {sender_of(pair) or 'the session'} → {line.sender or 'the session'}")
    if _posts_otherwise(pair, line):
        about.append("Discord: another webhook" if line.webhook or line.webhook_id else "Discord: the bot posts")
    options = dict(line.options)
    for name in sorted(CHOICES):
        before = pair.options.get(name, "")
        if options.get(name, "") not in ("", before):
            about.append(f"{name}: {before or '-'} → {options[name]}")
    return tuple(about)


def wish_of(pair: Pair, line: PairLine) -> EditWish:
    """What has to be changed about the pair, but its session."""
    other = names_another_sender(pair, line)
    discord = (line.webhook or Secret(str(line.discord))) if _posts_otherwise(pair, line) else None
    return EditWish(
        discord=discord,
        sender=(line.sender or "session") if other else "",
        options={name: value for name, value in line.options if pair.options.get(name) != value},
    )


def names_another_sender(pair: Pair, line: PairLine) -> bool:
    """Whether the line names another sender than the pair has."""
    wanted = line.sender.removeprefix("@").lower()
    if pair.sender is None:
        return wanted not in ITSELF
    return wanted not in (pair.sender.username.lower(), str(pair.sender.bot_id))


def _posts_otherwise(pair: Pair, line: PairLine) -> bool:
    webhook = webhook_of(line)
    wanted = webhook.id if webhook else line.webhook_id
    if wanted != pair.webhook_id:
        return True
    return webhook is not None and webhook.token.reveal() != token_of(pair).reveal()
