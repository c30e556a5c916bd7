"""Shows a login in its one message until it is the person's turn, or over. All of it is in the database: after a
restart of the bot /authenticate comes back to where the login was."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from project.botkit.parts import Call
from project.core.secret import Secret
from sessions.bot import texts
from sessions.bot.asking import ask_secret
from sessions.bot.picture import qr_png
from sessions.models import LoginStep, TelegramSession
from sessions.services.login import LoginView, login_state, typed_digits

LIMIT = 120.0  # seconds for the worker's next step; taking over a lease may take 30 of them
PATIENCE = 10.0  # seconds of silence after which a word is due
LOOK = 0.3
WORKERS_TURN = (LoginStep.REQUESTED, LoginStep.CODE_GIVEN, LoginStep.RESEND_ASKED, LoginStep.PASSWORD_GIVEN)
CODE_DIALOGUE, PASSWORD_DIALOGUE = "login.code", "login.password"


@dataclass
class Following:
    """One attempt in one chat. `raw`: the code was written in a way that Telegram may void."""

    call: Call
    session: TelegramSession
    attempt: int
    raw: bool = False
    _shown: Secret | None = None
    _patient: bool = True

    def begin(self) -> None:
        """Goes on after the call was answered."""
        self.call.later(self._run)

    async def _run(self) -> None:
        since = time.monotonic()
        while (state := await self._state()) is not None:
            if state.step in WORKERS_TURN:
                if not await self._wait(time.monotonic() - since):
                    return
            elif state.step == LoginStep.QR_SHOWN:
                since = time.monotonic()
                await self._show_link(state)
            else:
                await show(self.call, self.session, state, raw=self.raw)
                return
            await asyncio.sleep(LOOK)

    async def _state(self) -> LoginView | None:
        """None when a newer attempt took its place: somebody else shows that one."""
        state = await self.call.do(login_state, self.session.account)
        return state if state is not None and state.id == self.attempt else None

    async def _wait(self, waited: float) -> bool:
        if waited > LIMIT:
            await self.call.reply(texts.stuck(self.session.name))
            return False
        if self._patient and waited > PATIENCE:
            self._patient = False
            what = "still waiting for Telegram; after a change of host it takes up to half a minute"
            await self.call.reply(texts.waiting(self.session.name, what))
        return True

    async def _show_link(self, state: LoginView) -> None:
        if state.link is not None and state.link != self._shown:
            self._shown = state.link
            caption = texts.qr_caption(self.session.name, self.session.pk)
            await self.call.send_photo(qr_png(state.link), caption)


async def show(call: Call, session: TelegramSession, state: LoginView, *, raw: bool = False, note: str = "") -> None:
    """What the person can do now, or how it ended."""
    about = {"account": session.account, "session": str(session.pk)}
    if state.step == LoginStep.CODE_SENT:
        typed = await call.do(typed_digits, session.account)
        await ask_secret(call, CODE_DIALOGUE, texts.keypad(session.name, session.pk, state, typed, note), **about)
    elif state.step == LoginStep.PASSWORD_NEEDED:
        await ask_secret(call, PASSWORD_DIALOGUE, texts.password(session.name, session.pk, state), **about)
    elif state.step == LoginStep.DONE:
        await call.finish()
        await call.reply(texts.done(session.name, await call.do(_account_of, session.pk)))
    else:
        await call.finish()
        await call.reply(texts.failed(session.name, session.pk, state, raw=raw))


def _account_of(number: int) -> str:
    session = TelegramSession.objects.get(pk=number)
    return f" (Telegram account {session.user_id})" if session.user_id else ""
