"""Who gets in: operators, by their numeric id, in their private chat with the bot, not too often. The rest: silence."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from aiogram import BaseMiddleware
from aiogram.types import CallbackQuery, Message, TelegramObject, Update, User
from django.db import OperationalError

from project.botkit.desk import Desk
from project.botkit.ledger import Ledger
from project.botkit.menus import Menus
from project.botkit.parts import Reply, bold, plain
from project.botkit.secrecy import Secrecy
from project.botkit.throttle import MOST, SECONDS, Verdict
from project.botkit.times import span
from project.core.claims import PREFIX, claim
from project.core.config import current
from project.core.errors import RelayError
from project.core.logs import get_logger
from project.core.operators import Role
from project.core.secret import Secret
from project.core.whitelist import Admission, admit

Handler = Callable[[TelegramObject, dict[str, Any]], Awaitable[Any]]

_SLOWLY = f"Slow down, please: at most {MOST} in {span(SECONDS)}. What came after that was not done."

log = get_logger(__name__)


class Gate(BaseMiddleware):
    """Asked at every message and every press, before anything else sees it. Adds `admission` for the handlers."""

    def __init__(self, desk: Desk, ledger: Ledger, menus: Menus) -> None:
        self._desk = desk
        self._menus = menus
        self._ledger = ledger
        self._secrecy = Secrecy(desk)
        self._known: set[int] = set()  # operators who wrote since the bot's start

    def must_see(self, update: Update) -> bool:
        """Whether a message that is one too many has to come here nevertheless: to be deleted."""
        message = update.message
        return message is not None and message.from_user is not None and message.from_user.id in self._known

    async def __call__(self, handler: Handler, event: TelegramObject, data: dict[str, Any]) -> None:
        """Lets the event through to its handler, or not. `verdict` in `data` says whether it is one too many."""
        try:
            admission = await self._admission(event, data)
        except OperationalError:
            await self._say_down(event)
            return
        if admission is not None:
            data["admission"] = admission
            await handler(event, data)

    async def _admission(self, event: TelegramObject, data: dict[str, Any]) -> Admission | None:
        user, chat_id = _whose(event)
        if user is None:
            await self._ledger.ignored("not a person's message", 0)
            return None
        known = await self._desk.pool.run(admit, user.id, user.full_name)
        if known is None:
            self._known.discard(user.id)
            self._desk.confirmations.drop(user.id)
            await self._menus.hide(user.id)
            if chat_id != user.id or not await self._claimed(event, user):
                await self._ledger.ignored("stranger", user.id)
            return None
        self._known.add(user.id)
        why = _forbidden(event, user, chat_id)
        heard = why is None and data["verdict"] is Verdict.GO
        data["removed"] = await self._is_removed(event, known.view.role, heard=heard)
        if why is not None:
            await self._ledger.ignored(why, user.id)
            return None
        if known.view.role is not Role.OWNER and await self._claimed(event, user):
            return None
        return known if await self._may_go_on(event, user, data["verdict"]) else None

    async def _is_removed(self, event: TelegramObject, role: Role, *, heard: bool) -> bool:
        if not isinstance(event, Message) or event.chat.type != "private":
            return False
        return await (self._secrecy.of_heard(event, role) if heard else self._secrecy.of_unheard(event))

    async def _may_go_on(self, event: TelegramObject, user: User, verdict: Verdict) -> bool:
        """The one place where a press is answered: at once, whatever becomes of it."""
        if isinstance(event, CallbackQuery):
            await self._desk.outlet.answer(event.id, "" if verdict is Verdict.GO else _SLOWLY)
        elif verdict is Verdict.SAY:
            await self._desk.outlet.send(user.id, Reply(f"⏳ {_SLOWLY}"))
        return verdict is Verdict.GO

    async def _claimed(self, event: TelegramObject, user: User) -> bool:
        text = (event.text or "") if isinstance(event, Message) and event.forward_origin is None else ""
        command, _, token = text.partition(" ")
        if command != "/start" or not token.startswith(PREFIX):
            return False
        view = await self._desk.pool.run(
            claim, user_id=user.id, name=user.full_name, token=Secret(token.removeprefix(PREFIX).strip())
        )
        if view is None:
            return False
        await self._desk.outlet.send(
            user.id, Reply(f"👋 Welcome, {bold(view.name)}: you own this bot now. {plain('Send /start to begin.')}")
        )
        return True

    async def _say_down(self, event: TelegramObject) -> None:
        """The database does not answer, so only those whom the settings name can be told."""
        user, chat_id = _whose(event)
        log.warning("the whitelist cannot be read: no database")
        if user is None or chat_id != user.id:
            return
        owner = user.id in current().admin_user_ids
        if isinstance(event, Message) and (owner or user.id in self._known):
            await self._secrecy.without_database(event)
        if owner:
            try:
                await self._desk.outlet.send(user.id, Reply("🔴 The database does not answer. Try again in a minute."))
            except RelayError as error:
                log.warning("nobody could be told", reason=error.message)


def _whose(event: TelegramObject) -> tuple[User | None, int]:
    """The person behind an event, and its chat; anonymous admins and channels are nobody."""
    if isinstance(event, Message):
        user = None if event.sender_chat is not None else event.from_user
        return (None if user is None or user.is_bot else user), event.chat.id
    if isinstance(event, CallbackQuery):
        return event.from_user, event.message.chat.id if event.message is not None else 0
    return None, 0


def _forbidden(event: TelegramObject, user: User, chat_id: int) -> str | None:
    """Why even an operator is not heard; None when nothing is wrong. A private chat has its person's id."""
    if chat_id != user.id:
        return "operator outside the private chat"
    if not isinstance(event, Message):
        return None
    if event.edit_date is not None:
        return "edited message"
    if (event.text or event.caption or "").startswith("/"):
        if event.forward_origin is not None:
            return "forwarded command"
        if event.via_bot is not None:
            return "command by another bot"
    return None
