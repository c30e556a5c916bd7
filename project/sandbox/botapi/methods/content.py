"""What a message is to show, from a call's fields."""

from __future__ import annotations

from typing import Any

from project.sandbox.botapi.arguments import Arguments, Upload, entities
from project.sandbox.botapi.errors import ApiRefusedError, bad
from project.sandbox.botapi.markup import parse_html
from project.sandbox.botapi.model import Content
from project.sandbox.botapi.payloads import file_of
from project.sandbox.botapi.registry import Call
from project.sandbox.botapi.text import tidied
from project.sandbox.telegram.messages import Entity, NewFile, StoredFile
from project.sandbox.telegram.text import CAPTION_LIMIT, TEXT_LIMIT


def _styled(call: Call, text: str, mode: str, given: Any) -> tuple[str, tuple[Entity, ...]]:
    if not mode:
        return text, entities(given)
    if mode.lower() != "html":
        call.state.count.unknown(f"botapi.parse_mode.{mode}")
        raise bad("unsupported parse_mode")
    return parse_html(text)


def text_of(call: Call) -> Content:
    """The text of sendMessage and editMessageText. Raises 400 for an empty or too long one, or bad HTML."""
    fields = call.arguments
    given = fields.json("entities", "entities")
    text, styles = _styled(call, fields.text("text"), fields.text("parse_mode"), given)
    text, styles = tidied(text, styles, limit=TEXT_LIMIT)
    if not text:
        raise bad("message text is empty")
    return Content(text, styles, keyboard=fields.keyboard())


def caption_of(call: Call, file: StoredFile | None) -> Content:
    """A caption, perhaps an empty one."""
    fields = call.arguments
    given = fields.json("caption_entities", "caption entities")
    text, styles = _styled(call, fields.text("caption"), fields.text("parse_mode"), given)
    text, styles = tidied(text, styles, limit=CAPTION_LIMIT)
    return Content(text, styles, file, fields.keyboard())


def file_from(call: Call, name: str, *, photo: bool) -> StoredFile:
    """The file of a field: uploaded along, or one that was sent before."""
    fields = call.arguments
    value = fields.text(name)
    upload = fields.files.get(value.removeprefix("attach://") if value.startswith("attach://") else name)
    if upload is not None:
        return stored(call, upload, photo=photo)
    if not value:
        raise bad(f"there is no {name} in the request")
    if value.startswith(("http://", "https://")):
        call.state.count.unknown(f"botapi.{name}.url")
        raise bad("failed to get HTTP URL content")
    known = file_of(call.state, call.bot.id, value)
    if known is None:
        raise bad("wrong file identifier/HTTP URL specified")
    if known.photo is not photo:
        kinds = {True: "Photo", False: "Document"}
        raise bad(f"can't use file of type {kinds[known.photo]} as {kinds[photo]}")
    return known


def stored(call: Call, upload: Upload, *, photo: bool) -> StoredFile:
    """Keeps an upload. Raises 400 for an empty one, and for a photo that is none."""
    if not upload.data:
        raise bad("file must be non-empty")
    new = NewFile(upload.name, upload.mime, upload.data, photo=photo, dc=call.bot.dc)
    return call.state.files.store(new, date=call.state.clock.date(), protected=False)


def media_of(call: Call) -> Content:
    """The `media` of editMessageMedia: a photo or a document with its caption."""
    given = call.arguments.json("media", "media")
    if not isinstance(given, dict) or given.get("type") not in ("photo", "document"):
        raise ApiRefusedError(400, "Bad Request: can't parse InputMedia: type must be photo or document")
    named = {"file": "media", "caption": "caption", "parse_mode": "parse_mode"}
    fields = {ours: str(given[theirs]) for ours, theirs in named.items() if given.get(theirs)}
    markup = {"reply_markup": call.arguments.text("reply_markup")}
    inner = Call(call.state, call.payloads, call.box, call.bot, Arguments(fields | markup, call.arguments.files))
    return caption_of(inner, file_from(inner, "file", photo=given["type"] == "photo"))
