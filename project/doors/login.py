"""The conversation of a login: where the code went, the code, the password."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from project.core.errors import Conflict, InvalidInput
from project.core.secret import Secret
from project.doors.prompts import ask_secret
from sessions.models import LoginStep
from sessions.services import login
from sessions.services.login import LoginView

Say = Callable[[str], None]

LIMIT = 120.0  # seconds for the worker's next step; taking over a lease may take 30 of them
_PATIENCE = 10.0  # seconds of silence after which a word is due
_LOOK = 0.1
_WORKERS_TURN = (LoginStep.REQUESTED, LoginStep.CODE_GIVEN, LoginStep.PASSWORD_GIVEN)
_IN_WORDS = ("word", "phrase")

WHERE = {
    "app": "Telegram sent a code to the Telegram app of this account: look for a message from “Telegram”.",
    "sms": "Telegram sent a code by SMS.",
    "call": "Telegram calls the phone and reads out a code.",
    "flash_call": "Telegram calls the phone and hangs up: the code is in the number that called.",
    "missed_call": "Telegram calls the phone and hangs up: the code is the last digits of the number that called.",
    "email": "Telegram sent a code to the account's e-mail address.",
    "fragment": "Telegram sent a code to fragment.com, where this number was bought.",
    "word": "Telegram sent a secret word by SMS; type the word.",
    "phrase": "Telegram sent a phrase by SMS; type the whole phrase.",
    "firebase": "Telegram sent a code by SMS.",
}
ELSEWHERE = "Telegram sent a code (it does not say where: look into the Telegram app, SMS and e-mail)."
WARNING = "Type it here only. A code that is typed into any Telegram chat burns at once."


def converse(account: str, *, say: Say, again: str) -> None:
    """Leads an open login to its end. `again` is the command that starts a new one.

    Raises Conflict with the reason when the login failed, and InvalidInput when no answer comes.
    """
    told = False
    while (state := _next_step(account, say)).step != LoginStep.DONE:
        if state.step == LoginStep.FAILED:
            raise Conflict(f"The login failed: {state.error}", hint=f"`{again}` starts a new one.")
        if state.error:
            say(state.error)
        if state.step == LoginStep.CODE_SENT:
            if not told:
                _tell_where(state)
                say(f"{WHERE.get(state.delivery, ELSEWHERE)} {WARNING}")
                told = True
            login.give_code(account=account, code=_ask_code(state, say))
        else:
            say("This account has a password (two-step verification).")
            login.give_password(account=account, password=ask_secret("Password"))


def wait_for_import(account: str, *, say: Say) -> LoginView:
    """Waits until the worker has used a bot's token; the last step, DONE or FAILED."""
    return _next_step(account, say)


def _tell_where(state: LoginView) -> None:
    """Refuses what cannot be answered here."""
    if state.delivery == "email_setup":
        raise Conflict(
            "Telegram wants an e-mail address for this account first.",
            hint="Log in with an official app, set the address there, then try again.",
        )


def _ask_code(state: LoginView, say: Say) -> Secret:
    """A code of the right length: one that cannot be right would cost one of five tries."""
    while True:
        code = ask_secret("Code").reveal()
        if state.delivery not in _IN_WORDS:
            code = re.sub(r"[\s-]", "", code)
        if code and (not state.code_length or len(code) == state.code_length):
            return Secret(code)
        say(f"The code has {state.code_length} characters." if state.code_length else "Type the code that came.")


def _next_step(account: str, say: Say) -> LoginView:
    """Waits until it is the person's turn, or all is over. Raises Conflict when the worker does nothing."""
    begin = time.monotonic()
    quiet = True
    while True:
        state = login.login_state(account)
        if state is None:
            raise InvalidInput(f"No login of {account} is open.")
        if state.step not in _WORKERS_TURN:
            return state
        waited = time.monotonic() - begin
        if waited > LIMIT:
            raise Conflict(
                f"The worker did not get on with the login within {LIMIT:.0f} s.",
                hint="`python manage.py doctor` says whether Telegram can be reached.",
            )
        if quiet and waited > _PATIENCE:
            quiet = False
            say("Still waiting for Telegram (after a change of host it takes up to half a minute) …")
        time.sleep(_LOOK)
