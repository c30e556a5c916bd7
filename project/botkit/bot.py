"""The bot as one thing: token and rooms in, a running bot out."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Coroutine
from types import TracebackType
from typing import Any

from aiogram import Bot, Dispatcher
from aiogram.client.default import DefaultBotProperties
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.session.base import BaseSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.enums import ParseMode
from aiogram.types import ChatMemberUpdated, Update
from aiogram.utils.token import TokenValidationError

from project.botkit.catalogue import Catalogue
from project.botkit.desk import Desk
from project.botkit.gate import Gate
from project.botkit.handlers import Handlers
from project.botkit.ledger import Ledger
from project.botkit.menus import Menus
from project.botkit.outlet import Outlet
from project.botkit.polling import Polling, person_of
from project.botkit.pool import Pool
from project.botkit.throttle import Throttle, Verdict
from project.core.errors import SettingError
from project.core.logs import get_logger
from project.core.secret import Secret
from project.core.together import first_of
from project.core.whitelist import note_unreachable

Beside = Callable[[Outlet], Awaitable[None]]

log = get_logger(__name__)

_MEMBERSHIP_LOST = ("kicked", "left")


class AdminBot:
    """`beside` runs with the bot: what it says of its own accord."""

    def __init__(self, bot: Bot, catalogue: Catalogue, *, beside: tuple[Beside, ...] = ()) -> None:
        pool = Pool()
        outlet = Outlet(bot, blocked=lambda user, why: pool.run(note_unreachable, user, why))
        self.desk = Desk(bot=bot, outlet=outlet, pool=pool, catalogue=catalogue, clock=time.monotonic)
        self._ledger = Ledger(pool, time.monotonic)
        self._beside = beside
        self._throttle = Throttle()
        self._menus = Menus(bot, catalogue)
        self._gate = Gate(self.desk, self._ledger, self._menus)
        self._dispatcher = self._wired()
        self._polling = Polling(bot, self.arrive)

    async def __aenter__(self) -> AdminBot:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.desk.close()
        await self.desk.bot.session.close()

    async def identify(self) -> int:
        """The bot's id, asked of Telegram until it answers. Raises AccountDead when it refuses the token."""
        me = await self._polling.me()
        log.info("Telegram knows the admin bot", bot=me.username, id=me.id)
        return me.id

    async def run(self) -> None:
        """Until it is cancelled. Raises AccountDead when Telegram refuses the token."""
        try:
            await first_of(self._polling.run(), self._ledger.run(), *(work(self.desk.outlet) for work in self._beside))
        finally:
            await self._ledger.close()

    def arrive(self, update: Update) -> Coroutine[Any, Any, None] | None:
        """What to do about an update, which counts at its arrival, not when its turn comes; None: one too many."""
        person = person_of(update)
        verdict = self._throttle.ask(person, self.desk.clock()) if person else Verdict.GO
        if verdict is Verdict.DROP and update.callback_query is None and not self._gate.must_see(update):
            return None
        return self._handle(update, verdict)

    async def _handle(self, update: Update, verdict: Verdict) -> None:
        await self._dispatcher.feed_update(self.desk.bot, update, verdict=verdict)

    def _wired(self) -> Dispatcher:
        dispatcher = Dispatcher(disable_fsm=True)
        handlers = Handlers(self.desk, self._menus)
        for observer in (dispatcher.message, dispatcher.edited_message, dispatcher.callback_query):
            observer.outer_middleware(self._gate)
        dispatcher.message.register(handlers.message)
        dispatcher.callback_query.register(handlers.press)
        dispatcher.my_chat_member.register(self._membership)
        return dispatcher

    async def _membership(self, change: ChatMemberUpdated) -> None:
        """An operator blocked the bot. When they come back, their first message tells."""
        if change.chat.id == change.from_user.id and change.new_chat_member.status in _MEMBERSHIP_LOST:
            await self.desk.pool.run(_note_blocked, change.from_user.id)


def make_bot(token: Secret, api_url: str, *, session: BaseSession | None = None) -> Bot:
    """aiogram's bot. Raises SettingError for a text that is no token."""
    used = session or AiohttpSession(api=TelegramAPIServer.from_base(api_url), timeout=30)
    try:
        return Bot(
            token.reveal(),
            session=used,
            default=DefaultBotProperties(parse_mode=ParseMode.HTML, link_preview_is_disabled=True),
        )
    except TokenValidationError:
        raise SettingError("ADMIN_BOT_TOKEN", "is not a token.", hint="@BotFather shows it.") from None


def _note_blocked(user_id: int) -> None:
    note_unreachable(user_id, "blocked the bot")
