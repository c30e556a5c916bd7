"""Logging in and out."""

from __future__ import annotations

from typing import Any

from telethon.tl import types
from telethon.tl.functions import auth

from project.sandbox.telegram.errors import RpcRefusedError, flood_wait
from project.sandbox.telegram.login import SentCode
from project.sandbox.telegram.users import User, bare_phone

from .registry import Call, method

_SHORTEST_PHONE = 5


def _check_app(request: Any) -> None:
    if request.api_id <= 0 or not request.api_hash:
        raise RpcRefusedError("API_ID_INVALID")


def _sent(call: Call, sent: SentCode) -> Any:
    kinds = (types.auth.SentCodeTypeApp, types.auth.SentCodeTypeSms, types.auth.SentCodeTypeCall)
    follow = (types.auth.CodeTypeSms(), types.auth.CodeTypeCall(), None)
    kind = kinds[sent.resent](len(sent.code))
    lifetime = int(call.state.settings.code_lifetime)
    return types.auth.SentCode(kind, sent.hash, next_type=follow[sent.resent], timeout=min(60, lifetime))


@method(auth.SendCodeRequest, anybody=True)
def send_code(call: Call, request: Any) -> Any:
    """Sends a code to any well-formed number; whether an account has it shows at signIn.

    PHONE_MIGRATE_X where its account lives elsewhere, NETWORK_MIGRATE_X for a number without one.
    """
    _check_app(request)
    phone = bare_phone(request.phone_number)
    if len(phone) < _SHORTEST_PHONE:
        raise RpcRefusedError("PHONE_NUMBER_INVALID")
    user = call.state.by_phone(phone)
    if user is not None and user.dead:
        raise RpcRefusedError("PHONE_NUMBER_BANNED")
    settings = call.state.settings
    if user is None and call.dc != settings.nearest_dc:
        raise RpcRefusedError(f"NETWORK_MIGRATE_{settings.nearest_dc}")
    if user is not None and call.dc != user.dc:
        raise RpcRefusedError(f"PHONE_MIGRATE_{user.dc}")
    wait = call.state.flood.take([(("send_code", phone), settings.limits.send_code)], call.now)
    if wait:
        raise flood_wait(wait)
    return _sent(call, call.state.logins.send(phone, call.key.id, settings, call.now))


@method(auth.ResendCodeRequest, anybody=True)
def resend_code(call: Call, request: Any) -> Any:
    """Sends another code, another way."""
    sent = call.state.logins.find(request.phone_number, request.phone_code_hash, call.key.id)
    call.state.logins.resend(sent, call.state.settings, call.now)
    return _sent(call, sent)


@method(auth.CancelCodeRequest, anybody=True)
def cancel_code(call: Call, request: Any) -> Any:
    """Voids a code."""
    call.state.logins.find(request.phone_number, request.phone_code_hash, call.key.id).spent = True
    return True


@method(auth.SignInRequest, anybody=True)
def sign_in(call: Call, request: Any) -> Any:
    """Uses a code. SESSION_PASSWORD_NEEDED when the account has a password."""
    sent = call.state.logins.find(request.phone_number, request.phone_code_hash, call.key.id)
    call.state.logins.check(sent, request.phone_code or "", call.state.settings, call.now)
    user = call.state.by_phone(sent.phone)
    if user is None:
        return types.auth.AuthorizationSignUpRequired()
    if user.dead:
        raise RpcRefusedError(user.dead)
    if user.password is not None:
        call.key.password_of = user.id
        raise RpcRefusedError("SESSION_PASSWORD_NEEDED")
    return authorised(call, user)


def authorised(call: Call, user: User) -> Any:
    """Binds the key to the user."""
    call.state.keys.log_in(call.key, user.id)
    return types.auth.Authorization(call.render.user(user.id, user))


@method(auth.CheckPasswordRequest, anybody=True)
def check_password(call: Call, request: Any) -> Any:
    """The second step. PASSWORD_HASH_INVALID, SRP_ID_INVALID, PHONE_PASSWORD_FLOOD after too many tries."""
    if call.key.password_of is None:
        raise RpcRefusedError("AUTH_KEY_UNREGISTERED")
    user = call.state.user(call.key.password_of)
    challenge, call.key.challenge = call.key.challenge, None
    if isinstance(request.password, types.InputCheckPasswordEmpty) or user.password is None:
        raise RpcRefusedError("PASSWORD_HASH_INVALID")
    if user.wrong_passwords >= call.state.settings.password_tries:
        raise RpcRefusedError("PHONE_PASSWORD_FLOOD")
    if challenge is None or challenge.id != request.password.srp_id:
        raise RpcRefusedError("SRP_ID_INVALID")
    if not challenge.accepts(request.password.A, request.password.M1):
        user.wrong_passwords += 1
        raise RpcRefusedError("PASSWORD_HASH_INVALID")
    user.wrong_passwords = 0
    return authorised(call, user)


@method(auth.ImportBotAuthorizationRequest, anybody=True)
def import_bot(call: Call, request: Any) -> Any:
    """Logs a bot in by its token. Floods soon: an account is imported once and its key kept."""
    _check_app(request)
    token = request.bot_auth_token
    bot = next((user for user in call.state.users.values() if user.is_bot and user.bot_token == token), None)
    if bot is None:
        raise RpcRefusedError("ACCESS_TOKEN_INVALID")
    if bot.dead:
        raise RpcRefusedError(bot.dead)
    if bot.dc != call.dc:
        raise RpcRefusedError(f"USER_MIGRATE_{bot.dc}")
    rate = call.state.settings.limits.import_bot
    wait = call.state.flood.take([(("import_bot", bot.id), rate)], call.now)
    if wait:
        raise flood_wait(wait)
    return authorised(call, bot)


@method(auth.LogOutRequest)
def log_out(call: Call, request: Any) -> Any:
    """Ends this login."""
    call.state.keys.log_out(call.key)
    return types.auth.LoggedOut()


@method(auth.ExportAuthorizationRequest, anywhere=True)
def export_login(call: Call, request: Any) -> Any:
    """A grant by which a key of another data centre gets this login, once. Floods soon."""
    if request.dc_id == call.dc or request.dc_id not in call.where:
        raise RpcRefusedError("DC_ID_INVALID")
    rate = call.state.settings.limits.export_login
    wait = call.state.flood.take([(("export_login", call.me.id), rate)], call.now)
    if wait:
        raise flood_wait(wait)
    return types.auth.ExportedAuthorization(call.me.id, call.state.grants.make(call.me.id, request.dc_id))


@method(auth.ImportAuthorizationRequest, anybody=True)
def import_login(call: Call, request: Any) -> Any:
    """Uses a grant up. AUTH_BYTES_INVALID for one of another account or data centre, or used before."""
    user = call.state.users.get(request.id)
    if user is None or not call.state.grants.use(request.bytes, user.id, call.dc):
        raise RpcRefusedError("AUTH_BYTES_INVALID")
    if user.dead:
        raise RpcRefusedError(user.dead)
    return authorised(call, user)
