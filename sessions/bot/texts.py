"""What the login's messages say, and the buttons below them. Pure."""

from __future__ import annotations

from project.botkit.parts import Button, Reply, bold, copyable, plain
from sessions.domain.delivery import NEEDS_EMAIL, way, where
from sessions.services.login import BACKSPACE, LoginView, takes_digits

QR, CODE, KEY, SEND, RESEND, CANCEL, OPEN = (
    *("login.qr", "login.code", "login.key", "login.send", "login.resend", "login.cancel", "login.open"),
)
BURNT = (
    "🔥 That code burnt: Telegram voids a login code as soon as its account types it into any chat, this one too. "
    "Take the QR code or the keypad next time, or put letters between the digits, like "
    f"{copyable('1a2b3c4d5')}."
)
TYPED_EARLY = (
    "If that was a login code of this very account, Telegram voided it as you typed it: take the QR code or the "
    f"keypad, or put letters between the digits, like {copyable('1a2b3c4d5')}."
)
_SAFE = f"Press the digits here, or write them with letters between, like {copyable('1a2b3c4d5')}."
_TRIMMED = (
    "Telegram cuts blanks off the ends of messages: a password that begins or ends with one can be typed on the server "
    "only, with {command}."
)
_NEW_LOGIN = "If Telegram asks on the phone whether this new login was you, answer Yes."
_NEXT = (Button("👉 Next step", "start"),)  # /start's checklist
_FILLED, _EMPTY = "●", "○"


def choices(number: int) -> tuple[tuple[Button, ...], ...]:
    """The two ways in."""
    session = str(number)
    return ((Button("📷 QR code", QR, (session,)), Button("🔢 Code", CODE, (session,))),)


def choose(name: str, phone: str, number: int, note: str = "") -> Reply:
    """How shall it be logged in?"""
    lines = [
        *([note, ""] if note else []),
        f"🔑 {bold(name)} ({plain(phone)}): how do you want to log it in?",
        "",
        f"{bold('QR code')}: scan it with the phone of that account, in Settings > Devices > Link Desktop Device. "
        "It has to be shown on another screen than that phone's.",
        f"{bold('Code')}: Telegram sends one to that account; you press it on a keypad here.",
    ]
    return Reply("\n".join(lines), choices(number))


def waiting(name: str, what: str) -> Reply:
    """Something was asked of the session's worker."""
    return Reply(f"⏳ {bold(name)}: {plain(what)} …")


def keypad(name: str, number: int, state: LoginView, typed: int, note: str = "") -> Reply:
    """Where the code went, and the keypad with as many dots as digits were typed."""
    said = [f"🔑 {bold(name)}: {plain(where(state.delivery))}"]
    said += [f"❌ {plain(note or state.error)}"] if note or state.error else []
    if state.delivery == NEEDS_EMAIL:
        return Reply("\n\n".join([*said, "Then try again, or log in by QR code now."]), _below(number, state))
    if not takes_digits(state):
        return Reply("\n\n".join([*said, "Write it here: your message is deleted at once."]), _below(number, state))
    length = state.code_length or typed
    dots = " ".join([_FILLED] * typed + [_EMPTY] * (length - typed)) or "-"
    return Reply("\n\n".join([*said, f"Code: {dots}", _SAFE]), (*_digits(number), *_below(number, state)))


def _digits(number: int) -> tuple[tuple[Button, ...], ...]:
    def key(text: str, value: str) -> Button:
        return Button(text, KEY, (str(number), value))

    rows = [tuple(key(digit, digit) for digit in row) for row in ("123", "456", "789")]
    last = (key("⌫", BACKSPACE), key("0", "0"), Button("✅ Send", SEND, (str(number),)))
    return (*rows, last)


def _below(number: int, state: LoginView) -> tuple[tuple[Button, ...], ...]:
    session = str(number)
    other = [Button(f"🔁 Another {way(state.next_delivery)}", RESEND, (session,))] if state.next_delivery else []
    return ((*other, Button("📷 QR code", QR, (session,))), (Button("✖️ Cancel", CANCEL, (session,)),))


def qr_caption(name: str, number: int) -> Reply:
    """Below the QR code."""
    session = str(number)
    return Reply(
        f"📷 {bold(name)}: on the phone of this account open Settings > Devices > Link Desktop Device and scan this. "
        "It is renewed by itself, twice a minute.",
        ((Button("🔢 Code instead", CODE, (session,)), Button("✖️ Cancel", CANCEL, (session,))),),
    )


def password(name: str, number: int, state: LoginView) -> Reply:
    """Two-step verification."""
    said = [f"🔐 {bold(name)}: this account has a password (two-step verification)."]
    if state.error:
        said += [
            f"❌ {plain(state.error)}",
            _TRIMMED.format(command=copyable(f"python manage.py session login {name}")),
        ]
    said.append("Write it here: your message is deleted at once, and the password is not kept.")
    return Reply("\n\n".join(said), ((Button("✖️ Cancel", CANCEL, (str(number),)),),))


def done(name: str, info: str) -> Reply:
    """The end that everybody wants."""
    return Reply(f"🟢 {bold(name)} is logged in{plain(info)}.\n\n{plain(_NEW_LOGIN)}", (_NEXT,))


def failed(name: str, number: int, state: LoginView, *, raw: bool) -> Reply:
    """The other end. `raw`: the code had been written so that Telegram may have voided it."""
    said = [f"🔴 {bold(name)}: the login failed. {plain(state.error)}"]
    if raw and "not valid any more" in state.error:
        said.append(BURNT)
    return Reply("\n\n".join([*said, "Try again:"]), choices(number))


def stuck(name: str) -> Reply:
    """Nobody takes the next step."""
    return Reply(
        f"🔴 {bold(name)}: no worker goes on with this login. Is a node running? /workerstatus shows it.\n"
        f"/authenticate {plain(name)} comes back to this login."
    )
