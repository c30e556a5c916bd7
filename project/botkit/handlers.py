"""From an admitted message or press to what a room declared for it."""

from __future__ import annotations

import re
from functools import partial

from aiogram.types import CallbackQuery, MaybeInaccessibleMessage, Message, MessageOriginChannel

from project.botkit.call import BotCall, dialogue_data, dialogue_shown
from project.botkit.confirmations import Refused, Waiting
from project.botkit.desk import Desk
from project.botkit.guard import guarded
from project.botkit.menus import Menus
from project.botkit.outlet import Shown
from project.botkit.parts import Confirmed, Reply, Run, copyable, plain
from project.botkit.typed import Named, command_in
from project.botkit.wire import Pressed, unpack
from project.core.dialogues import find_dialogue
from project.core.logs import get_logger
from project.core.operators import Role
from project.core.pasted import words_of
from project.core.whitelist import Admission

_LINK = re.compile(r"(https?://|\b)(t\.me|telegram\.me|discord\.com|[\w.]+/channels)/", re.IGNORECASE)

_OVER = {
    Refused.GONE: "This question is no longer open: you cancelled it, or the bot restarted. Send the command again.",
    Refused.EXPIRED: "This question was open for 60 seconds only. Send the command again.",
    Refused.FOREIGN: "This question is not yours to answer. Send the command yourself.",
}

log = get_logger(__name__)


class Handlers:
    """What the dispatcher calls, once per message or press that the gate let in."""

    def __init__(self, desk: Desk, menus: Menus) -> None:
        self._desk = desk
        self._menus = menus

    async def message(self, message: Message, admission: Admission, removed: bool) -> None:
        """A command, an answer within a dialogue, something to trace, or nothing that the bot knows. `removed`: the
        gate has deleted it, as it may hold a secret."""
        await self._menus.show(admission.view)
        text = _storable(message.text or message.caption or "")
        call = BotCall(
            desk=self._desk,
            admission=admission,
            chat_id=message.chat.id,
            name="",
            text=text,
            words=words_of(text),
            data=_forwarded(message),
            message_id=message.message_id,
            removed=removed,
            file=message.document,
            guard=guarded,
        )
        if (found := command_in(text)) and message.forward_origin is None:
            await self._command(call, found, message)
        else:
            await guarded(call, partial(self._plain, call, message))

    async def press(self, press: CallbackQuery, admission: Admission) -> None:
        """A button below one of the bot's messages. Its waiting was ended by the gate."""
        assert press.message is not None, "the gate lets in presses of the private chat only"
        data = _storable(press.data or "")
        pressed = unpack(data)
        is_photo = isinstance(press.message, Message) and bool(press.message.photo)
        shown: Shown | None = Shown((press.message.message_id,), photo=is_photo)
        if pressed.token and not _carries(press.message, data):
            shown = None  # the message shows something else by now, perhaps a result: an answer goes below it
        call = BotCall(
            desk=self._desk,
            admission=admission,
            chat_id=press.message.chat.id,
            name=pressed.act,
            text=" ".join(pressed.args),
            words=pressed.args,
            shown=shown,
            guard=guarded,
        )
        await guarded(call, partial(self._press, call, pressed))

    async def _command(self, call: BotCall, found: Named, message: Message) -> None:
        command = self._desk.catalogue.commands.get(found.name)
        if command is None:
            await guarded(call, partial(self._unknown, call, message, found.name))
            return
        if found.mention and found.mention.lower() != ((await self._desk.bot.me()).username or "").lower():
            return
        call.name, call.text, call.words = found.name, found.rest, words_of(found.rest)
        if await self._may(call, command.role, f"/{command.name}"):
            log.info("command", name=command.name, operator=call.operator.user_id)
            await guarded(call, lambda: command.run(call))

    async def _unknown(self, call: BotCall, message: Message, name: str) -> None:
        """A password may begin with a slash, so while one is asked for this is the answer, and no command."""
        opened = await call.do(find_dialogue, call.operator.user_id)
        dialogue = self._desk.catalogue.dialogues.get(opened.name) if opened is not None else None
        if dialogue is not None and dialogue.secret:
            await self._plain(call, message)
            return
        nearest = self._desk.catalogue.nearest(name, call.operator.role)
        meant = f" Did you mean {copyable(nearest.usage)}?" if nearest else ""
        typed = "like that" if call.removed else f"/{plain(name)}"  # a code may stick to the name
        await call.reply(Reply(f"❓ There is no command {typed}.{meant} /help shows them all.{_note(call)}"))

    async def _plain(self, call: BotCall, message: Message) -> None:
        opened = await call.do(find_dialogue, call.operator.user_id)
        dialogue = self._desk.catalogue.dialogues.get(opened.name) if opened is not None else None
        if opened is not None and dialogue is not None:
            call.name = dialogue.name
            call.data = {**dialogue_data(opened.data), **call.data}
            if dialogue.secret:
                await call.remove()
                call.shown = dialogue_shown(opened.data)
            if await self._may(call, dialogue.role, "this"):
                await dialogue.run(call)
        elif message.forward_origin is not None or _LINK.search(call.text):
            await self._each(call, self._desk.catalogue.on_message)
        else:
            known = "I know commands, forwarded messages and links to messages. /help shows them all."
            await call.reply(Reply(f"{known}{_note(call)}"))

    async def _each(self, call: BotCall, runs: tuple[Run, ...]) -> None:
        for run in runs:
            await run(call)

    async def _press(self, call: BotCall, pressed: Pressed) -> None:
        if pressed.token:
            await self._answer(call, pressed)
            return
        press = self._desk.catalogue.presses.get(pressed.act)
        if press is None or isinstance(press, Confirmed) or not press.fits(pressed.args):
            await call.send(Reply("❌ This button no longer works. Send the command again."))
        elif await self._may(call, press.role, "this button"):
            await press.run(call)

    async def _answer(self, call: BotCall, pressed: Pressed) -> None:
        found = self._desk.confirmations.take(
            pressed.token,
            user_id=call.operator.user_id,
            since=call.admission.since,
            chat_id=call.chat_id,
            now=self._desk.clock(),
        )
        if found is Refused.ANSWERED:
            return  # whatever became of it stands in this very message
        if isinstance(found, Refused):
            await call.reply(Reply(f"⌛ {_OVER[found]}"))
        elif not pressed.agreed:
            await call.reply(Reply("Cancelled. Nothing was changed."))
        else:
            await self._agreed(call, found)

    async def _agreed(self, call: BotCall, waiting: Waiting) -> None:
        press = self._desk.catalogue.presses[waiting.act]
        call.name, call.words, call.text = press.act, waiting.args, " ".join(waiting.args)
        if await self._may(call, press.role, "this"):
            log.info("confirmed", act=press.act, operator=call.operator.user_id)
            await press.run(call)

    async def _may(self, call: BotCall, needed: Role, what: str) -> bool:
        if call.operator.role.allows(needed):
            return True
        log.info("refused by role", operator=call.operator.user_id, role=call.operator.role)
        text = f"🚫 Your role is {call.operator.role}; {what} needs {needed}. An owner can change that: /operators"
        await guarded(call, lambda: call.reply(Reply(f"{text}{_note(call)}")))
        return False


def _note(call: BotCall) -> str:
    return "\n🧹 Your message was deleted: it may have held a secret." if call.removed else ""


def _carries(message: MaybeInaccessibleMessage, data: str) -> bool:
    markup = message.reply_markup if isinstance(message, Message) else None
    return markup is not None and any(one.callback_data == data for row in markup.inline_keyboard for one in row)


def _storable(text: str) -> str:
    """Signs that no table takes (NUL, halves of a pair) become visible ones."""
    return text.replace("\0", "�").encode(errors="replace").decode()


def _forwarded(message: Message) -> dict[str, str]:
    """Where a forwarded message comes from, when Telegram tells: `forward_chat` and `forward_message`."""
    origin = message.forward_origin
    if isinstance(origin, MessageOriginChannel):
        return {"forward_chat": str(origin.chat.id), "forward_message": str(origin.message_id)}
    return {"forwarded": "yes"} if origin is not None else {}
