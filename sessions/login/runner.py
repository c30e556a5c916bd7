"""The worker's side of a login: takes the step that waits for it, and leaves the rest to the person."""

from __future__ import annotations

import time

from project.botkit.times import span
from project.core.config import current
from project.core.crypto import unseal
from project.core.errors import GatewayError, InvalidInput, Refused, RelayError, RetryLater, Unreachable
from project.core.leases import Holding
from project.core.link import Link
from project.core.logs import get_logger
from project.core.secret import Secret
from project.telegram.account import TelegramAccount
from project.telegram.login import CodeInvalid, PasswordInvalid, PasswordNeeded
from project.telegram.values import AccountInfo, QrToken
from sessions.accounts import destroy_state, mark_alive, note_import, save_state
from sessions.domain.accounts import split_account
from sessions.login.attempt import Attempt, open_attempt_of
from sessions.login.finish import finish_sender, finish_session
from sessions.models.login import LoginKind, LoginStep

MOST_TRIES = 5
EARLY = 3.0  # seconds: a QR code is renewed before it expires
SHORTEST, LONGEST = 15.0, 60.0  # seconds of a QR code, whatever the clocks say
_FOR_WORKER = (
    LoginStep.REQUESTED,
    LoginStep.CODE_GIVEN,
    LoginStep.RESEND_ASKED,
    LoginStep.QR_SHOWN,
    LoginStep.PASSWORD_GIVEN,
)

log = get_logger(__name__)


async def run_login(link: Link, holding: Holding, telegram: TelegramAccount) -> bool:
    """Takes the step that waits for the worker, if any. True when the account has just been logged in.

    `link` is borrowed for each read and write, never while Telegram is asked.
    """
    attempt = await open_attempt_of(link, holding)
    if attempt is None:
        return False
    if attempt.kind is LoginKind.LOG_OUT:
        await _log_out(attempt, telegram)
        return False
    if attempt.expired:
        await attempt.end(LoginStep.FAILED, error="Nobody answered in time.")
        return False
    if attempt.step not in _FOR_WORKER:
        return False
    had_key = telegram.signed_in
    try:
        info = await _step(attempt, telegram)
        return info is not None and await _done(attempt, telegram, info, had_key=had_key)
    except (CodeInvalid, PasswordInvalid) as error:
        await _again(attempt, error)
    except PasswordNeeded:
        await _keep(attempt, telegram)  # the password belongs to this half-made key
        await attempt.move(LoginStep.PASSWORD_NEEDED)
    except RetryLater as error:
        await attempt.end(LoginStep.FAILED, error=f"Telegram asks to wait {span(error.retry_after)} before that.")
    except RelayError as error:
        if not (isinstance(error, Unreachable) and error.code == "LOST"):  # else: as soon as it is connected again
            await attempt.end(LoginStep.FAILED, error=error.for_people())
    return False


async def _step(attempt: Attempt, telegram: TelegramAccount) -> AccountInfo | None:
    """Who is logged in, once somebody is."""
    if attempt.holding.account.startswith("sender."):
        return await telegram.import_bot(await _token(attempt))
    match attempt.step:
        case LoginStep.REQUESTED:
            return await _begin(attempt, telegram)
        case LoginStep.RESEND_ASKED:
            await _resend(attempt, telegram)
            return None
        case LoginStep.QR_SHOWN:
            return await _qr(attempt, telegram) if _qr_due(attempt, telegram) else None
        case LoginStep.CODE_GIVEN:
            phone = await _phone(attempt)
            return await telegram.sign_in(phone.reveal(), attempt.code_hash, attempt.answer)
        case _:
            return await telegram.check_password(attempt.answer)


async def _begin(attempt: Attempt, telegram: TelegramAccount) -> AccountInfo | None:
    """A key that works already is all that is wanted: a second login beside it would stay open for ever."""
    if attempt.kind is LoginKind.IMPORT:
        return await _identify(telegram)
    if telegram.signed_in:
        return await telegram.identify()
    if attempt.kind is LoginKind.QR:
        return await _qr(attempt, telegram)
    sent = await telegram.send_code((await _phone(attempt)).reveal())
    if sent.kind == "none":  # a kept token of an earlier login sufficed
        return await telegram.identify()
    await _keep(attempt, telegram)  # the code belongs to this half-made key
    await attempt.show_code(sent)
    return None


async def _identify(telegram: TelegramAccount) -> AccountInfo:
    try:
        return await telegram.identify()
    except Refused as error:
        log.warning("imported login refused", code=error.code)
        raise InvalidInput("The imported login is not valid (any more).", hint="Log in by QR or code.") from None


async def _resend(attempt: Attempt, telegram: TelegramAccount) -> None:
    try:
        sent = await telegram.resend_code((await _phone(attempt)).reveal(), attempt.code_hash)
    except Refused as error:  # the code that was sent stays good
        await attempt.move(LoginStep.CODE_SENT, error=error.for_people())
        return
    await attempt.show_code(sent)


def _qr_due(attempt: Attempt, telegram: TelegramAccount) -> bool:
    return telegram.login_token_due or attempt.link_left is None or attempt.link_left <= EARLY


async def _qr(attempt: Attempt, telegram: TelegramAccount) -> AccountInfo | None:
    shown = await telegram.qr_step()
    if not isinstance(shown, QrToken):
        return shown
    await _keep(attempt, telegram)  # the token belongs to this half-made key
    await attempt.show_link(shown.url, min(max(shown.expires_at - time.time(), SHORTEST), LONGEST))
    return None


async def _done(attempt: Attempt, telegram: TelegramAccount, info: AccountInfo, *, had_key: bool) -> bool:
    """Ends the attempt. Only a login that was made here just now is ended again when it is refused: a key that worked
    before stays good, as when somebody disables the session meanwhile."""
    if refusal := await _finish(attempt, info):
        if attempt.kind is not LoginKind.IMPORT and not had_key:  # another program's login is left alone
            await _end_login(telegram)
            refusal += " It was logged out again."
        await attempt.end(LoginStep.FAILED, error=refusal)
        return False
    await _keep(attempt, telegram)
    async with attempt.link.use() as conn:
        if attempt.kind is LoginKind.IMPORT:
            await note_import(conn, attempt.holding, telegram.key_id)
        await mark_alive(conn, attempt.holding)
    await attempt.end(LoginStep.DONE)
    return True


async def _finish(attempt: Attempt, info: AccountInfo) -> str:
    """Makes the account active; "" when done, else why it is refused."""
    async with attempt.link.use() as conn:
        if not attempt.holding.account.startswith("sender."):
            return await finish_session(conn, attempt.holding, info)
        await finish_sender(conn, attempt.holding, info)
    return ""


async def _keep(attempt: Attempt, telegram: TelegramAccount) -> None:
    """Stores the client's state, half a login included."""
    async with attempt.link.use() as conn:
        await save_state(conn, attempt.holding, telegram.snapshot())


async def _end_login(telegram: TelegramAccount) -> str:
    """Logs out; "" when that is done, else why not."""
    try:
        await telegram.log_out()
    except GatewayError as error:
        log.warning("log-out failed", code=error.code)
        return error.for_people()
    return ""


async def _log_out(attempt: Attempt, telegram: TelegramAccount) -> None:
    """The account was removed: end its login, then destroy its key, also when Telegram does not answer."""
    error = await _end_login(telegram) if telegram.signed_in else ""
    async with attempt.link.use() as conn:
        await destroy_state(conn, attempt.holding)
    await attempt.end(LoginStep.DONE, error=error)


async def _again(attempt: Attempt, error: RelayError) -> None:
    """A wrong answer may be given again, five times in all."""
    asked = LoginStep.CODE_SENT if attempt.step is LoginStep.CODE_GIVEN else LoginStep.PASSWORD_NEEDED
    if attempt.tries + 1 >= MOST_TRIES:
        await attempt.end(LoginStep.FAILED, error="Too many wrong answers. Start a new login.")
    else:
        await attempt.move(asked, tries=1, error=error.for_people())


async def _phone(attempt: Attempt) -> Secret:
    return await _sealed(attempt, "SELECT phone_sealed FROM tg_sessions_telegramsession WHERE id = $1")


async def _token(attempt: Attempt) -> Secret:
    return await _sealed(attempt, "SELECT token_sealed FROM tg_sessions_senderbot WHERE id = $1")


async def _sealed(attempt: Attempt, query: str) -> Secret:
    account = attempt.holding.account
    async with attempt.link.use() as conn:
        sealed = await conn.fetchval(query, split_account(account)[1])
    return Secret(unseal(sealed, owner=account, keys=current().master_keys).decode())
