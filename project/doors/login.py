"""The conversation of a login: where the code went, the code, the password."""

from __future__ import annotations

import io
import time
from collections.abc import Callable

import segno

from project.core.errors import Conflict, InvalidInput
from project.core.secret import Secret
from project.core.stopping import pause
from project.doors.prompts import ask_password, ask_secret
from sessions.domain.delivery import NEEDS_EMAIL, way, where
from sessions.models import LoginStep
from sessions.services import login
from sessions.services.login import LoginView

Say = Callable[[str], None]

LIMIT = 120.0  # seconds for the worker's next step; taking over a lease may take 30 of them
_PATIENCE = 10.0  # seconds of silence after which a word is due
_LOOK = 0.1
_WORKERS_TURN = (LoginStep.REQUESTED, LoginStep.CODE_GIVEN, LoginStep.RESEND_ASKED, LoginStep.PASSWORD_GIVEN)
WARNING = "Type it here only. A code that is typed into any Telegram chat burns at once."


def converse(account: str, *, say: Say, again: str) -> bool:
    """Leads an open login by code to its end. `again` is the command that starts a new one. False: nothing was asked,
    since the key that the session has still works and was kept.

    Raises Conflict with the reason when the login failed, and InvalidInput when no answer comes.
    """
    told, asked = "", False
    while (state := _next_step(account, say, told)).step != LoginStep.DONE:
        asked = True
        if state.step == LoginStep.QR_SHOWN and state.link is not None:
            told = state.link.reveal()
            _show_qr(state.link, say)
            continue
        if state.step == LoginStep.FAILED:
            raise Conflict(f"The login failed: {state.error}", hint=f"`{again}` starts a new one.")
        if state.error:
            say(state.error)
        if state.step == LoginStep.CODE_SENT:
            if told != state.delivery:
                _refuse_what_cannot_be_answered(state)
                say(f"{where(state.delivery)} {WARNING}")
                if state.next_delivery:
                    say(f"Type ? to get another one {way(state.next_delivery)}.")
                told = state.delivery
            _take_code(state, say)
        else:
            say("This account has a password (two-step verification).")
            login.give_password(account=account, password=ask_password("Password"))
    return asked


def wait_for_end(account: str, *, say: Say) -> LoginView:
    """Waits until the worker has used a bot's token or an imported key; the last step, DONE or FAILED."""
    return _next_step(account, say, "")


def _show_qr(link: Secret, say: Say) -> None:
    drawing = io.StringIO()
    segno.make(link.reveal(), error="l", micro=False).terminal(out=drawing, compact=True)
    say(f"On the phone of this account: Settings > Devices > Link Desktop Device. Scan this:\n{drawing.getvalue()}")


def _refuse_what_cannot_be_answered(state: LoginView) -> None:
    if state.delivery == NEEDS_EMAIL:
        raise Conflict(
            "Telegram wants an e-mail address for this account first.",
            hint="Set it in an official app, then try again; or log in with --qr.",
        )


def _take_code(state: LoginView, say: Say) -> None:
    """Asks until it can be the code; a question mark asks for another one."""
    while True:
        code = ask_secret("Code")
        try:
            if code == Secret("?"):
                login.resend(account=state.account)
            else:
                login.give_code(account=state.account, code=code)
        except InvalidInput as error:
            say(error.for_people())
        except Conflict as error:
            if code != Secret("?"):
                raise
            say(error.for_people())
        else:
            return


def _next_step(account: str, say: Say, told: str) -> LoginView:
    """Waits until it is the person's turn, another QR code is to be shown than `told`, or all is over.

    Raises Conflict when the worker does nothing.
    """
    begin = time.monotonic()
    quiet = True
    while True:
        state = login.login_state(account)
        if state is None:
            raise InvalidInput(f"No login of {account} is open.")
        scanning = state.step == LoginStep.QR_SHOWN and (state.link is None or state.link.reveal() == told)
        if state.step not in _WORKERS_TURN and not scanning:
            return state
        if scanning:
            begin = time.monotonic()
        waited = time.monotonic() - begin
        if waited > LIMIT:
            raise Conflict(
                f"The worker did not get on with the login within {LIMIT:.0f} s.",
                hint="`python manage.py doctor` says whether Telegram can be reached.",
            )
        if quiet and waited > _PATIENCE:
            quiet = False
            say("Still waiting for Telegram (after a change of host it takes up to half a minute) …")
        pause(_LOOK)
