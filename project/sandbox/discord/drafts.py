"""What a message request says, checked: content, nonce, reference, mentions, files (resources/message)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from project.sandbox.discord.body import MAX_FILES, Body, Upload
from project.sandbox.discord.errors import ApiError, form_error
from project.sandbox.discord.mentions import AllowedMentions, parse

MAX_CONTENT = 2000
MAX_NONCE = 25
MAX_EMBEDS = 10
MAX_EMBED_TEXT = 6000
MAX_DESCRIPTION = 4096
_BANNED_NAMES = ("discord", "clyde")
_UNSAFE_NAME = re.compile(r"[^\w.\-]+")


@dataclass(frozen=True, slots=True)
class Reference:
    """message_reference: what a message replies to."""

    message_id: int
    fail_if_not_exists: bool = True


@dataclass(frozen=True, slots=True)
class Listed:
    """One entry of `attachments`: either an upload's number or an existing attachment's id."""

    id: int
    description: str = ""
    filename: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """A message to create, or the changes of an edit. None means "not said"."""

    content: str | None
    nonce: str | int | None = None
    enforce_nonce: bool = False
    reference: Reference | None = None
    allowed: AllowedMentions | None = None
    raw_allowed: object = None
    attachments: tuple[Listed, ...] | None = None
    uploads: tuple[Upload, ...] = ()
    embeds: tuple[object, ...] | None = None
    flags: int = 0
    username: str = ""
    avatar_url: str = ""
    other_content: bool = field(default=False)  # a poll, stickers or components


def read_draft(body: Body) -> Draft:
    """Reads and checks a create or edit request; raises ApiError 50035."""
    fields = body.fields
    return Draft(
        content=_content(fields),
        nonce=_nonce(fields),
        enforce_nonce=fields.get("enforce_nonce") is True,
        reference=_reference(fields),
        allowed=parse(fields.get("allowed_mentions")),
        raw_allowed=fields.get("allowed_mentions"),
        attachments=_attachments(fields),
        uploads=body.uploads,
        embeds=_embeds(fields),
        flags=_integer(fields, "flags"),
        username=check_username(fields.get("username"), "username"),
        avatar_url=str(fields.get("avatar_url") or ""),
        other_content=any(fields.get(name) for name in ("poll", "sticker_ids", "components")),
    )


def _content(fields: Mapping[str, object]) -> str | None:
    raw = fields.get("content")
    if raw is None:
        return "" if "content" in fields else None
    if not isinstance(raw, str):
        raise form_error("content", "STRING_TYPE_CONVERT", 'Could not interpret "{}" as string.')
    if len(raw) > MAX_CONTENT:
        raise form_error("content", "BASE_TYPE_MAX_LENGTH", f"Must be {MAX_CONTENT} or fewer in length.")
    return raw.strip()  # Discord trims both ends


def _nonce(fields: Mapping[str, object]) -> str | int | None:
    nonce = fields.get("nonce")
    if nonce is None:
        return None
    if isinstance(nonce, bool) or not isinstance(nonce, str | int):
        raise form_error("nonce", "NONCE_TYPE_INVALID", "Nonce must be a string or an integer.")
    if len(str(nonce)) > MAX_NONCE:
        raise form_error("nonce", "NONCE_TYPE_TOO_LONG", f"Must be {MAX_NONCE} or fewer in length.")
    return nonce


def _reference(fields: Mapping[str, object]) -> Reference | None:
    raw = fields.get("message_reference")
    if raw is None:
        return None
    if not isinstance(raw, Mapping):
        raise form_error("message_reference", "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType.")
    message_id = _snowflake(raw.get("message_id"), "message_reference.message_id")
    return Reference(message_id, raw.get("fail_if_not_exists") is not False)


def _attachments(fields: Mapping[str, object]) -> tuple[Listed, ...] | None:
    raw = fields.get("attachments")
    if raw is None:
        return () if "attachments" in fields else None
    if not isinstance(raw, list) or len(raw) > MAX_FILES:
        raise form_error("attachments", "BASE_TYPE_MAX_LENGTH", "Must be 10 or fewer in length.")
    return tuple(_listed(entry, index) for index, entry in enumerate(raw))


def _listed(entry: object, index: int) -> Listed:
    if not isinstance(entry, Mapping):
        raise form_error(f"attachments.{index}", "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType.")
    number = _snowflake(entry.get("id"), f"attachments.{index}.id")
    return Listed(number, str(entry.get("description") or ""), str(entry.get("filename") or ""))


def _embeds(fields: Mapping[str, object]) -> tuple[object, ...] | None:
    raw = fields.get("embeds")
    if raw is None:
        return () if "embeds" in fields else None
    if not isinstance(raw, list) or len(raw) > MAX_EMBEDS:
        raise form_error("embeds", "BASE_TYPE_MAX_LENGTH", f"Must be {MAX_EMBEDS} or fewer in length.")
    for index, embed in enumerate(raw):
        if not isinstance(embed, Mapping):
            raise form_error(f"embeds.{index}", "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType.")
        if len(str(embed.get("description") or "")) > MAX_DESCRIPTION:
            message = f"Must be {MAX_DESCRIPTION} or fewer in length."
            raise form_error(f"embeds.{index}.description", "BASE_TYPE_MAX_LENGTH", message)
    if sum(_text_size(embed) for embed in raw) > MAX_EMBED_TEXT:
        message = f"Embed size exceeds maximum size of {MAX_EMBED_TEXT}"
        raise form_error("embeds", "MAX_EMBED_SIZE_EXCEEDED", message)
    return tuple(map(_embed, raw))


def _embed(given: Mapping[str, object]) -> Mapping[str, object]:
    """As Discord keeps it: always of type "rich", and each field says whether it is inline."""
    raw = given.get("fields")
    fields = (
        [{"inline": False, **field} for field in raw if isinstance(field, Mapping)] if isinstance(raw, list) else None
    )
    return {**given, "type": "rich"} | ({} if fields is None else {"fields": fields})


def _text_size(value: object, key: str = "") -> int:
    if isinstance(value, Mapping):
        return sum(_text_size(inner, name) for name, inner in value.items())
    if isinstance(value, list):
        return sum(_text_size(inner) for inner in value)
    return len(value) if isinstance(value, str) and key in {"title", "description", "name", "value", "text"} else 0


def _integer(fields: Mapping[str, object], name: str) -> int:
    raw = fields.get(name) or 0
    if not isinstance(raw, int):
        raise form_error(name, "NUMBER_TYPE_COERCE", f'Value "{raw}" is not int.')
    return raw


def _snowflake(raw: object, field_name: str) -> int:
    text = str(raw)
    if not text.isascii() or not text.isdigit() or len(text) > 20:
        raise not_snowflake(raw, field_name)
    return int(text)


def not_snowflake(raw: object, field_name: str) -> ApiError:
    """50035: a value that should be an id is none."""
    return form_error(field_name, "NUMBER_TYPE_COERCE", f'Value "{raw}" is not snowflake.')


def check_username(raw: object, field_name: str) -> str:
    """A webhook's name: 1-80 characters without "discord" and "clyde"; "" when not said."""
    if raw is None:
        return ""
    if not isinstance(raw, str) or not 1 <= len(raw.strip()) <= 80:
        raise form_error(field_name, "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 80 in length.")
    for banned in _BANNED_NAMES:
        if banned in raw.lower():
            message = f'Username cannot contain "{banned}"'
            raise form_error(field_name, "USERNAME_INVALID_CONTAINS", message)
    return raw.strip()


def safe_filename(name: str) -> str:
    """The name as Discord stores it: no paths, other characters become underscores."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return _UNSAFE_NAME.sub("_", last).strip("_")[-260:] or "unknown"
