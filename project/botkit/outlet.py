"""What the bot says: sent, edited and deleted by the Bot API's rules."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from aiogram import Bot
from aiogram.types import BufferedInputFile, InlineKeyboardMarkup, InputMediaPhoto

from project.botkit.calls import BadMarkup, Blocked, Caller, NotEditable, Unchanged
from project.botkit.keyboard import markup
from project.botkit.longtext import CAPTION_LIMIT, split, visible
from project.botkit.parts import Reply
from project.core.errors import Refused, RetryLater, TargetGone, Unreachable
from project.core.logs import get_logger

Keyboard = InlineKeyboardMarkup | None

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Shown:
    """The messages of one answer. `photo`: the one message is a picture with a caption. `typed`: it answers what
    somebody typed, so it has to be seen, also when it says the same once more."""

    ids: tuple[int, ...]
    photo: bool = False
    typed: bool = False


class Outlet:
    """The bot's mouth. Errors are those of `Caller`, without its three signals."""

    def __init__(self, bot: Bot, *, blocked: Blocked, pause: float = 1.0) -> None:
        self._bot = bot
        self._call = Caller(blocked, pause=pause)

    async def send(self, chat_id: int, reply: Reply, keyboard: Keyboard = None) -> Shown:
        """A new message; several when the text is long, the buttons below the last."""
        return await self.edit(chat_id, Shown(()), reply, keyboard)

    async def edit(self, chat_id: int, shown: Shown, reply: Reply, keyboard: Keyboard = None) -> Shown:
        """Another text in place of what is shown; what cannot be edited is replaced by a new message."""
        texts = split(reply.text)
        kept = () if shown.photo else shown.ids[: len(texts)]
        await self.delete(chat_id, *shown.ids[len(kept) :])
        ids = []
        for index, text in enumerate(texts):
            below = (keyboard or markup(reply.rows)) if index == len(texts) - 1 else None
            old = kept[index] if index < len(kept) else None
            ids.append(await self._put(chat_id, old, text, below, again=shown.typed))
        return Shown(tuple(ids))

    async def photo(self, chat_id: int, shown: Shown | None, png: bytes, reply: Reply) -> Shown:
        """A picture with a caption: new, or in place of the one that is shown."""
        caption, keyboard = split(reply.text, CAPTION_LIMIT)[0], markup(reply.rows)
        if shown is not None and shown.photo:
            media = InputMediaPhoto(media=_file(png), caption=caption)
            edit = partial(self._bot.edit_message_media, media, chat_id=chat_id, message_id=shown.ids[0])
            try:
                await self._call(chat_id, partial(edit, reply_markup=keyboard))
            except Unchanged:
                return shown
            except NotEditable:
                pass
            else:
                return shown
        send = partial(self._bot.send_photo, chat_id, _file(png), caption=caption, reply_markup=keyboard)
        return Shown(((await self._call(chat_id, send)).message_id,), photo=True)

    async def delete(self, chat_id: int, *message_ids: int) -> bool:
        """Deletes messages; False when one stays (older than 48 hours, or gone already)."""
        done = True
        for message_id in message_ids:
            try:
                await self._call(chat_id, partial(self._bot.delete_message, chat_id, message_id))
            except (Refused, NotEditable):
                done = False
        return done

    async def answer(self, callback_id: str, text: str = "") -> None:
        """Ends the waiting of a pressed button. One that is too old is left alone."""
        try:
            await self._call(0, partial(self._bot.answer_callback_query, callback_id, text=text or None))
        except (Refused, RetryLater, Unreachable) as error:
            log.info("press not answered", reason=error.message)

    async def tell(self, user_id: int, reply: Reply) -> bool:
        """A message of the bot's own accord; False when this person cannot be written to."""
        try:
            await self.send(user_id, reply)
        except TargetGone:
            return False
        return True

    async def _put(self, chat_id: int, old: int | None, text: str, keyboard: Keyboard, *, again: bool) -> int:
        try:
            return await self._put_html(chat_id, old, text, keyboard, {}, again=again)
        except BadMarkup:
            return await self._put_html(chat_id, old, visible(text), keyboard, {"parse_mode": None}, again=again)

    async def _put_html(
        self, chat_id: int, old: int | None, text: str, keyboard: Keyboard, how: dict[str, None], *, again: bool
    ) -> int:
        """`again`: what shows the very same already is replaced by a new message."""
        if old is not None:
            edit = partial(self._bot.edit_message_text, text, chat_id=chat_id, message_id=old, reply_markup=keyboard)
            with suppress(NotEditable):
                try:
                    await self._call(chat_id, partial(edit, **how))
                except Unchanged:
                    if not again:
                        return old
                    await self.delete(chat_id, old)
                else:
                    return old
        send = partial(self._bot.send_message, chat_id, text, reply_markup=keyboard)
        return (await self._call(chat_id, partial(send, **how))).message_id


def _file(png: bytes) -> BufferedInputFile:
    return BufferedInputFile(png, filename="picture.png")
