"""Operators' messages that may hold a secret are deleted before anything else is done with them, heard or not."""

from __future__ import annotations

from aiogram.types import Message

from project.botkit.desk import Desk
from project.botkit.typed import command_in, may_hold_secret
from project.core.dialogues import find_dialogue
from project.core.errors import RelayError
from project.core.logs import get_logger
from project.core.operators import Role
from project.core.redaction import holds_token

log = get_logger(__name__)


class Secrecy:
    """Asked about every message of an operator in their private chat."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        commands = desk.catalogue.commands.values()
        self._secrets = frozenset(command.name for command in commands if command.secret)
        self._others = frozenset(command.name for command in commands if not command.secret)

    async def of_heard(self, message: Message, role: Role) -> bool:
        """Whether it was deleted. What this role may run deletes for itself what holds a code or a password."""
        text = _text(message)
        named = command_in(text) if message.forward_origin is None else None
        command = self._desk.catalogue.commands.get(named.name) if named is not None and not named.mention else None
        runs = command is not None and role.allows(command.role)
        return (holds_token(text) if runs else self._may_hold(text)) and await self._delete(message)

    async def of_unheard(self, message: Message) -> bool:
        """The same of one that goes no further: edited, forwarded as a command, or one too many."""
        named = command_in(_text(message))
        command = named is not None and named.name in self._desk.catalogue.commands
        secret = self._may_hold(_text(message)) or (not command and await self._is_asked_for(message.chat.id))
        return secret and await self._delete(message)

    async def without_database(self, message: Message) -> bool:
        """The same while nobody knows what was asked for."""
        return self._may_hold(_text(message)) and await self._delete(message)

    def _may_hold(self, text: str) -> bool:
        return may_hold_secret(text, secrets=self._secrets, others=self._others)

    async def _is_asked_for(self, user_id: int) -> bool:
        opened = await self._desk.pool.run(find_dialogue, user_id)
        dialogue = self._desk.catalogue.dialogues.get(opened.name) if opened is not None else None
        return dialogue is not None and dialogue.secret

    async def _delete(self, message: Message) -> bool:
        try:
            return await self._desk.outlet.delete(message.chat.id, message.message_id)
        except RelayError as error:
            log.warning("a message that may hold a secret was not deleted", reason=error.message)
            return False


def _text(message: Message) -> str:
    """All that stands in it, with the addresses behind its words."""
    links = [entity.url for entity in (*(message.entities or ()), *(message.caption_entities or ())) if entity.url]
    return " ".join([message.text or message.caption or "", *links])
