"""What a call brings along: fields from the query, a form, multipart or JSON, and uploaded files."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from aiohttp import BodyPartReader, MultipartReader, web

from project.sandbox.telegram.messages import Entity

from .errors import ApiRefusedError, bad
from .model import Button, Keyboard
from .payloads import NAMES, VALUES

LARGEST_UPLOAD = 50 * 1024 * 1024  # https://core.telegram.org/bots/api#sending-files
_MOST_BUTTONS = 100
_MOST_DATA = 64  # bytes, https://core.telegram.org/bots/api#inlinekeyboardbutton
_KINDS = {name: kind for kind, name in NAMES.items()}
_TRUE = frozenset({"true", "yes", "1"})


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came with a call."""

    name: str
    mime: str
    data: bytes = field(repr=False)


class Arguments:
    """The fields of one call. Everything arrives as text; objects as JSON text."""

    def __init__(self, fields: dict[str, str], files: dict[str, Upload]) -> None:
        self._fields = fields
        self.files = files

    def text(self, name: str) -> str:
        """A text, "" when it is missing."""
        return self._fields.get(name, "")

    def integer(self, name: str, default: int = 0) -> int:
        """A whole number; what is none counts as missing, as with Telegram."""
        try:
            return int(self._fields.get(name, ""))
        except ValueError:
            return default

    def flag(self, name: str) -> bool:
        """True for true, yes, 1."""
        return self.text(name).lower() in _TRUE

    def json(self, name: str, kind: str) -> Any:
        """An object; None when it is missing. Raises 400 "can't parse ... JSON object"."""
        text = self.text(name)
        if not text:
            return None
        try:
            return json.loads(text)
        except ValueError:
            raise bad(f"can't parse {kind} JSON object") from None

    def keyboard(self) -> Keyboard:
        """The inline keyboard of `reply_markup`; other markups show nothing here."""
        markup = self.json("reply_markup", "reply keyboard markup")
        if markup is None:
            return ()
        if not isinstance(markup, dict):
            raise bad("object expected as reply markup")
        rows = markup.get("inline_keyboard", [])
        if not isinstance(rows, list):
            raise bad('field "inline_keyboard" of the InlineKeyboardMarkup should be an Array of Arrays')
        found = tuple(tuple(_button(button) for button in row) for row in rows if row)
        if sum(map(len, found)) > _MOST_BUTTONS:
            raise bad("reply markup is too long")
        return found

    def reply_to(self) -> int | None:
        """The message that is answered."""
        parameters = self.json("reply_parameters", "reply parameters") or {}
        return int(parameters.get("message_id", 0)) or self.integer("reply_to_message_id") or None


def _button(button: Any) -> Button:
    if not isinstance(button, dict):
        raise bad("can't parse inline keyboard button: InlineKeyboardButton must be an Object")
    text, url, data = (str(button.get(name, "")) for name in ("text", "url", "callback_data"))
    if not text.strip():
        raise bad("can't parse inline keyboard button: Button text must be non-empty")
    if url:
        if not url.startswith(("http://", "https://", "tg://")):
            raise bad(f"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")
        return Button(text, url=url)
    if "callback_data" not in button:
        raise bad("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
    if not 1 <= len(data.encode()) <= _MOST_DATA:
        raise bad("BUTTON_DATA_INVALID")
    return Button(text, data)


def entities(given: Any) -> tuple[Entity, ...]:
    """MessageEntity objects of a call."""
    return tuple(_entity(item) for item in given or ())


def _entity(item: dict[str, Any]) -> Entity:
    kind = _KINDS.get(item["type"], item["type"])
    if kind == "expandable_blockquote":
        return Entity("blockquote", item["offset"], item["length"], "1")
    if kind == "mention_name":
        return Entity(kind, item["offset"], item["length"], str(item["user"]["id"]))
    return Entity(kind, item["offset"], item["length"], str(item.get(VALUES.get(kind, ""), "")))


async def read(request: web.Request) -> Arguments:
    """Reads a request. Raises 413 above 50 MB."""
    if (request.content_length or 0) > LARGEST_UPLOAD + 1024 * 1024:
        raise ApiRefusedError(413, "Request Entity Too Large")
    fields = dict(request.query)
    files: dict[str, Upload] = {}
    if request.content_type == "application/json":
        fields |= _from_json(await request.read())
    elif request.content_type == "multipart/form-data":
        async for part in MultipartReader(request.headers, request.content):
            if isinstance(part, BodyPartReader):
                await _read_part(part, fields, files)
    elif request.method == "POST":
        fields |= {name: str(value) for name, value in (await request.post()).items()}
    return Arguments(fields, files)


async def _read_part(part: BodyPartReader, fields: dict[str, str], files: dict[str, Upload]) -> None:
    name = part.name or ""
    if part.filename is None:
        fields[name] = await part.text()
        return
    mime = part.headers.get("Content-Type", "application/octet-stream")
    files[name] = Upload(part.filename, mime, bytes(await part.read()))


def _from_json(body: bytes) -> dict[str, str]:
    try:
        given = json.loads(body or b"{}")
    except ValueError:
        raise bad("can't parse JSON object") from None
    if not isinstance(given, dict):
        raise bad("object expected")
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in given.items()}
