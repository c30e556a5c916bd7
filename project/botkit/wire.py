"""What travels in a button: its act and arguments, or the token of a confirmation. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from project.botkit.parts import Button

LIMIT = 64  # bytes of callback_data (Bot API, InlineKeyboardButton)
_GAP = "|"
_CONFIRM, _CANCEL = "!", "~"


@dataclass(frozen=True, slots=True)
class Pressed:
    """A button as it comes back. One of `act` and `token` is set; `agreed` goes with the token."""

    act: str = ""
    args: tuple[str, ...] = ()
    token: str = ""
    agreed: bool = False


def pack(button: Button) -> str:
    """The button's data. Raises ValueError when they do not fit."""
    data = _GAP.join((button.act, *button.args))
    if len(data.encode()) > LIMIT or data.count(_GAP) != len(button.args) or data[0] in (_CONFIRM, _CANCEL):
        raise ValueError(f"the button {button.text!r} carries more than {LIMIT} bytes, or a sign of ours")
    return data


def pack_confirm(token: str) -> str:
    """The data of a confirmation's [Confirm]."""
    return _CONFIRM + token


def pack_cancel(token: str) -> str:
    """The data of a confirmation's [Cancel]."""
    return _CANCEL + token


def unpack(data: str) -> Pressed:
    """The opposite of all three."""
    if data[:1] in (_CONFIRM, _CANCEL):
        return Pressed(token=data[1:], agreed=data[0] == _CONFIRM)
    act, *args = data.split(_GAP)
    return Pressed(act=act, args=tuple(args))
