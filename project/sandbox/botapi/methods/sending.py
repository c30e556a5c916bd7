"""Sending and deleting messages."""

from __future__ import annotations

from project.sandbox.botapi.errors import bad
from project.sandbox.botapi.model import Content
from project.sandbox.botapi.payloads import Json, file_of
from project.sandbox.botapi.registry import Call, method
from project.sandbox.botapi.state import PRESS_LIFETIME, Press

from .content import caption_of, file_from, text_of

_MOST_DELETED = 100
_LONGEST_TOAST = 200
_LARGEST_DOWNLOAD = 20 * 1024 * 1024  # https://core.telegram.org/bots/api#getfile
_ACTIONS = frozenset(
    [
        "typing",
        "upload_photo",
        "record_video",
        "upload_video",
        "record_voice",
        "upload_voice",
        "upload_document",
        "choose_sticker",
        "find_location",
        "record_video_note",
        "upload_video_note",
    ]
)


def _sent(call: Call, content: Content) -> Json:
    chat = call.chat()
    call.spend(chat)
    return call.told(chat, chat.post(content, call.arguments.reply_to()))


@method("sendMessage")
def send_message(call: Call) -> Json:
    """Writes a text."""
    return _sent(call, text_of(call))


@method("sendPhoto")
def send_photo(call: Call) -> Json:
    """Sends a picture. 400 IMAGE_PROCESS_FAILED, PHOTO_INVALID_DIMENSIONS for what is none."""
    return _sent(call, caption_of(call, file_from(call, "photo", photo=True)))


@method("sendDocument")
def send_document(call: Call) -> Json:
    """Sends a file."""
    return _sent(call, caption_of(call, file_from(call, "document", photo=False)))


@method("sendChatAction")
def send_chat_action(call: Call) -> bool:
    """ "typing" and the like."""
    call.chat()
    if call.arguments.text("action").lower() not in _ACTIONS:
        raise bad("wrong parameter action in request")
    return True


@method("deleteMessage")
def delete_message(call: Call) -> bool:
    """Deletes one message, in private chats the user's too."""
    chat = call.chat()
    number = call.arguments.integer("message_id")
    if not number:
        raise bad("message identifier is not specified")
    if chat.get(number) is None:
        raise bad("message to delete not found")
    chat.delete([number])
    return True


@method("deleteMessages")
def delete_messages(call: Call) -> bool:
    """Deletes up to 100; those that are not there are passed over."""
    chat = call.chat()
    ids = call.arguments.json("message_ids", "message identifiers") or []
    if not ids:
        raise bad("message identifiers are not specified")
    if len(ids) > _MOST_DELETED:
        raise bad("too many message identifiers specified")
    chat.delete([int(number) for number in ids])
    return True


@method("answerCallbackQuery")
def answer_callback_query(call: Call) -> bool:
    """Ends the waiting of a pressed button, once."""
    query = call.arguments.text("callback_query_id")
    press = call.box.presses.pop(query, None)
    if press is None or call.now - press.at > PRESS_LIFETIME:
        raise bad("query is too old and response timeout expired or query ID is invalid")
    text = call.arguments.text("text")
    if len(text) > _LONGEST_TOAST:
        raise bad("MESSAGE_TOO_LONG")
    _show(call, press, text)
    return True


def _show(call: Call, press: Press, text: str) -> None:
    if text and press.user_id in call.box.chats:
        call.box.toast(press.user_id, text, alert=call.arguments.flag("show_alert"))


@method("getFile")
def get_file(call: Call) -> Json:
    """Where a file can be downloaded: up to 20 MB."""
    name = call.arguments.text("file_id")
    if not name:
        raise bad("file_id not specified")
    file = file_of(call.state, call.bot.id, name)
    if file is None:
        raise bad("invalid file_id")
    if file.size > _LARGEST_DOWNLOAD:
        raise bad("file is too big")
    ending = "jpg" if file.photo else file.name.rpartition(".")[2] if "." in file.name else ""
    folder = "photos" if file.photo else "documents"
    path = f"{folder}/file_{file.id}" + (f".{ending}" if ending.isalnum() else "")
    call.box.paths[path] = file.id
    return call.payloads.file(call.bot.id, file) | {"file_path": path}
