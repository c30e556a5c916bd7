"""What a typed message is: which command it names, and whether it may hold a secret, also when it is mistyped. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from difflib import get_close_matches

from project.core.redaction import holds_token

_COMMAND = re.compile(r"/([A-Za-z0-9_]{1,64})(?:@(\w+))?(?:\s+|$)(.*)", re.DOTALL)
_FIRST = re.compile(r"(\W*)(\w+)(.*)", re.DOTALL)  # the sign before a command may be mistyped, too
_ALSO = frozenset({"login", "code", "password", "token"})  # no commands, but what people try
_MARKS = (
    "\ufeff\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069 \u00a0"  # before a copied command
)
_SHORTEST = 3  # letters by which a command is begun


@dataclass(frozen=True, slots=True)
class Named:
    """A command as it was typed. `mention` names the bot that is meant, "" for none."""

    name: str
    mention: str
    rest: str


def command_in(text: str) -> Named | None:
    """The command that a message begins with, known or not."""
    found = _COMMAND.match(text.lstrip(_MARKS))
    return Named(found[1].lower(), found[2] or "", found[3].strip()) if found else None


def may_hold_secret(text: str, *, secrets: Collection[str], others: Collection[str]) -> bool:
    """Whether a message holds a token or key by its form, or gives something to a command whose arguments may be
    secret, or to what is nearly its name. `secrets`, `others`: the names of such commands, and of the rest."""
    if holds_token(text):
        return True
    found = _FIRST.match(text)
    if found is None:
        return False
    sign, name, given = "/" in found[1], found[2].lower(), bool(found[3].strip())
    if not sign:
        return given and name in secrets
    if any(name != one and name.startswith(one) for one in secrets if name not in others):
        return True  # the blank after it was forgotten
    return given and _means_secret(name, secrets, others)


def _means_secret(name: str, secrets: Collection[str], others: Collection[str]) -> bool:
    if name in others:
        return False
    if name in secrets or name in _ALSO:
        return True
    if len(name) >= _SHORTEST and any(one.startswith(name) for one in secrets):
        return True
    nearest = get_close_matches(name, [*secrets, *_ALSO, *others], n=1, cutoff=0.6)
    return bool(nearest) and nearest[0] not in others
