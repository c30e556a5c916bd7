"""Editing the bot's own messages."""

from __future__ import annotations

from dataclasses import replace

from project.sandbox.botapi.chats import BotChat
from project.sandbox.botapi.errors import bad
from project.sandbox.botapi.model import ChatMessage, Content
from project.sandbox.botapi.payloads import Json
from project.sandbox.botapi.registry import Call, method

from .content import caption_of, media_of, text_of

_SAME = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current content "
    "and reply markup of the message"
)


def _edited(call: Call, chat: BotChat, message: ChatMessage, content: Content) -> Json:
    if content == message.content:
        raise bad(_SAME)
    call.spend(chat)
    return call.told(chat, chat.edit(message, content))


@method("editMessageText")
def edit_text(call: Call) -> Json:
    """Another text; a keyboard that is not given again goes away."""
    chat = call.chat()
    message = call.own(chat, "edit")
    if message.content.file is not None:
        raise bad("there is no text in the message to edit")
    return _edited(call, chat, message, text_of(call))


@method("editMessageCaption")
def edit_caption(call: Call) -> Json:
    """Another caption."""
    chat = call.chat()
    message = call.own(chat, "edit")
    if message.content.file is None:
        raise bad("there is no caption in the message to edit")
    return _edited(call, chat, message, caption_of(call, message.content.file))


@method("editMessageMedia")
def edit_media(call: Call) -> Json:
    """Another photo or document; a text becomes one."""
    chat = call.chat()
    return _edited(call, chat, call.own(chat, "edit"), media_of(call))


@method("editMessageReplyMarkup")
def edit_keyboard(call: Call) -> Json:
    """Another keyboard, or none."""
    chat = call.chat()
    message = call.own(chat, "edit")
    return _edited(call, chat, message, replace(message.content, keyboard=call.arguments.keyboard()))
