"""What people name for a pair, looked up by the accounts that will use it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Q

from pairs.domain.moves import INSIDE, READABLE, Sights
from pairs.domain.references import channel_hint, chat_number, check_chat, check_destination
from pairs.models import Access, Pair, SourceAccess
from pairs.services.access import Wanted, see
from pairs.services.placing import best_sessions
from project.core.chats import marked
from project.core.clock import database_now
from project.core.errors import Conflict, NotFound, RelayError
from project.core.words import counted, few
from project.telegram.values import ChatInfo
from sessions.domain.choice import Choice
from sessions.models import SenderBot, TelegramSession
from sessions.services.finding import find_logged_in
from sessions.services.lookups import NoSuchName, look_up_chat
from sessions.services.senders import find_active

ITSELF = frozenset({"", "session", "itself"})  # no sender bot: the session posts
MOST_LOOKS = 4  # sessions that look up the same name
JOIN = "Let one of the accounts join it, then try again."


@dataclass(frozen=True, slots=True)
class Reader:
    """A session and the source as it sees it."""

    session: TelegramSession
    source: ChatInfo


@dataclass(frozen=True, slots=True)
class Poster:
    """Who posts at a destination, and the destination as it sees it. No `sender`: the session itself."""

    destination: ChatInfo
    sender: SenderBot | None


def find_reader(source: str, session: str = "") -> Reader:
    """The session of that name, else the best one that can read the source: a member, and only when no session that
    could take the pair is one, a guest of a public chat. Blocks while sessions look.

    Raises InvalidInput, NotFound and Conflict.
    """
    wanted = check_chat(source)
    number = chat_number(wanted)
    if session and number is not None and number < 0:
        return _group(number, [find_logged_in(session).name])
    if session:
        return _looked(find_logged_in(session), wanted)
    able = best_sessions(_known(wanted)).best or best_sessions().best
    if not able:
        raise Conflict("No session can take another pair now.", hint="/optimalsession says why; or name a session.")
    if number is not None and number < 0:
        return _group(number, _names(able))
    if number is not None:
        return _first(_names(_readers(number, able)), wanted)
    found = _first(_names(able), wanted)
    if found.source.member or found.source.chat_id <= 0:
        return found
    members, _ = _seeing(found.source.chat_id, able)
    try:
        return _first(_names(members), str(found.source.chat_id)) if members else found
    except NotFound:
        return found


def _names(choices: Sequence[Choice]) -> list[str]:
    return [choice.name for choice in choices[:MOST_LOOKS]]


def _seeing(chat: int, able: Sequence[Choice]) -> tuple[list[Choice], Sights]:
    """The members among them, asked all at once; a protected chat is no reason against it, as the pair's option says
    what becomes of its messages. An account knows an id from its own dialogs, so asking costs Telegram little."""
    sights = see({choice.session_id: Wanted(sources={chat}) for choice in able}, trust_refusals=False)
    return [choice for choice in able if sights.read.get((choice.session_id, chat)) in INSIDE], sights


def _readers(chat: int, able: Sequence[Choice]) -> list[Choice]:
    """The members; only without one those that may read the chat all the same."""
    members, sights = _seeing(chat, able)
    seeing = members or [choice for choice in able if sights.read.get((choice.session_id, chat)) in READABLE]
    if not seeing:
        silent = [choice.name for choice in able if choice.session_id in sights.errors]
        unheard = f" No answer came from {few(silent, MOST_LOOKS)}." if silent else ""
        asked = counted(len(able), "session")
        raise NotFound(
            f"No session can read {marked(chat)}: of {asked} that could take the pair none is a member.{unheard}",
            hint=JOIN,
        )
    return seeing


def _first(names: Iterable[str], source: str) -> Reader:
    refusals = []
    for name in names:
        try:
            return _looked(find_logged_in(name), source)
        except NoSuchName:  # so for all of them; and Telegram lets an account look up few names
            raise
        except RelayError as error:
            refusals.append(f"{name}: {error.message}")
    raise NotFound(f"No session can read {source}. {' '.join(refusals)}", hint=JOIN)


def _group(number: int, names: Sequence[str]) -> Reader:
    """A basic group, which may be meant as a channel: some apps show a channel's number behind a bare minus."""
    try:
        return _first(names, marked(number))
    except NotFound as error:
        if not _is_channel(-number):
            raise
        raise NotFound(error.message, hint=f"A channel of that number is known. {channel_hint(number)}") from None


def _is_channel(number: int) -> bool:
    """Whether a pair has it, or one of the accounts sees it."""
    if Pair.living().filter(Q(source_chat=number) | Q(destination_chat=number)).exists():
        return True
    if SourceAccess.objects.filter(source_chat=number, access__in=READABLE).exists():
        return True
    able = best_sessions().best
    _, sights = _seeing(number, able)
    return any(sights.read.get((choice.session_id, number)) in READABLE for choice in able)


def _known(username: str) -> list[int]:
    name = username.removeprefix("@")
    return list(Pair.objects.filter(source_username__iexact=name).values_list("source_chat", flat=True)[:1])


def _looked(session: TelegramSession, source: str) -> Reader:
    found = look_up_chat(session.account, source)
    SourceAccess.objects.update_or_create(
        session=session,
        source_chat=found.chat_id,
        defaults={"access": _access(found), "checked_at": database_now()},
    )
    return Reader(session, found)


def _access(found: ChatInfo) -> Access:
    if not found.member:
        return Access.GUEST
    return Access.PROTECTED if found.protected else Access.MEMBER


def find_poster(destination: str, sender: str, session: TelegramSession) -> Poster:
    """The destination as the sender bot sees it, or the session when that posts itself. Raises as `find_reader`."""
    bot = None if sender.lower() in ITSELF else find_active(sender)
    return Poster(look_up_chat(bot.account if bot else session.account, check_destination(destination)), bot)
