"""What acceptance tests use: operators who type and press, and accounts, chats and pairs behind the commands.

operator = await world.operator()
await operator.says("/registersession a +1234567890")
shown = await operator.sees("registered")
await operator.press("Confirm")
"""

from __future__ import annotations

import asyncio
import itertools
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

from django.db import connections

from pairs.models import Assignment, Pair
from project.core.config import current
from project.core.crypto import seal
from project.core.operators import Role
from project.core.secret import Secret
from project.core.whitelist import add_operator
from project.discord.urls import parse_webhook_url
from project.sandbox.botapi.views import BotMessage
from project.sandbox.client import ControlClient
from sessions.models import LoginAttempt, LoginStep, TelegramSession
from sessions.models.session import Lifecycle
from sessions.services import login
from sessions.services.finding import find_session
from sessions.services.registering import register_session
from tests.acceptance.processes import Processes

P = ParamSpec("P")
T = TypeVar("T")

ACTOR = "acceptance"
LIMIT = float(os.environ.get("ACCEPTANCE_LIMIT", "60"))  # seconds that anything may take, on a busy machine
_LOOK = 0.1
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Account:
    """A Telegram user of the sandbox; `name` is also that of its session, once it has one."""

    name: str
    phone: str
    user_id: int


@dataclass(frozen=True)
class Route:
    """A pair and its three chats. Ids of Telegram chats are bare, as the sandbox has them."""

    pair: int
    source: int
    channel: int
    destination: int


class Chats:
    """The sandbox, the admin bot in it, and waiting: all that a talker needs."""

    def __init__(self, control_url: str, bot: int) -> None:
        self._control_url = control_url
        self.bot = bot

    @asynccontextmanager
    async def control(self) -> AsyncIterator[ControlClient]:
        """The sandbox's verbs."""
        async with ControlClient(self._control_url) as control:
            yield control

    async def until(
        self,
        look: Callable[[], Awaitable[T]],
        what: str,
        *,
        limit: float = LIMIT,
        tell: Callable[[], Awaitable[str]] | None = None,
    ) -> T:
        """Waits until `look` finds something; what it found."""
        deadline = time.monotonic() + limit
        while not (found := await look()):
            if time.monotonic() > deadline:
                raise AssertionError(f"waited {limit:g} s in vain for " + what.format(await tell() if tell else ""))
            await asyncio.sleep(_LOOK)
        return found


class Talker:
    """Anybody who writes to the admin bot, in their private chat with it."""

    def __init__(self, world: Chats, user_id: int) -> None:
        self._world = world
        self.user_id = user_id
        self._known: dict[int, tuple[int, str]] = {}

    async def says(self, text: str) -> int:
        """Types a message; what the bot shows from now on is what `sees` looks at. The message's id."""
        await self._remember()
        async with self._world.control() as control:
            return await control.bots.type(self.user_id, self._world.bot, text)

    async def sends_file(self, name: str, data: bytes, caption: str = "") -> int:
        """Sends a document."""
        await self._remember()
        async with self._world.control() as control:
            return await control.bots.send_file(self.user_id, self._world.bot, name, data, caption)

    async def press(self, label: str, *, message: BotMessage | None = None) -> None:
        """Presses a button whose label contains `label`: of `message`, or of the newest that has one."""
        await self._remember()
        shown = message or await self._with_button(label)
        full = next(one for row in shown.buttons for one in row if label in one)
        async with self._world.control() as control:
            await control.bots.press(self.user_id, self._world.bot, shown.id, full)

    async def sees(self, text: str, *, limit: float = LIMIT) -> BotMessage:
        """Waits for a message of the bot that contains `text` and is new or was edited since the last act."""

        async def look() -> BotMessage | None:
            fresh = [one for one in await self.chat() if self._is_fresh(one)]
            return next((one for one in reversed(fresh) if text.lower() in one.text.lower()), None)

        return await self._world.until(look, f"{text!r} in the chat:\n{{}}", limit=limit, tell=self._transcript)

    async def sees_nothing_new(self) -> None:
        """The bot has said nothing since the last act. Ask only when it surely has dealt with it."""
        assert not [one.text for one in await self.chat() if self._is_fresh(one)]

    async def chat(self) -> list[BotMessage]:
        """What stands in the chat from the bot, oldest first."""
        async with self._world.control() as control:
            found = await control.bots.messages(self.user_id, self._world.bot)
        return [one for one in found if one.from_bot and not one.deleted]

    async def own_messages(self) -> list[str]:
        """What stands there of this person: without what the bot deleted."""
        async with self._world.control() as control:
            found = await control.bots.messages(self.user_id, self._world.bot)
        return [one.text for one in found if not one.from_bot and not one.deleted]

    def _is_fresh(self, one: BotMessage) -> bool:
        return self._known.get(one.id) != (one.edited, one.text)

    async def _remember(self) -> None:
        self._known = {one.id: (one.edited, one.text) for one in await self.chat()}

    async def _with_button(self, label: str) -> BotMessage:
        async def look() -> BotMessage | None:
            shown = [one for one in await self.chat() if any(label in text for row in one.buttons for text in row)]
            return shown[-1] if shown else None

        return await self._world.until(look, f"the button {label!r} in the chat:\n{{}}", tell=self._transcript)

    async def _transcript(self) -> str:
        async with self._world.control() as control:
            found = await control.bots.messages(self.user_id, self._world.bot)
        return "\n".join(f"{'bot' if one.from_bot else 'person'}: {one.text} {one.buttons or ''}" for one in found[-8:])


class World(Chats):
    """The running product, and everything around it. One for all tests of a process: use fresh names."""

    def __init__(self, processes: Processes) -> None:
        super().__init__(processes.control_url, processes.bot)
        self.processes = processes

    def fresh(self, prefix: str) -> str:
        """A name that nobody else uses."""
        return f"{prefix}_{next(_numbers)}"

    def fresh_phone(self) -> str:
        """A phone number that nobody else uses."""
        return f"+4915{next(_numbers):08d}"

    async def orm(self, service: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs blocking database work on the product's database."""

        def run() -> T:
            try:
                return service(*args, **kwargs)
            finally:
                connections.close_all()  # this thread's own

        return await asyncio.to_thread(run)

    async def until_row(self, query: Callable[[], T], what: str, *, limit: float = LIMIT) -> T:
        """Waits until a query of the product's database finds something."""
        return await self.until(lambda: self.orm(query), what, limit=limit)

    # --- people

    def owner(self) -> Talker:
        """Who stands in ADMIN_USER_IDS. Shared by all tests: prefer `operator(Role.OWNER)`."""
        return Talker(self, self.processes.owner)

    async def operator(self, role: Role = Role.OPERATOR) -> Talker:
        """A new person on the whitelist."""
        talker = await self.stranger()
        await self.orm(add_operator, actor=ACTOR, user_id=talker.user_id, role=role, name="")
        return talker

    async def stranger(self) -> Talker:
        """A new person whom the bot does not know."""
        return Talker(self, (await self.account("person")).user_id)

    async def account(self, prefix: str = "user", *, password: str | None = None) -> Account:
        """A new Telegram user of the sandbox."""
        name, phone = self.fresh(prefix), self.fresh_phone()
        async with self.control() as control:
            return Account(name, phone, await control.telegram.create_user(phone, name, password))

    # --- what the commands work on

    async def session(self, prefix: str = "user", **options: int) -> Account:
        """A new account that is registered and logged in; `options` go to `register_session`."""
        account = await self.account(prefix)
        await self.orm(self.request_login, account, options)

        def step() -> str:
            row = TelegramSession.objects.get(name=account.name)
            if row.lifecycle == Lifecycle.ACTIVE:
                return "active"
            attempt = LoginAttempt.objects.filter(account=row.account).latest("id")
            assert attempt.step != LoginStep.FAILED, attempt.error
            return "code" if attempt.step == LoginStep.CODE_SENT else ""

        if await self.until_row(step, f"a login code for {account.name}") == "code":
            async with self.control() as control:
                code = await control.telegram.login_code(account.phone)
            await self.orm(self._give_code, account, code)
            await self.until_row(lambda: step() == "active", f"the login of {account.name}")
        return account

    async def pair(self, session: Account, *, members: tuple[Account, ...] = ()) -> Route:
        """A new pair of that session, which posts by webhook and writes to the destination itself. It has started.

        `members` are other accounts that are in its source and may post to its destination.
        """
        users = [session.user_id, *(one.user_id for one in members)]
        async with self.control() as control:
            source = await control.telegram.create_channel(self.fresh("source"), members=users)
            destination = await control.telegram.create_channel(self.fresh("destination"), members=users, admins=users)
            channel = await control.discord.create_channel(self.processes.guild, self.fresh("channel"))
            webhook = await control.discord.create_webhook(channel, "relay")
        pair = await self.orm(self._add_pair, session.name, source, channel, webhook, destination)
        await self.until_row(lambda: Pair.objects.filter(pk=pair).exclude(cursor=None).exists(), "the pair to start")
        return Route(pair, source, channel, destination)

    async def post(self, route: Route, text: str) -> int:
        """Somebody posts to the source."""
        async with self.control() as control:
            return await control.telegram.post(route.source, text)

    async def at_destination(self, route: Route) -> list[str]:
        """The texts that stand at the destination."""
        async with self.control() as control:
            found = await control.telegram.messages(route.destination)
        return [one.text for one in found if not one.deleted]

    async def arrives(self, route: Route, text: str, *, limit: float = LIMIT) -> None:
        """Waits until a text stands at the destination."""

        async def look() -> bool:
            return any(text in one for one in await self.at_destination(route))

        await self.until(look, f"{text!r} at the destination", limit=limit)

    def request_login(self, account: Account, options: dict[str, int]) -> None:
        register_session(actor=ACTOR, name=account.name, phone=account.phone, **options)
        login.request_login(actor=ACTOR, session=find_session(account.name))

    def _give_code(self, account: Account, code: str) -> None:
        login.give_code(account=find_session(account.name).account, code=Secret(code))

    def _add_pair(self, session: str, source: int, channel: int, webhook_url: str, destination: int) -> int:
        row = find_session(session)
        pair = Pair.objects.create(
            source_chat=source,
            discord_channel=channel,
            discord_guild=self.processes.guild,
            destination_chat=destination,
        )
        webhook = parse_webhook_url(webhook_url, api_url=current().discord_api_url)
        pair.webhook_id = webhook.id
        token = webhook.token.reveal().encode()
        pair.webhook_sealed = seal(token, owner=f"pair.{pair.pk}", keys=current().master_keys)
        pair.save()
        Assignment.objects.create(pair=pair, session=row)
        for woken in ("placements", row.account):
            login.wake(woken)
        return int(pair.pk)
