"""Logging a user in by code and password, and a bot by its token."""

from __future__ import annotations

import logging
from typing import Any

from telethon import password as srp
from telethon.tl import functions, types

from project.core.errors import InvalidInput, Refused, RelayError, RetryLater, Unreachable
from project.core.secret import Secret
from project.telegram import qr
from project.telegram.link import Link
from project.telegram.names import display_name
from project.telegram.values import AccountInfo, App, CodeSent, QrToken

_log = logging.getLogger(__name__)


class PasswordNeeded(RelayError):
    """The code was right; the account has a password (two-step verification) that is needed too."""


class CodeInvalid(RelayError):
    """The code is wrong; it may be typed again."""


class CodeExpired(RelayError):
    """The code is not valid any more; ask for a new one."""


class SignUpRefused(RelayError):
    """No account exists for the phone number. This product never creates accounts."""


class PasswordInvalid(RelayError):
    """The password is wrong; it may be typed again."""


_KINDS = {
    types.auth.SentCodeTypeApp: "app",
    types.auth.SentCodeTypeSms: "sms",
    types.auth.SentCodeTypeCall: "call",
    types.auth.SentCodeTypeFlashCall: "flash_call",
    types.auth.SentCodeTypeMissedCall: "missed_call",
    types.auth.SentCodeTypeEmailCode: "email",
    types.auth.SentCodeTypeFragmentSms: "fragment",
    types.auth.SentCodeTypeSmsWord: "word",
    types.auth.SentCodeTypeSmsPhrase: "phrase",
    types.auth.SentCodeTypeFirebaseSms: "firebase",
    types.auth.SentCodeTypeSetUpEmailRequired: "email_setup",
}


_NEXT = {
    types.auth.CodeTypeSms: "sms",
    types.auth.CodeTypeCall: "call",
    types.auth.CodeTypeFlashCall: "flash_call",
    types.auth.CodeTypeMissedCall: "missed_call",
    types.auth.CodeTypeFragmentSms: "fragment",
}


async def send_code(link: Link, app: App, phone: str) -> CodeSent:
    """Ask Telegram to send a login code. About five a day are allowed per number."""
    token = link.session.state.future_auth_token
    settings = types.CodeSettings(logout_tokens=[token] if token else None)
    try:
        sent = await link.call(
            functions.auth.SendCodeRequest(phone.strip(), app.api_id, app.api_hash.reveal(), settings)
        )
    except Refused as error:
        raise _refused_phone(error) from None
    if isinstance(sent, types.auth.SentCodeSuccess):
        await _welcome(link, sent.authorization)
        return CodeSent("none", 0, "", 0)
    if not isinstance(sent, types.auth.SentCode):
        raise Refused("Telegram wants a payment for this login.", code="PAYMENT_REQUIRED", hint="Log in by QR.")
    return _code_sent(sent)


def _code_sent(sent: Any) -> CodeSent:
    return CodeSent(
        kind=_KINDS.get(type(sent.type), "other"),
        length=getattr(sent.type, "length", None) or 0,
        phone_code_hash=sent.phone_code_hash,
        timeout=sent.timeout or 0,
        next_kind=_NEXT.get(type(sent.next_type), ""),
    )


async def resend_code(link: Link, phone: str, phone_code_hash: str) -> CodeSent:
    """Ask for another code, another way. Raises CodeExpired, and Refused when Telegram has no other way."""
    try:
        sent = await link.call(functions.auth.ResendCodeRequest(phone.strip(), phone_code_hash))
    except Refused as error:
        if error.code == "SEND_CODE_UNAVAILABLE":
            raise Refused(
                "Telegram has no other way to send this code.", code=error.code, hint="Log in by QR code instead."
            ) from None
        raise _refused_code(error) from None
    return _code_sent(sent)


async def qr_step(link: Link, app: App) -> QrToken | AccountInfo:
    """What to show as a QR code now; or who is logged in, once it was scanned. Raises PasswordNeeded.

    To be called at first, when `link.login_token_due`, and when the token expires (after about 30 s).
    """
    link.login_token_due = False
    export = functions.auth.ExportLoginTokenRequest(app.api_id, app.api_hash.reveal(), except_ids=[])
    try:
        answer = await link.call(export)
        if isinstance(answer, types.auth.LoginTokenMigrateTo):
            await link.move(answer.dc_id)
            link.login_token_due = False
            answer = await link.call(functions.auth.ImportLoginTokenRequest(answer.token))
    except Refused as error:
        if error.code.startswith("AUTH_TOKEN_"):
            raise CodeExpired("The QR code is not valid any more.", hint="Ask for a new one.") from None
        raise _refused_code(error) from None
    if isinstance(answer, types.auth.LoginTokenSuccess):
        return await _welcome(link, answer.authorization)
    return qr.shown(answer)


def _refused_phone(error: Refused) -> RelayError:
    if error.code == "PHONE_NUMBER_BANNED":
        return Refused("Telegram has banned this phone number.", code=error.code)
    if error.code.startswith("PHONE_NUMBER_"):
        return InvalidInput("Telegram does not accept this phone number.", hint="Use the form +491234567890.")
    return error


async def sign_in(link: Link, phone: str, phone_code_hash: str, code: Secret) -> AccountInfo:
    """Log in with the code. Raises PasswordNeeded, CodeInvalid, CodeExpired, SignUpRefused."""
    try:
        answer = await link.call(functions.auth.SignInRequest(phone.strip(), phone_code_hash, phone_code=code.reveal()))
    except Refused as error:
        raise _refused_code(error) from None
    if isinstance(answer, types.auth.AuthorizationSignUpRequired):
        raise SignUpRefused("No Telegram account exists for this number.", hint="Use an existing account.")
    return await _welcome(link, answer)


def _refused_code(error: Refused) -> RelayError:
    match error.code:
        case "SESSION_PASSWORD_NEEDED":
            return PasswordNeeded("The account has a password.", hint="Send the password of two-step verification.")
        case "PHONE_CODE_INVALID" | "PHONE_CODE_EMPTY":
            return CodeInvalid("The code is wrong.", hint="Type it again.")
        case "PHONE_CODE_EXPIRED" | "PHONE_CODE_HASH_EMPTY":
            return CodeExpired(
                "The code is not valid any more.",
                hint="Ask for a new one; a code that is typed into any Telegram chat burns at once.",
            )
        case "PHONE_NUMBER_UNOCCUPIED":
            return SignUpRefused("No Telegram account exists for this number.", hint="Use an existing account.")
        case _:
            return error


async def check_password(link: Link, password: Secret) -> AccountInfo:
    """Finish the login of an account with two-step verification. Raises PasswordInvalid.

    The proof (SRP) takes about 0.1 s of computing, in which the loop stands still.
    """
    challenge = await link.call(functions.account.GetPasswordRequest())
    proof = srp.compute_check(challenge, password.reveal())
    try:
        answer = await link.call(functions.auth.CheckPasswordRequest(proof))
    except Refused as error:
        if error.code in ("PASSWORD_HASH_INVALID", "SRP_PASSWORD_CHANGED"):
            raise PasswordInvalid("The password is wrong.", hint="Type it again.") from None
        raise
    return await _welcome(link, answer)


async def import_bot(link: Link, app: App, token: Secret) -> AccountInfo:
    """Log in as a bot, once: repeating it is flood-limited for up to an hour, so a kept key of this bot is used."""
    bot_id, colon, _ = token.reveal().strip().partition(":")
    if not colon or not bot_id.isdigit():
        raise InvalidInput("This is not a bot token.", hint="BotFather gives one like 123456:ABC-DEF...")
    if link.session.state.user_id == int(bot_id):
        return await me(link)
    request = functions.auth.ImportBotAuthorizationRequest(
        flags=0, api_id=app.api_id, api_hash=app.api_hash.reveal(), bot_auth_token=token.reveal().strip()
    )
    try:
        answer = await link.call(request)
    except Refused as error:
        if error.code.startswith("ACCESS_TOKEN_"):
            raise InvalidInput("Telegram does not accept this bot token.", hint="Ask BotFather for it.") from None
        raise
    return await _welcome(link, answer)


async def identify(link: Link) -> AccountInfo:
    """Who a key belongs to that another program made; it is that user's from now on. Raises Refused for nobody's."""
    users = await link.call(functions.users.GetUsersRequest([types.InputUserSelf()]))
    if not users:
        raise Refused("Telegram does not say who this account is.", code="USER_EMPTY")
    if not link.session.state.user_id:
        await _settle(link, users[0])
    return account_info(users[0])


async def _welcome(link: Link, authorization: Any) -> AccountInfo:
    link.session.set_token(authorization.future_auth_token)
    await _settle(link, authorization.user)
    return account_info(authorization.user)


async def _settle(link: Link, user: Any) -> None:
    """Remember the user, and start over on a new connection: in the one that did the login Telethon cannot tell a
    later revocation from "not logged in yet"."""
    link.session.sign_in(user)
    try:
        await link.renew()
    except (Unreachable, RetryLater) as error:
        _log.warning("%s is logged in, but could not connect anew yet: %s", link.name, error)


async def me(link: Link) -> AccountInfo:
    """Who this account is, asked from the server."""
    users = await link.call_in_background(functions.users.GetUsersRequest([types.InputUserSelf()]))
    if not users:
        raise Refused("Telegram does not say who this account is.", code="USER_EMPTY")
    return account_info(users[0])


async def log_out(link: Link) -> None:
    """End the login on the server; the key is worthless afterwards."""
    answer = await link.call(functions.auth.LogOutRequest())
    link.session.set_token(getattr(answer, "future_auth_token", None))
    await link.disconnect()
    link.session.forget_login()


def account_info(user: Any) -> AccountInfo:
    """The neutral form of a user."""
    name = display_name(user)
    return AccountInfo(user.id, name, user.username or "", user.phone or "", is_bot=bool(user.bot))
