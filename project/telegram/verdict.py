"""What a failed request means, from whatever Telethon raised."""

from __future__ import annotations

from typing import Any

from telethon.errors import AuthKeyNotFound, InvalidBufferError, RPCError
from telethon.tl import functions

from project.core.errors import AccountDead, GatewayError, Refused, RetryLater, Unreachable
from project.telegram.errors import DEAD, KEY_NOT_FOUND, Asked, migrate_dc, translate, unanswered, unreadable
from project.telegram.sender import Lost, Unreadable
from project.telegram.updates import chat_scope

_TOO_MANY_CONNECTIONS = 30.0  # seconds to stay away after the transport's -429, which names none

_WRITES = (
    functions.auth.CheckPasswordRequest,
    functions.auth.ImportBotAuthorizationRequest,
    functions.auth.LogOutRequest,
    functions.auth.ResendCodeRequest,
    functions.auth.SendCodeRequest,
    functions.auth.SignInRequest,
    functions.channels.DeleteMessagesRequest,
    functions.channels.JoinChannelRequest,
    functions.messages.EditMessageRequest,
    functions.messages.SendMediaRequest,
    functions.messages.SendMessageRequest,
)


def asked_of(request: Any, account: str, chat_id: int) -> Asked:
    """What a request asks, in the words of errors.py. `chat_id` is 0 when it is about no chat."""
    return Asked(
        account,
        type(request).__name__.removesuffix("Request"),
        chat=chat_scope(chat_id, account) if chat_id else "",
        writes=isinstance(request, _WRITES),
    )


def verdict(error: BaseException, asked: Asked, *, signed_in: bool) -> GatewayError:
    """Our error for Telethon's. Before the login an unregistered key is no death."""
    if isinstance(error, RPCError):
        code = exact_name(error)
        if code == "AUTH_KEY_UNREGISTERED" and not signed_in:
            return Refused("This account is not logged in.", code=code, hint="Log in first.")
        return translate(code, error.code or 0, asked)
    if _key_unknown(error):
        return AccountDead(DEAD[KEY_NOT_FOUND], code=KEY_NOT_FOUND, hint="Log in again.")
    if isinstance(error, Unreadable):
        return unreadable(asked, str(error))
    if isinstance(error, InvalidBufferError) and error.code == 429:
        wait = _TOO_MANY_CONNECTIONS
        return RetryLater("Too many connections.", retry_after=wait, scope=asked.account, code="-429")
    return unanswered(asked, left=isinstance(error, Lost) and error.left)


def exact_name(error: RPCError) -> str:
    """The error's name as the server wrote it."""
    return str(getattr(error, "exact", error.message))


def home_of(error: RPCError) -> int | None:
    """The data centre that an account lives in, when the error says so. Files have their own way (FILE_MIGRATE)."""
    code = exact_name(error)
    return None if code.startswith(("FILE_", "STATS_")) else migrate_dc(code)


def dc_address(config: Any, dc_id: int) -> Any:
    """The address of a data centre in the server's configuration. Raises Unreachable when it is not listed."""
    for option in config.dc_options if config else ():
        if option.id == dc_id and not (option.ipv6 or option.cdn or option.tcpo_only or option.media_only):
            return option
    raise Unreachable(f"Telegram names no address of data centre {dc_id}.", code="DC_UNKNOWN")


def _key_unknown(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, AuthKeyNotFound) or (isinstance(error, InvalidBufferError) and error.code == 404):
            return True
        error = error.__cause__
    return False
