"""Whom a message pings. Without allowed_mentions a bot pings everything and a webhook only users
(resources/message, "Allowed Mentions"); mentions in code count too, which is the worst case."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from project.sandbox.discord.errors import ApiError, form_error

_USER = re.compile(r"<@!?(\d{1,20})>")
_ROLE = re.compile(r"<@&(\d{1,20})>")
_EVERY = re.compile(r"@(everyone|here)")
_KINDS = frozenset({"users", "roles", "everyone"})


@dataclass(frozen=True, slots=True)
class AllowedMentions:
    """What may ping: whole kinds, or named ids."""

    kinds: frozenset[str] = frozenset()
    users: frozenset[int] = frozenset()
    roles: frozenset[int] = frozenset()
    replied_user: bool = False


EVERYTHING = AllowedMentions(kinds=_KINDS, replied_user=True)
USERS_ONLY = AllowedMentions(kinds=frozenset({"users"}))


def parse(raw: object) -> AllowedMentions | None:
    """allowed_mentions of a request body, None when absent; raises ApiError 50035."""
    if raw is None:
        return None
    if not isinstance(raw, Mapping):
        raise form_error("allowed_mentions", "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType.")
    kinds = frozenset(str(kind) for kind in raw.get("parse") or ())
    if not kinds <= _KINDS:
        raise form_error("allowed_mentions.parse", "BASE_TYPE_CHOICES", "Value must be one of roles, users, everyone.")
    users, roles = _ids(raw, "users", kinds), _ids(raw, "roles", kinds)
    return AllowedMentions(kinds, users, roles, bool(raw.get("replied_user", False)))


def _ids(raw: Mapping[str, object], field: str, kinds: frozenset[str]) -> frozenset[int]:
    values = raw.get(field) or ()
    if not isinstance(values, list | tuple) or len(values) > 100:
        raise form_error(f"allowed_mentions.{field}", "BASE_TYPE_MAX_LENGTH", "Must be 100 or fewer in length.")
    if values and field in kinds:
        message = f"parse:[{field!r}] and {field}: [ids...] are mutually exclusive."
        raise form_error("allowed_mentions", "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", message)
    try:
        return frozenset(int(value) for value in values)
    except (TypeError, ValueError) as problem:
        raise _not_snowflake(field) from problem


def _not_snowflake(field: str) -> ApiError:
    return form_error(f"allowed_mentions.{field}", "NUMBER_TYPE_COERCE", "Value is not snowflake.")


def pinged(content: str, allowed: AllowedMentions, *, replied_author: int | None = None) -> tuple[str, ...]:
    """What this content pings: "everyone", "here", "role:<id>", "user:<id>", "reply:<id>"."""
    found = [name for name in _EVERY.findall(content) if "everyone" in allowed.kinds]
    roles = (int(role) for role in _ROLE.findall(content))
    found += [f"role:{role}" for role in roles if "roles" in allowed.kinds or role in allowed.roles]
    users = (int(user) for user in _USER.findall(content))
    found += [f"user:{user}" for user in users if "users" in allowed.kinds or user in allowed.users]
    if replied_author is not None and allowed.replied_user:
        found.append(f"reply:{replied_author}")
    return tuple(dict.fromkeys(found))
