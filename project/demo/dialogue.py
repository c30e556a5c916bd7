"""The end of the demo: an operator types to the admin bot, as a person would, and a pair changes its session."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

from project.core.errors import Conflict
from project.demo.world import DemoOperator, DemoRoute
from project.sandbox.botapi.views import BotMessage
from project.sandbox.client import ControlClient

T = TypeVar("T")
Say = Callable[[str], None]

LIMIT = 60.0  # seconds that one answer may take
_LOOK = 0.2
_NAME = 6  # letters before the text
AFTERWARDS = "Read through the other account"


@dataclass(frozen=True, slots=True)
class Dialogue:
    """What came of it, step by step; `lines` is the chat as it was shown."""

    registered: bool
    authenticated: bool
    status: bool
    reassigned: bool
    arrived_afterwards: int
    lines: tuple[str, ...] = field(repr=False)

    @property
    def flawless(self) -> bool:
        """Everything worked, and what was posted afterwards arrived once."""
        return all((self.registered, self.authenticated, self.status, self.reassigned)) and self.arrived_afterwards == 1


async def hold_dialogue(
    control_url: str, operator: DemoOperator, route: DemoRoute, pair: int, healthy: Callable[[], bool], say: Say
) -> Dialogue:
    """Register, authenticate, status, reassign. `healthy` tells whether the new session is. Raises Conflict."""
    async with ControlClient(control_url) as control:
        chat = _Chat(control, operator, say)
        registered = await _register(chat, operator)
        authenticated = await _authenticate(chat, operator, control)
        await _until(lambda: _nothing_or(asyncio.to_thread(healthy)), f"{operator.session} to be healthy")
        await chat.says(f"/sessionstatus {operator.session}")
        status = await chat.sees("healthy")
        reassigned = await _reassign(chat, operator, pair)
        arrived = await _post(control, route)
        say(f"{'':{_NAME}}  (a message of {route.title}, read through {operator.session}, arrived {arrived} time)")
        return Dialogue(registered, authenticated, status, reassigned, arrived, tuple(chat.lines))


async def _register(chat: _Chat, operator: DemoOperator) -> bool:
    await chat.says(f"/registersession {operator.session} {operator.session_phone} 5 10")
    return await chat.sees("is registered")


async def _authenticate(chat: _Chat, operator: DemoOperator, control: ControlClient) -> bool:
    await chat.says(f"/authenticate {operator.session}")
    await chat.sees("log it in?")
    await chat.press("Code")
    await chat.sees("to the Telegram app of this account")
    code = await control.telegram.login_code(operator.session_phone)
    await chat.says("x".join(code), shown="••••• (the code, with letters between its digits; the bot deletes it)")
    return await chat.sees("is logged in")


async def _reassign(chat: _Chat, operator: DemoOperator, pair: int) -> bool:
    await chat.says(f"/changesession {operator.session} {pair}")
    await chat.sees(f"to {operator.session}?")
    await chat.press("Move")
    return await chat.sees("changed hands")


async def _post(control: ControlClient, route: DemoRoute) -> int:
    """How often a post at the pair's source arrives at its destination."""
    await control.telegram.post(route.source, AFTERWARDS)

    async def look() -> int | None:
        found = await control.telegram.messages(route.destination)
        return sum(AFTERWARDS in message.text for message in found) or None

    await _until(look, "a message to arrive after the move")
    await asyncio.sleep(1.0)  # a copy too many would come now
    return await look() or 0


class _Chat:
    """The operator's private chat with the bot; what is said is shown as it comes."""

    def __init__(self, control: ControlClient, operator: DemoOperator, say: Say) -> None:
        self._control = control
        self._operator = operator
        self._say = say
        self._known: dict[int, tuple[int, str]] = {}
        self.lines: list[str] = []

    async def says(self, text: str, *, shown: str = "") -> None:
        """Types a message; `shown` stands for it where it is secret."""
        await self._remember()
        self._show(self._operator.name, shown or text)
        await self._control.bots.type(self._operator.user_id, self._operator.bot, text)

    async def press(self, label: str) -> None:
        """Presses the newest button whose text contains `label`."""
        found = [(one, text) for one in await self._messages() for row in one.buttons for text in row if label in text]
        if not found:
            raise Conflict(f"The bot shows no button {label}.")
        message, text = found[-1]
        await self._remember()
        self._show(self._operator.name, f"presses [{text}]")
        await self._control.bots.press(self._operator.user_id, self._operator.bot, message.id, text)

    async def sees(self, text: str) -> bool:
        """Waits for a message that is new, or was edited, and contains `text`; shows it. Raises Conflict."""

        async def look() -> BotMessage | None:
            fresh = [one for one in await self._messages() if self._known.get(one.id) != (one.edited, one.text)]
            return next((one for one in reversed(fresh) if text in one.text), None)

        seen = await _until(look, f"the bot to say “{text}”")
        buttons = " ".join(f"[{label}]" for row in seen.buttons for label in row)
        self._show("bot", "\n".join(filter(None, (seen.text, buttons))))
        return True

    async def _messages(self) -> list[BotMessage]:
        found = await self._control.bots.messages(self._operator.user_id, self._operator.bot)
        return [one for one in found if one.from_bot and not one.deleted]

    async def _remember(self) -> None:
        self._known = {one.id: (one.edited, one.text) for one in await self._messages()}

    def _show(self, who: str, text: str) -> None:
        for number, line in enumerate(filter(None, text.splitlines())):
            self.lines.append(f"{who if number == 0 else '':{_NAME}}  {line}")
            self._say(self.lines[-1])


async def _nothing_or(true: Awaitable[bool]) -> bool | None:
    return await true or None


async def _until(look: Callable[[], Awaitable[T | None]], what: str) -> T:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + LIMIT
    while (found := await look()) is None:
        if loop.time() > deadline:
            raise Conflict(
                f"Waited {LIMIT:.0f} s in vain for {what}.", hint="The logs are in the folder demo/log of VAR_DIR."
            )
        await asyncio.sleep(_LOOK)
    return found
