"""/addpair: a new pair in one line, or step by step.

Discord comes last in the dialogue: a webhook's URL is a secret, so it is used at once and never kept between steps.
"""

from __future__ import annotations

from collections.abc import Mapping

from pairs.bot.editpair import check_role
from pairs.bot.texts import buttons, details
from pairs.domain.references import check_chat
from pairs.domain.requests import PairWish, check_target, parse_add
from pairs.services.adding import add_wished
from pairs.services.finding import find_poster, find_reader
from pairs.services.guests import guest_note
from pairs.services.registry import PairView, find_pair
from pairs.services.sharing import sharing_note
from project.botkit.parts import ID, Button, Call, Command, Dialogue, Press, Reply, Room, bold, plain
from project.core.chats import HINT as CHAT_HINT
from project.core.chats import marked
from project.core.clock import database_now
from project.core.config import current
from project.core.dialogues import find_dialogue
from project.core.errors import InvalidInput, NotFound
from project.core.operators import Role
from project.core.redaction import names_webhook
from project.core.secret import Secret
from sessions.models import SenderState
from sessions.services.finding import find_session
from sessions.services.lookups import check_name
from sessions.services.senders import list_senders

_STEPS = 4
_MOST_SENDERS = 8
_NAME_IT = "Forward a message of that chat, or send its link, @name or id."


async def _run(call: Call) -> None:
    if not call.words:
        await _begin(call)
        return
    if names_webhook(call.text):
        await call.remove()
    wish = parse_add(call.words)
    check_role(call, wish.options)
    await call.reply(Reply("⏳ Looking the chats up …"))
    await _added(call, await call.do(add_wished, actor=call.actor, wish=wish))


async def _added(call: Call, pair: PairView) -> None:
    note = await call.do(_sharing, pair.id)
    text = f"✅ {bold('It relays from now on.')}\n\n{details(pair, await call.do(database_now))}{note}"
    await call.reply(Reply(text, buttons(pair)))


def _sharing(pair_id: int) -> str:
    note = sharing_note(find_pair(pair_id))
    return f"\nℹ️ {plain(note)}" if note else ""


# --- step by step


async def _begin(call: Call) -> None:
    await call.ask(SOURCE.name)
    await call.reply(_step(1, "Which chat shall be read?", "Forward a message of it, or send its link, @name or id."))


def _step(number: int, question: str, how: str, rows: tuple[tuple[Button, ...], ...] = ()) -> Reply:
    text = f"➕ {bold(f'New pair, step {number} of {_STEPS}')}\n{plain(question)}\n\n{plain(how)} /cancel ends this."
    return Reply(text, rows)


async def _source(call: Call) -> None:
    source = _chat(call)
    await call.reply(Reply("⏳ Looking for a session that can read it …"))
    found = await call.do(find_reader, source)
    await call.ask(
        DESTINATION.name, source=marked(found.source.chat_id), title=found.source.title, session=found.session.name
    )
    note = " It forbids copying: each message will be a note with a link." if found.source.protected else ""
    if not found.source.member:
        note += f" It is {guest_note()}; the pair will have a button that lets it join."
    question = f"{found.source.title} is read by session {found.session.name}.{note} Where shall it arrive on Telegram?"
    await call.reply(_step(2, question, _NAME_IT))


async def _destination(call: Call) -> None:
    destination = _chat(call)
    if destination.startswith("@"):  # other chats may be seen by the sender alone
        await call.reply(Reply("⏳ Looking the chat up …"))
        session = await call.do(find_session, call.data["session"])
        await call.do(check_name, session.account, destination)
    await call.ask(SENDER.name, **_kept(call.data), destination=destination)
    senders = [one for one in await call.do(list_senders) if one.state == SenderState.ACTIVE][:_MOST_SENDERS]
    rows = [(Button(f"@{one.username}", CHOOSE.act, (str(one.bot_id),)),) for one in senders]
    rows.append((Button(f"Session {call.data['session']} itself", CHOOSE.act, ("session",)),))
    how = "It has to be an administrator there. Press a button, or send the @name of a sender bot."
    await call.reply(_step(3, "Who shall post there?", how, tuple(rows)))


async def _sender(call: Call) -> None:
    await _chosen(call, call.text.strip())


async def _choose(call: Call) -> None:
    """The button of a sender: what was told so far stands in the open dialogue."""
    opened = await call.do(find_dialogue, call.operator.user_id)
    if opened is None or opened.name != SENDER.name:
        await call.reply(Reply("This question is over. /addpair begins anew."))
        return
    await _chosen(call, call.words[0], opened.data)


async def _chosen(call: Call, sender: str, told: Mapping[str, str] | None = None) -> None:
    data = _kept(told if told is not None else call.data)
    await call.reply(Reply("⏳ Looking whether it may post there …"))
    session = await call.do(find_session, data["session"])
    try:
        poster = await call.do(find_poster, data["destination"], sender, session)
    except (NotFound, InvalidInput) as error:
        await call.ask(DESTINATION.name, source=data["source"], title=data["title"], session=data["session"])
        await call.reply(_step(2, f"{error.for_people()} Where shall it arrive on Telegram?", _NAME_IT))
        return
    if not poster.destination.can_post:
        who = str(poster.sender) if poster.sender else f"Session {session.name}"
        raise InvalidInput(
            f"{who} may not post in {poster.destination.title}.",
            hint="Make it an administrator there, then say it again.",
        )
    bot = str(poster.sender.bot_id) if poster.sender else "session"
    await call.ask(DISCORD.name, **data | {"destination": marked(poster.destination.chat_id), "sender": bot})
    how = "Send a webhook's URL (your message is deleted at once)"
    how += ", or a channel's id or link: then the Discord bot posts." if current().discord_bot_token else "."
    await call.reply(_step(4, "Where on Discord?", how))


async def _discord(call: Call) -> None:
    """The last step: the message was deleted already, whatever it said."""
    data = _kept(call.data)
    target = check_target(call.text.strip())
    await call.reply(Reply("⏳ Looking the channel up …"))
    wish = PairWish(data["source"], Secret(target), data["destination"], data["session"], data["sender"])
    pair = await call.do(add_wished, actor=call.actor, wish=wish)
    await call.finish()
    await _added(call, pair)


def _chat(call: Call) -> str:
    """The chat that was forwarded from, or named."""
    if chat := call.data.get("forward_chat"):
        return check_chat(chat)
    if "forwarded" in call.data:
        raise InvalidInput("Telegram does not tell which chat this was forwarded from.", hint=CHAT_HINT)
    return check_chat(call.text)


def _kept(data: Mapping[str, str]) -> dict[str, str]:
    return {name: data[name] for name in ("source", "title", "session", "destination", "sender") if name in data}


ROLE = Role.OPERATOR
SOURCE = Dialogue("padd_source", ROLE, _source)
DESTINATION = Dialogue("padd_destination", ROLE, _destination)
SENDER = Dialogue("padd_sender", ROLE, _sender)
DISCORD = Dialogue("padd_discord", ROLE, _discord, secret=True)
BEGIN = Press("padd", ROLE, _begin)
CHOOSE = Press("padd_by", ROLE, _choose, f"{ID}|session")
COMMAND = Command(
    name="addpair",
    arguments="[source] [discord] [destination] [session=..] [sender=..]",
    summary="Relay a chat to Discord and on",
    role=ROLE,
    section="Pairs",
    run=_run,
    secret=True,
    details=(
        "Alone it asks step by step; forward a message of a chat to name it. In one line: the source, a Discord "
        "channel's id or link or a webhook's URL (your message is deleted then), the destination. Without session= the "
        "best session that can read the source takes it; without sender= the session itself posts."
    ),
    examples=("/addpair", "/addpair @news 123456789012345678 @news_copy sender=@copy_bot"),
)
PART = Room(commands=(COMMAND,), presses=(BEGIN, CHOOSE), dialogues=(SOURCE, DESTINATION, SENDER, DISCORD))
