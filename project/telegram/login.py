"""Logging a user in by code and password, and a bot by its token."""

from __future__ import annotations

import logging
from typing import Any

from telethon import password as srp
from telethon.tl import functions, types

from project.core.errors import InvalidInput, Refused, RelayError, RetryLater, Unreachable
from project.core.secret import Secret
from project.telegram.link import Link
from project.telegram.names import display_name
from project.telegram.values import AccountInfo, App, CodeSent

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
    length = getattr(sent.type, "length", None) or 0
    return CodeSent(_KINDS.get(type(sent.type), "other"), length, sent.phone_code_hash, sent.timeout or 0)


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


async def _welcome(link: Link, authorization: Any) -> AccountInfo:
    """Remember the user, and start over on a new connection: in the one that did the login Telethon cannot tell a
    later revocation from "not logged in yet"."""
    link.session.sign_in(authorization.user)
    link.session.set_token(authorization.future_auth_token)
    try:
        await link.renew()
    except (Unreachable, RetryLater) as error:
        _log.warning("%s is logged in, but could not connect anew yet: %s", link.name, error)
    return account_info(authorization.user)


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
