"""The menu of commands, by scope (https://core.telegram.org/bots/api#determining-list-of-commands)."""

from __future__ import annotations

import re
from typing import Any

from project.sandbox.botapi.errors import bad
from project.sandbox.botapi.model import Command
from project.sandbox.botapi.registry import Call, method
from project.sandbox.botapi.state import Scope

_MOST = 100
_LONGEST = 256
_NAME = re.compile(r"[a-z0-9_]{1,32}")
_OF_CHATS = frozenset({"chat", "chat_administrators", "chat_member"})
_KINDS = _OF_CHATS | {"default", "all_private_chats", "all_group_chats", "all_chat_administrators"}


def _scope(call: Call) -> Scope:
    given = call.arguments.json("scope", "BotCommandScope") or {"type": "default"}
    kind = given.get("type", "") if isinstance(given, dict) else ""
    if kind not in _KINDS:
        raise bad("can't parse BotCommandScope: Unsupported type specified")
    language = call.arguments.text("language_code")
    if kind not in _OF_CHATS:
        return Scope(kind, language=language)
    chat_id = int(given.get("chat_id", 0))
    if chat_id > 0 and chat_id not in call.box.chats:
        raise bad("chat not found")
    return Scope(kind, chat_id, int(given.get("user_id", 0)), language)


def _command(given: Any) -> Command:
    if not isinstance(given, dict):
        raise bad("can't parse BotCommand: expected an Object")
    name = str(given.get("command", "")).removeprefix("/")
    text = str(given.get("description", "")).strip()
    if not _NAME.fullmatch(name):
        raise bad("BOT_COMMAND_INVALID")
    if not 1 <= len(text) <= _LONGEST:
        raise bad("BOT_COMMAND_DESCRIPTION_INVALID")
    return Command(name, text)


@method("setMyCommands")
def set_commands(call: Call) -> bool:
    """The menu of a scope, at most 100 commands; an empty one removes it."""
    given = call.arguments.json("commands", "commands") or []
    if not isinstance(given, list):
        raise bad("expected an Array of BotCommand")
    if len(given) > _MOST:
        raise bad("BOT_COMMANDS_TOO_MUCH")
    scope = _scope(call)
    call.box.menus[scope] = tuple(map(_command, given))
    return True


@method("getMyCommands")
def get_commands(call: Call) -> list[dict[str, str]]:
    """The menu of exactly that scope."""
    menu = call.box.menus.get(_scope(call), ())
    return [{"command": item.command, "description": item.description} for item in menu]


@method("deleteMyCommands")
def delete_commands(call: Call) -> bool:
    """The scope falls back to a wider one."""
    call.box.menus.pop(_scope(call), None)
    return True
