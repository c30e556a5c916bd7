"""The verbs: what a person does in a chat with a bot."""

from __future__ import annotations

import contextlib
import mimetypes
import secrets
from collections.abc import Callable, Iterator
from dataclasses import replace

from project.core.errors import Conflict, InvalidInput, NotFound
from project.sandbox.telegram.errors import RpcRefusedError
from project.sandbox.telegram.messages import NewFile, StoredFile
from project.sandbox.telegram.text import CAPTION_LIMIT, TEXT_LIMIT
from project.sandbox.telegram.users import User
from project.sandbox.telegram.world import TelegramWorld

from .chats import WithUser
from .errors import ApiRefusedError
from .groups import GroupFeed
from .model import ChatMessage, Command, Content, Origin, Toast
from .origins import Forwarded, forwarded
from .payloads import Payloads
from .state import BotBox, Press, PrivateChat, Scope
from .text import tidied
from .views import BotMessage, Forward, seen


@contextlib.contextmanager
def _as_input() -> Iterator[None]:
    """Turns a refusal of a text or file into ours."""
    try:
        yield
    except RpcRefusedError as failure:
        raise InvalidInput(f"Telegram refuses that: {failure.name}.") from None
    except ApiRefusedError as failure:
        raise InvalidInput(f"Telegram refuses that: {failure.description}.") from None


class BotWorld:
    """The bots of a loopback Telegram as people meet them. Synchronous, for one thread.

    `bot` is a bot's user id everywhere. Verbs raise NotFound, InvalidInput and Conflict.
    """

    def __init__(self, telegram: TelegramWorld) -> None:
        self.telegram = telegram
        self.state = telegram.state
        self.payloads = Payloads(telegram.state)
        self.listeners: list[Callable[[], None]] = []
        self._boxes: dict[int, BotBox] = {}
        self._groups = GroupFeed(telegram.state, self.payloads, self._boxes)
        telegram.watch(self._groups)

    def box(self, bot_id: int) -> BotBox:
        """What a bot keeps here. Raises NotFound for an account that is none."""
        if not self.state.user(bot_id).is_bot:
            raise NotFound(f"Telegram account {bot_id} is no bot.")
        if bot_id not in self._boxes:
            self._boxes[bot_id] = BotBox(bot_id)
        return self._boxes[bot_id]

    def by_token(self, token: str) -> BotBox | None:
        """The bot that logs in with a token."""
        number, _, _ = token.partition(":")
        user = self.state.users.get(int(number)) if number.isdecimal() else None
        return self.box(user.id) if user and user.bot_token == token and not user.dead else None

    def changed(self) -> None:
        """Tells whoever watches."""
        for listener in tuple(self.listeners):
            listener()

    # What a person does

    def type(
        self,
        user_id: int,
        bot: int,
        text: str,
        *,
        edited: bool = False,
        forwarded_from: Forward | None = None,
        chat_id: int | None = None,
        anonymous: bool = False,
        reply_to: int | None = None,
    ) -> int:
        """A user writes to a bot, which begins or restarts their chat; gives the message's id.

        With `chat_id` (either form) it is written in that group or channel, which the bot has to be in; `anonymous` as
        its administrator without a name. `edited` changes the user's last message instead. A forwarded message brings
        its own text and file. A login code in the text becomes void, as in any chat.
        """
        user = self._person(user_id)
        self.telegram.typed(user_id, text)
        if chat_id is not None:
            return self._groups.write(None if anonymous else user_id, bot, chat_id, text, edited=edited)
        if edited:
            return self._rewrite(user, bot, text)
        with _as_input():
            source = forwarded(self.state, forwarded_from, text) if forwarded_from else Forwarded(text)
            return self._deliver(user, bot, source.text, source.file, source.origin, reply_to).id

    def send_file(
        self, user_id: int, bot: int, name: str, data: bytes, caption: str = "", *, photo: bool = False
    ) -> int:
        """A user sends a document, or with `photo` a picture."""
        user = self._person(user_id)
        mime = mimetypes.guess_type(name)[0] or "application/octet-stream"
        with _as_input():
            new = NewFile(name, mime, data, photo=photo, dc=user.dc)
            file = self.state.files.store(new, date=self.state.clock.date(), protected=False)
            return self._deliver(user, bot, caption, file, None, None).id

    def press(self, user_id: int, bot: int, message_id: int, label: str) -> None:
        """A user presses the button with that label. Raises NotFound for a message or button that is not there."""
        chat = self._chat(user_id, bot)
        message = chat.get(message_id)
        if message is None:
            raise NotFound(f"There is no message {message_id} in that chat.")
        buttons = [button for row in message.content.keyboard for button in row]
        found = next((button for button in buttons if button.text == label), None)
        if found is None:
            raise NotFound(f"There is no button {label!r}.", hint=f"There are: {[item.text for item in buttons]}.")
        if found.url:
            raise InvalidInput(f"The button {label!r} opens {found.url}.")
        self._query(self._person(user_id), self.box(bot), chat, message, found.data)

    def _query(self, user: User, box: BotBox, chat: WithUser, message: ChatMessage, data: str) -> None:
        query = str(secrets.randbelow(2**62))
        box.press(query, Press(user.id, self.state.clock.monotonic()))
        told = {
            "id": query,
            "from": self.payloads.user(user),
            "message": self.payloads.message(box.bot_id, chat.payload, message),
            "chat_instance": str(user.id),
            "data": data,
        }
        box.put("callback_query", told)

    def block(self, user_id: int, bot: int) -> None:
        """A user blocks a bot: it is told, and writing to the user is a 403."""
        self._block(user_id, bot, blocked=True)

    def unblock(self, user_id: int, bot: int) -> None:
        """The bot may write again."""
        self._block(user_id, bot, blocked=False)

    def _block(self, user_id: int, bot: int, *, blocked: bool) -> None:
        box, user = self.box(bot), self._person(user_id)
        chat = box.chats.setdefault(user_id, PrivateChat(user_id))
        if chat.blocked is blocked:
            return
        chat.blocked = blocked
        its = {"user": self.payloads.user(self.state.user(bot))}
        member, kicked = its | {"status": "member"}, its | {"status": "kicked", "until_date": 0}
        before, after = (member, kicked) if blocked else (kicked, member)
        told = {
            "chat": self.payloads.private(user),
            "from": self.payloads.user(user),
            "date": self.state.clock.date(),
            "old_chat_member": before,
            "new_chat_member": after,
        }
        box.put("my_chat_member", told)

    # What a person sees

    def messages(self, user_id: int, bot: int) -> list[BotMessage]:
        """Every message of a private chat, deleted ones too, oldest first."""
        chat = self.box(bot).chats.get(user_id)
        return [seen(bot, message, self.state.files) for message in chat.messages.values()] if chat else []

    def toasts(self, user_id: int, bot: int) -> list[Toast]:
        """The answers to a user's presses that showed a text."""
        chat = self.box(bot).chats.get(user_id)
        return list(chat.toasts) if chat else []

    def menu(self, bot: int, user_id: int) -> list[Command]:
        """The commands that a user is offered in the private chat."""
        menus = self.box(bot).menus
        scopes = (Scope("chat", user_id), Scope("all_private_chats"), Scope())
        return list(next((menus[scope] for scope in scopes if menus.get(scope)), ()))

    def chats(self, bot: int) -> list[int]:
        """The users who have a chat with a bot."""
        return list(self.box(bot).chats)

    def bots(self) -> list[int]:
        """The bots that somebody talks to, or that called the Bot API."""
        return [box.bot_id for box in self._boxes.values() if box.reached or box.chats]

    # Inside

    def _person(self, user_id: int) -> User:
        user = self.state.user(user_id)
        if user.is_bot:
            raise InvalidInput(f"{user.name} is a bot.")
        return user

    def _chat(self, user_id: int, bot: int) -> WithUser:
        box = self.box(bot)
        if user_id not in box.chats:
            raise NotFound("They have no chat.")
        return WithUser(self.state, self.payloads, box, box.chats[user_id])

    def _deliver(
        self,
        user: User,
        bot: int,
        text: str,
        file: StoredFile | None,
        origin: Origin | None,
        reply_to: int | None,
    ) -> ChatMessage:
        box = self.box(bot)
        box.chats.setdefault(user.id, PrivateChat(user.id))
        self._block(user.id, bot, blocked=False)
        chat = self._chat(user.id, bot)
        text, entities = tidied(text, (), limit=CAPTION_LIMIT if file else TEXT_LIMIT)
        if not text and file is None:
            raise RpcRefusedError("MESSAGE_EMPTY")
        draft = ChatMessage(0, 0, 0.0, user.id, Content(text, entities, file), reply_to, origin)
        message = chat.put(draft)
        replied = chat.get(reply_to) if reply_to else None
        box.put("message", self.payloads.message(bot, chat.payload, message, replied))
        self.changed()
        return message

    def _rewrite(self, user: User, bot: int, text: str) -> int:
        chat = self._chat(user.id, bot)
        own = [item for item in self.box(bot).chats[user.id].messages.values() if item.author_id == user.id]
        last = next((item for item in reversed(own) if not item.deleted and item.origin is None), None)
        if last is None:
            raise NotFound("There is nothing to edit.")
        with _as_input():
            words, entities = tidied(text, (), limit=CAPTION_LIMIT if last.content.file else TEXT_LIMIT)
        if words == last.content.text:
            raise Conflict("That is the same text.")
        message = chat.edit(last, replace(last.content, text=words, entities=entities))
        self.box(bot).put("edited_message", self.payloads.message(bot, chat.payload, message))
        self.changed()
        return message.id
