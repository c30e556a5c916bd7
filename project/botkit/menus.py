"""The command menu beside the text field: per operator, what their role may run."""

from __future__ import annotations

from aiogram import Bot
from aiogram.exceptions import AiogramError
from aiogram.types import BotCommand, BotCommandScopeChat

from project.botkit.catalogue import Catalogue
from project.core.logs import get_logger
from project.core.operators import OperatorView, Role

_LONGEST = 256  # signs of a description (Bot API, BotCommand)

log = get_logger(__name__)


class Menus:
    """Remembers which menu each person has, for the life of this process."""

    def __init__(self, bot: Bot, catalogue: Catalogue) -> None:
        self._bot = bot
        self._catalogue = catalogue
        self._has: dict[int, Role] = {}

    async def show(self, operator: OperatorView) -> None:
        """Gives this operator the menu of their role, if they do not have it. A failure is tried again next time."""
        if self._has.get(operator.user_id) == operator.role:
            return
        commands = [
            BotCommand(command=command.name, description=command.summary[:_LONGEST])
            for command in self._catalogue.allowed(operator.role)
        ]
        try:
            await self._bot.set_my_commands(commands, scope=BotCommandScopeChat(chat_id=operator.user_id))
        except AiogramError as error:
            log.info("menu not shown", reason=type(error).__name__)
            return
        self._has[operator.user_id] = operator.role

    async def hide(self, user_id: int) -> None:
        """Takes the menu from somebody who is no operator any more."""
        if self._has.pop(user_id, None) is None:
            return
        try:
            await self._bot.delete_my_commands(scope=BotCommandScopeChat(chat_id=user_id))
        except AiogramError as error:
            log.info("menu not removed", reason=type(error).__name__)
