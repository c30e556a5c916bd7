"""The conversation of a login, one answer at a time."""

from __future__ import annotations

from project.api.answers import LoginProgress
from project.core.errors import Conflict, InvalidInput
from project.core.secret import Secret
from sessions.domain.delivery import where
from sessions.models import LoginStep
from sessions.services import login
from sessions.services.finding import find_session
from sessions.services.login import LoginView

BURNS = "Never type the code into a Telegram chat: it burns at once."
_PERSONS_TURN = (LoginStep.CODE_SENT, LoginStep.PASSWORD_NEEDED, LoginStep.DONE, LoginStep.FAILED)


def begin(actor: str, name: str) -> str:
    """Asks for a code; the account's name. Raises NotFound and Conflict."""
    session = find_session(name)
    login.request_login(actor=actor, session=session)
    return session.account


def give(name: str, code: str, password: str) -> str:
    """Hands over what was given; the account's name. Raises NotFound, Conflict and InvalidInput."""
    account = find_session(name).account
    state = login.login_state(account)
    if state is None or not state.open:
        raise Conflict(f"No login of {name} is open.", hint="Ask for a code first: authenticate_session(name).")
    if state.step == LoginStep.PASSWORD_NEEDED:
        if not password:
            raise InvalidInput("This account has a password (two-step verification).", hint="Give password=….")
        login.give_password(account=account, password=Secret(password))
    elif code:
        login.give_code(account=account, code=Secret(code))
    else:
        raise InvalidInput("Telegram asks for the code first.", hint="Give the verification code.")
    return account


def wants_password(account: str) -> bool | None:
    """Whether the password is asked for; None while that is open."""
    state = turn(account)
    return state.step == LoginStep.PASSWORD_NEEDED if state else None


def turn(account: str) -> LoginView | None:
    """The login, once it is the person's turn or over; None while its worker is at it."""
    state = login.login_state(account)
    return state if state is not None and state.step in _PERSONS_TURN else None


def progress(name: str, state: LoginView) -> LoginProgress:
    """What to say about it. Raises Conflict with the reason when it failed, InvalidInput when an answer was wrong."""
    if state.step == LoginStep.FAILED:
        raise Conflict(f"The login failed: {state.error}", hint="authenticate_session(name) asks for a new code.")
    if state.error:
        raise InvalidInput(state.error, hint="Give it again.")
    told = {
        LoginStep.CODE_SENT.value: f"{where(state.delivery)} {BURNS}",
        LoginStep.PASSWORD_NEEDED.value: "This account has a password (two-step verification): give it.",
        LoginStep.DONE.value: f"Session {name} is logged in.",
    }[state.step]
    return LoginProgress(name, state.step, state.delivery, state.code_length, told)
