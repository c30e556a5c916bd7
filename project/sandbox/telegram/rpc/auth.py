"""Logging in and out."""

from __future__ import annotations

import datetime
import secrets
from typing import Any

from telethon.tl import types
from telethon.tl.functions import auth

from project.sandbox.telegram import qr
from project.sandbox.telegram.errors import RpcRefusedError, flood_wait
from project.sandbox.telegram.login import SentCode
from project.sandbox.telegram.settings import Delivery
from project.sandbox.telegram.users import User, bare_phone

from .registry import Call, method

_SHORTEST_PHONE = 5
_PASSWORD_WAIT = 3600.0  # seconds; a guess


def _check_app(request: Any) -> None:
    if request.api_id <= 0 or not request.api_hash:
        raise RpcRefusedError("API_ID_INVALID")


def _kind(sent: SentCode) -> Any:
    """What says where the code went."""
    sized = {
        Delivery.APP: types.auth.SentCodeTypeApp,
        Delivery.SMS: types.auth.SentCodeTypeSms,
        Delivery.CALL: types.auth.SentCodeTypeCall,
    }
    if sent.delivery in sized:
        return sized[sent.delivery](len(sent.code))
    size = len(sent.code)
    others = {
        Delivery.MISSED_CALL: types.auth.SentCodeTypeMissedCall("+1 555", size),
        Delivery.FLASH_CALL: types.auth.SentCodeTypeFlashCall("+1 555*"),
        Delivery.EMAIL: types.auth.SentCodeTypeEmailCode("a***@example.com", size),
        Delivery.FRAGMENT: types.auth.SentCodeTypeFragmentSms("https://fragment.com/number/1/code", size),
        Delivery.WORD: types.auth.SentCodeTypeSmsWord(beginning=sent.code[:1]),
        Delivery.PHRASE: types.auth.SentCodeTypeSmsPhrase(beginning=sent.code.partition(" ")[0]),
        Delivery.SET_UP_EMAIL: types.auth.SentCodeTypeSetUpEmailRequired(),
    }
    return others[sent.delivery]


def _sent(call: Call, sent: SentCode) -> Any:
    if sent.delivery is Delivery.PAYMENT:
        sent.spent = True
        return types.auth.SentCodePaymentRequired("login", sent.hash, "", "", 0, "USD", 100)
    if sent.delivery is Delivery.SET_UP_EMAIL:
        sent.spent = True
    follow = (types.auth.CodeTypeSms(), types.auth.CodeTypeCall(), None)
    lifetime = int(call.state.settings.code_lifetime)
    return types.auth.SentCode(_kind(sent), sent.hash, next_type=follow[sent.resent], timeout=min(60, lifetime))


def _remembered(call: Call, user: User | None, request: Any) -> bool:
    """Whether the client brings a token of a login of this account that it ended itself; it is used up."""
    tokens = getattr(request.settings, "logout_tokens", None) or []
    mine = [token for token in tokens if user is not None and call.state.logout_tokens.get(token) == user.id]
    for token in mine:
        del call.state.logout_tokens[token]
    return bool(mine)


@method(auth.SendCodeRequest, anybody=True)
def send_code(call: Call, request: Any) -> Any:
    """Sends a code to any well-formed number; whether an account has it shows at signIn.

    PHONE_MIGRATE_X where its account lives elsewhere, NETWORK_MIGRATE_X for a number without one. With a token of a
    former log-out (settings.logout_tokens) the login is done at once, or needs the password alone.
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
    if user is not None and _remembered(call, user, request):
        return types.auth.SentCodeSuccess(_entered(call, user))
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
    return _entered(call, user)


def _entered(call: Call, user: User) -> Any:
    """The first step is done: the login, or SESSION_PASSWORD_NEEDED."""
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
    """The second step. PASSWORD_HASH_INVALID, SRP_ID_INVALID, FLOOD_WAIT_X after too many tries."""
    if call.key.password_of is None:
        raise RpcRefusedError("AUTH_KEY_UNREGISTERED")
    user = call.state.user(call.key.password_of)
    challenge, call.key.challenge = call.key.challenge, None
    if isinstance(request.password, types.InputCheckPasswordEmpty) or user.password is None:
        raise RpcRefusedError("PASSWORD_HASH_INVALID")
    if user.wrong_passwords >= call.state.settings.password_tries:
        raise flood_wait(_PASSWORD_WAIT)
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
    """Ends this login. Its token lets the client in again without a code."""
    token = secrets.token_bytes(32)
    call.state.logout_tokens[token] = call.me.id
    call.state.keys.log_out(call.key)
    return types.auth.LoggedOut(future_auth_token=None if call.me.is_bot else token)


@method(auth.ExportLoginTokenRequest, anybody=True)
def export_login_token(call: Call, request: Any) -> Any:
    """What a QR code shows, for some seconds; asked again after a phone accepted it, the login, or where it goes on."""
    _check_app(request)
    accepted = call.state.login_tokens.accepted(call.key.id, now=call.now)
    if accepted is None:
        lifetime = call.state.settings.login_token_lifetime
        excepted = frozenset(request.except_ids)
        made = call.state.login_tokens.make(call.key.id, excepted, now=call.now, lifetime=lifetime)
        expires = datetime.datetime.fromtimestamp(call.state.clock.wall() + lifetime, datetime.UTC)
        return types.auth.LoginToken(expires, made.token)
    user = call.state.user(accepted.user_id or 0)
    if user.dc != call.dc:
        return types.auth.LoginTokenMigrateTo(user.dc, accepted.token)
    call.state.login_tokens.taken(accepted.token, now=call.now)
    return types.auth.LoginTokenSuccess(_entered(call, user))


@method(auth.ImportLoginTokenRequest, anybody=True)
def import_login_token(call: Call, request: Any) -> Any:
    """The login of an accepted token, in the data centre where its account lives."""
    user = call.state.user(call.state.login_tokens.taken(request.token, now=call.now))
    if user.dc != call.dc:
        raise RpcRefusedError("AUTH_TOKEN_INVALIDX")
    return types.auth.LoginTokenSuccess(_entered(call, user))


@method(auth.AcceptLoginTokenRequest, bots=False)
def accept_login_token(call: Call, request: Any) -> Any:
    """A logged-in client scanned a QR code: the one that shows it is told."""
    lifetime = call.state.settings.login_token_lifetime
    accepted = call.state.login_tokens.accept(request.token, call.me.id, now=call.now, lifetime=lifetime)
    key = call.state.keys.get(accepted.key_id)
    qr.tell(key, call.state.clock.date())
    now = datetime.datetime.fromtimestamp(call.state.clock.wall(), datetime.UTC)
    device = key.device if key else ""
    return types.Authorization(0, device, "", "", 1, "", "", now, now, "127.0.0.1", "", "")


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
