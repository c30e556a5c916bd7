"""/authenticate: logs a session in, by QR code or by a code, and by a password where there is one."""

from __future__ import annotations

from project.botkit.parts import ID, Call, Command, Dialogue, Press, Reply, Room, bold, plain
from project.core.errors import Conflict, InvalidInput, ManyProblems, NotFound
from project.core.operators import Role
from project.core.secret import Secret
from sessions.bot import texts
from sessions.bot.following import CODE_DIALOGUE, PASSWORD_DIALOGUE, Following, show
from sessions.domain.codes import burns
from sessions.models import Lifecycle, LoginKind, LoginStep, TelegramSession
from sessions.services.finding import find_session, is_logged_in, session_of
from sessions.services.login import (
    LoginView,
    give_code,
    give_password,
    give_up,
    login_state,
    request_login,
    resend,
    send_typed,
    type_key,
)

ROLE = Role.OPERATOR


async def _run(call: Call) -> None:
    if len(call.words) > 1:
        await call.remove()
    if not call.words:
        raise ManyProblems(("The name of the session is missing.",), correction="/authenticate user1_main")
    session = await _named(call)
    state = await call.do(login_state, session.account)
    code = " ".join(call.text.split(maxsplit=1)[1:]).strip()
    if code:
        await _code_in_the_command(call, session, state, code)
    elif state is not None and state.open and state.kind != LoginKind.LOG_OUT:
        await _go_on(call, session, state)
    else:
        await _choose(call, session)


async def _named(call: Call) -> TelegramSession:
    """What is no session's name may be a code: it is not repeated."""
    try:
        return await call.do(find_session, call.words[0])
    except NotFound as error:
        await call.remove()
        raise NotFound("There is no session of that name; your message was deleted.", hint=error.hint) from None


async def _choose(call: Call, session: TelegramSession, note: str = "") -> None:
    if session.lifecycle == Lifecycle.DISABLED:
        raise Conflict(f"Session {session.name} is disabled.", hint=f"/enablesession {session.name}")
    if is_logged_in(session) and not note:
        note = f"{bold(session.name)} is logged in already. Another look does no harm: a key that works is kept."
    await call.reply(texts.choose(session.name, session.phone_hint, session.pk, note))


async def _go_on(call: Call, session: TelegramSession, state: LoginView) -> None:
    """An open login is shown where it is, also after a restart of the bot."""
    if state.step in (LoginStep.CODE_SENT, LoginStep.PASSWORD_NEEDED):
        await show(call, session, state)
        return
    await call.reply(texts.waiting(session.name, "the login goes on"))
    Following(call, session, state.id).begin()


async def _code_in_the_command(call: Call, session: TelegramSession, state: LoginView | None, code: str) -> None:
    """As the specification has it: /authenticate name 12345. It works when the code goes to another account's phone."""
    if state is None or state.step != LoginStep.CODE_SENT:
        raw = f"\n{texts.TYPED_EARLY}" if burns(code) else ""
        await _choose(call, session, f"No code is asked for just now; your message was deleted.{raw}")
        return
    await _try_code(call, session, state, code)


async def _try_code(call: Call, session: TelegramSession, state: LoginView, code: str) -> None:
    try:
        await call.do(give_code, account=session.account, code=Secret(code))
    except InvalidInput as error:
        await show(call, session, state, note=error.for_people())
        return
    await call.reply(texts.waiting(session.name, "your message was deleted; trying the code"))
    Following(call, session, state.id, raw=burns(code)).begin()


async def _typed_code(call: Call) -> None:
    session, state = await _of_dialogue(call)
    await _try_code(call, session, state, call.text)


async def _typed_password(call: Call) -> None:
    session, state = await _of_dialogue(call)
    await call.do(give_password, account=session.account, password=Secret(call.text))
    await call.reply(texts.waiting(session.name, "your message was deleted; trying the password"))
    Following(call, session, state.id).begin()


async def _of_dialogue(call: Call) -> tuple[TelegramSession, LoginView]:
    session = await call.do(session_of, int(call.data["session"]))
    return session, await _open_state(call, session)


async def _open_state(call: Call, session: TelegramSession) -> LoginView:
    state = await call.do(login_state, session.account)
    if state is None or not state.open:
        await call.finish()
        raise Conflict(f"No login of {session.name} is open any more.", hint=f"/authenticate {session.name}")
    return state


async def _open(call: Call) -> None:
    await _choose(call, await _pressed(call))


async def _by_qr(call: Call) -> None:
    await _begin(call, LoginKind.QR, "asking Telegram for a QR code")


async def _by_code(call: Call) -> None:
    await _begin(call, LoginKind.CODE, "asking Telegram for a code")


async def _begin(call: Call, kind: LoginKind, what: str) -> None:
    session = await _pressed(call)
    state = await call.do(request_login, actor=call.actor, session=session, kind=kind)
    await call.finish()
    await call.reply(texts.waiting(session.name, what))
    Following(call, session, state.id).begin()


async def _key(call: Call) -> None:
    session = await _pressed(call)
    state = await _open_state(call, session)
    typed = await call.do(type_key, account=session.account, key=call.words[1])
    await call.reply(texts.keypad(session.name, session.pk, state, typed))


async def _send(call: Call) -> None:
    session = await _pressed(call)
    state = await _open_state(call, session)
    try:
        await call.do(send_typed, account=session.account)
    except InvalidInput as error:
        await show(call, session, state, note=error.for_people())
        return
    await call.reply(texts.waiting(session.name, "trying the code"))
    Following(call, session, state.id).begin()


async def _resend(call: Call) -> None:
    session = await _pressed(call)
    state = await _open_state(call, session)
    try:
        await call.do(resend, account=session.account)
    except Conflict as error:
        await show(call, session, state, note=error.for_people())
        return
    await call.reply(texts.waiting(session.name, "asking for another code"))
    Following(call, session, state.id).begin()


async def _cancel(call: Call) -> None:
    session = await _pressed(call)
    await call.do(give_up, account=session.account, reason="Cancelled.")
    await call.finish()
    await call.reply(Reply(f"✖️ {bold(session.name)}: the login was cancelled. {plain('Nothing was changed.')}"))


async def _pressed(call: Call) -> TelegramSession:
    return await call.do(session_of, int(call.words[0]))


PART = Room(
    commands=(
        Command(
            name="authenticate",
            arguments="<session_name> [verification_code]",
            summary="Log a session in",
            role=ROLE,
            section="Sessions",
            run=_run,
            details=(
                "Without a code: QR code or keypad, then the password where there is one. With a code: tries it; but "
                "Telegram voids a code that its own account types into a chat; letters between the digits prevent "
                "that. Pairs and their places in the sources stay."
            ),
            examples=(
                "/authenticate user1_main",
                "/authenticate user1_main 12345",
                "/authenticate user1_main 1a2b3c4d5",
            ),
            secret=True,
        ),
    ),
    presses=(
        Press(texts.OPEN, ROLE, _open, ID),
        Press(texts.QR, ROLE, _by_qr, ID),
        Press(texts.CODE, ROLE, _by_code, ID),
        Press(texts.KEY, ROLE, _key, rf"{ID}\|.{{1,9}}"),
        Press(texts.SEND, ROLE, _send, ID),
        Press(texts.RESEND, ROLE, _resend, ID),
        Press(texts.CANCEL, ROLE, _cancel, ID),
    ),
    dialogues=(
        Dialogue(CODE_DIALOGUE, ROLE, _typed_code, secret=True),
        Dialogue(PASSWORD_DIALOGUE, ROLE, _typed_password, secret=True),
    ),
)
