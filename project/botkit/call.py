"""One message or press of an operator, as rooms see it."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import ParamSpec, TypeVar

from aiogram.types import Document

from project.botkit.confirmations import Waiting
from project.botkit.desk import Desk
from project.botkit.keyboard import confirm_markup
from project.botkit.outlet import Shown
from project.botkit.parts import Confirmed, Reply
from project.core.dialogues import close_dialogue, open_dialogue
from project.core.errors import InvalidInput
from project.core.operators import OperatorView
from project.core.whitelist import Admission

P = ParamSpec("P")
T = TypeVar("T")

MOST_BYTES = 1024 * 1024  # of a document
_SHOWN = "_shown"  # in a dialogue's data: the message that it goes on in


@dataclass
class BotCall:
    """Implements `parts.Call`. `message_id` is the operator's own message, 0 for a press."""

    desk: Desk
    admission: Admission
    chat_id: int
    name: str  # of the command, act or dialogue
    text: str = ""
    words: tuple[str, ...] = ()
    data: Mapping[str, str] = field(default_factory=dict)
    message_id: int = 0
    removed: bool = False  # that message
    shown: Shown | None = None
    file: Document | None = None
    guard: Callable[[BotCall, Callable[[], Awaitable[None]]], Awaitable[None]] | None = None

    @property
    def actor(self) -> str:
        """ "bot:<user id>"."""
        return self.operator.actor

    @property
    def operator(self) -> OperatorView:
        """Who asks."""
        return self.admission.view

    async def reply(self, reply: Reply) -> None:
        """Answers in this call's one message."""
        self.shown = await self.desk.outlet.edit(self.chat_id, self.shown or Shown(()), reply)

    async def send(self, reply: Reply) -> None:
        """A new message."""
        await self.desk.outlet.send(self.chat_id, reply)

    async def send_photo(self, png: bytes, reply: Reply) -> None:
        """A picture: a new message, or in place of the picture that is shown."""
        self.shown = await self.desk.outlet.photo(self.chat_id, self.shown, png, reply)

    async def do(self, service: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs a blocking service."""
        return await self.desk.pool.run(service, *args, **kwargs)

    async def confirm(self, preview: Reply, *, act: str, args: tuple[str, ...], label: str = "Confirm") -> None:
        """Asks before `act`, a Confirmed, is done."""
        assert isinstance(self.desk.catalogue.presses[act], Confirmed), f"{act} could be pressed without being asked"
        token = secrets.token_urlsafe(16)
        waiting = Waiting(
            user_id=self.operator.user_id,
            since=self.admission.since,
            chat_id=self.chat_id,
            act=act,
            args=args,
            asked_at=self.desk.clock(),
        )
        self.desk.confirmations.put(token, waiting)
        keyboard = confirm_markup(token, label, preview.rows)
        self.shown = await self.desk.outlet.edit(self.chat_id, self.shown or Shown(()), preview, keyboard)

    async def ask(self, dialogue: str, **data: str) -> None:
        """The next plain messages are answers to this dialogue."""
        kept = dict(data)
        if self.desk.catalogue.dialogues[dialogue].secret and self.shown is not None:
            kept[_SHOWN] = ("p" if self.shown.photo else "t") + str(self.shown.ids[-1])
        await self.do(open_dialogue, self.operator.user_id, dialogue, kept)

    async def finish(self) -> None:
        """Ends the operator's dialogue."""
        await self.do(close_dialogue, self.operator.user_id)

    async def cancel(self) -> bool:
        """Ends the operator's dialogue and pending confirmations."""
        dropped = self.desk.confirmations.drop(self.operator.user_id)
        return await self.do(close_dialogue, self.operator.user_id) or dropped > 0

    async def remove(self) -> None:
        """Deletes the operator's own message."""
        if self.message_id and not self.removed:
            self.removed = await self.desk.outlet.delete(self.chat_id, self.message_id)

    async def document(self) -> bytes | None:
        """The file that came with the message."""
        if self.file is None:
            return None
        if (self.file.file_size or 0) > MOST_BYTES:
            raise InvalidInput("The file is larger than 1 MiB.", hint="Send it in smaller parts.")
        received = await self.desk.bot.download(self.file.file_id)
        content = received.read(MOST_BYTES + 1) if received is not None else b""
        if len(content) > MOST_BYTES:
            raise InvalidInput("The file is larger than 1 MiB.", hint="Send it in smaller parts.")
        return content

    def later(self, work: Callable[[], Awaitable[None]]) -> None:
        """Goes on after the call was answered."""
        guard = self.guard
        message = self.shown.ids[-1] if self.shown is not None and self.shown.ids else self.message_id
        self.desk.later((self.chat_id, message, self.name), work if guard is None else lambda: guard(self, work))


def dialogue_data(stored: Mapping[str, str]) -> dict[str, str]:
    """What the room stored with a dialogue."""
    return {name: value for name, value in stored.items() if name != _SHOWN}


def dialogue_shown(stored: Mapping[str, str]) -> Shown | None:
    """The message that a dialogue of secrets goes on in: the answers between were deleted."""
    mark = stored.get(_SHOWN, "")
    return Shown((int(mark[1:]),), photo=mark[0] == "p", typed=True) if mark else None
