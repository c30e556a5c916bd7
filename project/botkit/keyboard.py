"""Buttons as aiogram wants them."""

from __future__ import annotations

from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup

from project.botkit.parts import Button
from project.botkit.wire import pack, pack_cancel, pack_confirm

Rows = tuple[tuple[Button, ...], ...]


def markup(rows: Rows) -> InlineKeyboardMarkup | None:
    """The keyboard below a message; None without buttons."""
    lines = [[InlineKeyboardButton(text=one.text, callback_data=pack(one)) for one in row] for row in rows if row]
    return InlineKeyboardMarkup(inline_keyboard=lines) if lines else None


def confirm_markup(token: str, label: str, rows: Rows) -> InlineKeyboardMarkup:
    """[label] [Cancel] below what the preview itself has."""
    own = markup(rows)
    line = [
        InlineKeyboardButton(text=label, callback_data=pack_confirm(token)),
        InlineKeyboardButton(text="Cancel", callback_data=pack_cancel(token)),
    ]
    return InlineKeyboardMarkup(inline_keyboard=[*(own.inline_keyboard if own else []), line])
