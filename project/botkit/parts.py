"""What a room declares to the admin bot: commands, buttons' acts and dialogues. Nothing here knows aiogram."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import ParamSpec, Protocol, TypeVar

from project.core.operators import OperatorView, Role

P = ParamSpec("P")
T = TypeVar("T")

# What a button's arguments look like (see Press.takes). Row ids stay below PostgreSQL's largest bigint.
ID = "[1-9][0-9]{0,17}"
PAGE_NUMBER = "[0-9]{1,6}"
NAME = r"\w{1,64}"


@dataclass(frozen=True, slots=True)
class Button:
    """`act` names a declared Press; `args` come to it as `call.words`. Both together fit 64 bytes; never secrets."""

    text: str
    act: str
    args: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reply:
    """`text` is Telegram's HTML: whatever comes from outside goes through `plain` or `copyable`."""

    text: str
    rows: tuple[tuple[Button, ...], ...] = ()


class Call(Protocol):
    """One message, press or document of an operator who may do this, and the ways to answer it."""

    @property
    def actor(self) -> str:
        """ "bot:<user id>", as the audit trail shows it."""

    @property
    def operator(self) -> OperatorView:
        """Who asks."""

    @property
    def text(self) -> str:
        """What follows the command, as typed; in a dialogue the whole message."""

    @property
    def words(self) -> tuple[str, ...]:
        """`text` split at blanks; of a press its arguments."""

    @property
    def data(self) -> Mapping[str, str]:
        """What a dialogue was opened with."""

    async def reply(self, reply: Reply) -> None:
        """Answer: the first time a new message, or the one whose button was pressed, edited; from then on that
        same message is edited. Too long a text goes out in several messages."""

    async def send(self, reply: Reply) -> None:
        """A new message."""

    async def send_photo(self, png: bytes, reply: Reply) -> None:
        """A new message with a picture, or the same message with another picture: later calls replace it."""

    async def do(self, service: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a blocking service in a thread, for at most two minutes; its RelayErrors come through."""

    async def confirm(self, preview: Reply, *, act: str, args: tuple[str, ...], label: str = "Confirm") -> None:
        """Show what would happen with [label] [Cancel]. Bound to operator, chat and arguments; 60 s; single use.

        Arguments may be long here: only a token travels in the button.
        """

    async def ask(self, dialogue: str, **data: str) -> None:
        """The operator's next plain messages go to the Dialogue of this name, until `finish` or /cancel or 10 min.

        `data` is stored: never secrets.
        """

    async def finish(self) -> None:
        """End the operator's dialogue."""

    async def cancel(self) -> bool:
        """End the operator's dialogue and whatever waits for their confirmation; False when nothing did."""

    async def remove(self) -> None:
        """Delete the operator's own message, at once: it held a secret."""

    async def document(self) -> bytes | None:
        """The file that came with the message, at most 1 MiB; None without one. Raises InvalidInput when larger."""

    def later(self, work: Callable[[], Awaitable[None]]) -> None:
        """Go on with `work` after this call was answered: waiting for a login's next step, progress of bulk work.

        At most one per message and act; ends with the bot; its errors are told in the chat.
        """


Run = Callable[[Call], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Command:
    """`arguments` as the specification writes them: "<session_name> [priority]". `section` groups /help.

    `secret`: the arguments may hold a code or a token, so they are neither logged nor audited.
    """

    name: str
    arguments: str
    summary: str
    role: Role
    section: str
    run: Run
    details: str = ""
    examples: tuple[str, ...] = ()
    secret: bool = False

    @property
    def usage(self) -> str:
        """ "/name <argument> [argument]"."""
        return f"/{self.name} {self.arguments}".strip()


@dataclass(frozen=True, slots=True)
class Press:
    """What a button does. `role` is checked again at each press.

    `takes` is the pattern of its arguments, joined by "|". Buttons outlive releases and can be forged, so arguments of
    any other shape are refused before `run` sees them.
    """

    act: str
    role: Role
    run: Run
    takes: str = ""

    def fits(self, args: Sequence[str]) -> bool:
        """Tell whether `run` can read these arguments."""
        return re.fullmatch(self.takes, "|".join(args)) is not None


@dataclass(frozen=True, slots=True)
class Confirmed(Press):
    """What follows a `Call.confirm`, and nothing else: no button leads here by itself, not even a forged one."""


@dataclass(frozen=True, slots=True)
class Dialogue:
    """Takes plain messages of an operator, after `Call.ask`. `secret`: each message is deleted before `run`."""

    name: str
    role: Role
    run: Run
    secret: bool = False


@dataclass(frozen=True, slots=True)
class Room:
    """What one room adds to the bot. `on_message` gets forwarded messages and pasted links outside dialogues.

    Of a message forwarded from a channel, `data` names `forward_chat` and `forward_message`; of others `forwarded`.
    """

    commands: tuple[Command, ...] = ()
    presses: tuple[Press, ...] = ()
    dialogues: tuple[Dialogue, ...] = ()
    on_message: Run | None = None
    checklist: tuple[Callable[[], Step], ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Step:
    """A line of the checklist that /start shows. The first that is not done offers `button` as the next step."""

    order: int
    title: str
    done: bool
    todo: str = ""
    button: Button | None = None


def plain(value: object) -> str:
    """Text from outside, harmless in a reply."""
    return escape(str(value), quote=False)


def copyable(value: object) -> str:
    """Text that a tap copies."""
    return f"<code>{plain(value)}</code>"


def bold(value: object) -> str:
    """Text that stands out."""
    return f"<b>{plain(value)}</b>"
