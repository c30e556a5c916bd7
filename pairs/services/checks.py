"""Whether a pair can work: source, Discord and destination, each looked at with the accounts that it uses."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from pairs.domain.options import Protected, read_options
from pairs.models import Pair
from pairs.services.delays import delays
from pairs.services.guests import guest_note
from pairs.services.lags import lags
from pairs.services.sharing import sharing_note
from project.botkit.times import ago
from project.core.checks import Check, failed, ok, warning
from project.core.clock import database_now
from project.core.config import Config, current
from project.core.crypto import unseal
from project.core.errors import GatewayError, RelayError, TargetGone
from project.core.secret import Secret
from project.core.stopping import run
from project.core.words import counted
from project.discord.rest import BotInfo, DiscordRest, Webhook
from project.discord.session import open_http
from project.telegram.values import ChatInfo
from sessions.models import TelegramSession
from sessions.services.checks import check_posting
from sessions.services.finding import is_logged_in
from sessions.services.lookups import look_up_chat

READING = frozenset({"View Channels", "Read Message History"})
POSTING = READING | {"Send Messages", "Attach Files"}
_LOOK_BACK = 10  # messages
_LAST = 10  # posts
LATE = 15.0  # seconds; a member hears of a post within one or two
INTENT = "Switch on Message Content Intent at https://discord.com/developers/applications/{}/bot"


def check_pair(pair: Pair) -> Iterator[Check]:
    """Every check of a pair, as it comes. Nothing is posted anywhere. Blocks up to two minutes."""
    session = pair.reader
    if session is None:
        yield failed("session", "The pair has no session that reads its source.", "/changesession gives it one.")
    elif not is_logged_in(session):
        why = session.health_reason.rstrip(".") or session.lifecycle
        todo = (
            f"/authenticate {session.name} in the bot, or `python manage.py session login {session.name}`, logs it in."
        )
        yield failed("session", f"{session.name} is not logged in ({why}).", todo)
    else:
        yield _source(pair, session)
    yield _delay(pair)
    if note := sharing_note(pair):
        yield ok("people", note)
    yield _queue(pair)
    yield from run(_discord(pair, current()))
    if pair.sender:
        yield check_posting(pair.sender.account, str(pair.sender), str(pair.destination_chat))
    elif session is not None and is_logged_in(session):
        yield check_posting(session.account, f"session {session.name}", str(pair.destination_chat))


def _queue(pair: Pair) -> Check:
    lag = lags([pair.pk]).get(pair.pk)
    if lag is None:
        return ok("queue", "Nothing waits longer than it takes.")
    todo = "It is tried again by itself. A message that alone is the cause is set aside within ten minutes."
    return warning("queue", f"{lag}", todo)


def _source(pair: Pair, session: TelegramSession) -> Check:
    try:
        found = look_up_chat(session.account, str(pair.source_chat))
    except RelayError as error:
        todo = error.hint or "Let the account join it, or use a session that is a member."
        return failed("source", f"{session.name} cannot read {pair.source_name}: {error.message}", todo)
    if found.protected:
        return _protected(pair, found)
    if not found.member:
        todo = f"`python manage.py pair join {pair.pk}`, or [Join the source] below /pairs #{pair.pk}, makes it one."
        return warning("source", f"{session.name} reads {found.title}, but is {guest_note()}.", todo)
    return ok("source", f"{session.name} reads {found.title}; its newest message is {found.top_message_id}.")


def _delay(pair: Pair) -> Check:
    """When the last post was seen, and how late the last ten came: from the date that Telegram gave them to our row."""
    late = delays(pair.pk, _LAST)
    if not late:
        return ok("delay", "No post of the source has come so far.")
    seen = f"The last post was seen {ago(late[0].seen_at, database_now())}"
    seconds = [one.seconds for one in late]
    if len(late) == 1:
        return ok("delay", f"{seen}, {seconds[0]:.0f} s after it was posted.")
    middle = median(seconds)
    spread = f"{min(seconds):.0f} to {max(seconds):.0f} s late, half of them within {middle:.0f} s"
    text = f"{seen}; the last {len(late)} came {spread}."
    if middle > LATE:
        return warning("delay", text, "After an interruption that is right; else the checks around this one say why.")
    return ok("delay", text)


def _protected(pair: Pair, found: ChatInfo) -> Check:
    if read_options(pair.options).protected is Protected.REUPLOAD:
        return ok("source", f"{found.title} forbids copying; an owner wants it copied all the same.")
    todo = f"An owner may say: /editpair {pair.pk} protected=reupload"
    return warning("source", f"{found.title} forbids copying: a note stands for each of its messages.", todo)


async def _discord(pair: Pair, config: Config) -> list[Check]:
    async with open_http() as http:
        rest = DiscordRest(http=http, api_url=config.discord_api_url, token=config.discord_bot_token)
        checks = [await _webhook(rest, pair, config)] if pair.webhook_id else []
        if config.discord_bot_token is None:
            return [*checks, _no_bot(pair)]
        try:
            bot = await rest.me()
            checks.append(await _rights(rest, pair))
            checks.append(await _look_back(rest, pair, bot))
        except GatewayError as error:
            checks.append(failed("Discord bot", error.message, error.hint))
        return checks


async def _webhook(rest: DiscordRest, pair: Pair, config: Config) -> Check:
    token = unseal(bytes(pair.webhook_sealed or b""), owner=pair.seal_owner, keys=config.master_keys).decode()
    again = f"Make a new webhook in the channel's settings, then give the pair its URL: /editpair {pair.pk} discord=…"
    try:
        info = await rest.webhook(Webhook(pair.webhook_id or 0, Secret(token)))
    except TargetGone as error:
        return failed("webhook", error.message, again)
    except GatewayError as error:
        return failed("webhook", error.message, error.hint)
    if info.channel_id != pair.discord_channel:
        return failed("webhook", "It posts into another channel than when the pair was made.", again)
    return ok("webhook", "It exists and posts into the pair's channel.")


def _no_bot(pair: Pair) -> Check:
    todo = "Set DISCORD_BOT_TOKEN and invite the bot; `python manage.py doctor` shows the link."
    if not pair.webhook_id:
        return failed("Discord bot", "The pair posts as the Discord bot, but there is none.", todo)
    text = "Without a bot, nobody hears people on Discord, and a post whose answer was lost cannot be looked up."
    return warning("Discord bot", text, todo)


async def _rights(rest: DiscordRest, pair: Pair) -> Check:
    """The bot's permissions in the channel, named as Discord's settings name them."""
    needed = READING if pair.webhook_id else POSTING
    missing = needed - await rest.permissions(pair.discord_channel)
    if missing:
        names = ", ".join(sorted(missing))
        return failed("permissions", f"The bot lacks in the channel: {names}.", f"Give it there: {names}.")
    return ok("permissions", f"The bot has what it needs: {', '.join(sorted(needed))}.")


async def _look_back(rest: DiscordRest, pair: Pair, bot: BotInfo) -> Check:
    """Can the bot find our own posts again? Without Read Message History Discord answers an empty list and no error;
    without the Message Content intent the texts of a webhook's posts come empty."""
    if not bot.reads_content:
        return failed("look-back", "The bot sees messages without their text.", INTENT.format(bot.application_id))
    if "Read Message History" not in await rest.permissions(pair.discord_channel):
        return failed("look-back", "The bot sees an empty channel.", "Give it Read Message History there.")
    found = await rest.recent(pair.discord_channel, after_id=0, limit=_LOOK_BACK)
    if not found:
        return ok("look-back", "The channel is empty so far; the bot may read it.")
    if not any(message.content or message.attachments for message in found):
        return warning("look-back", "The bot read messages, but all came without text.", "Check it with text in there.")
    return ok("look-back", f"The bot read {counted(len(found), 'message')} of the channel, with text.")
