"""What a person writes to change a session: `priority=5 max_pairs=20 meta.team=blue proxy=`, all problems at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from types import MappingProxyType

from project.core.errors import InvalidInput
from project.core.pasted import tidy
from project.core.quotes import QUOTES, Word, quote, split_words
from project.core.secret import Secret
from project.telegram.proxy import parse_proxy
from sessions.domain.names import PROBLEM as NAME_PROBLEM
from sessions.domain.names import name_problem, nearest_name
from sessions.domain.registration import (
    PAIRS,
    PAIRS_PROBLEM,
    PRIORITIES,
    PRIORITY_PROBLEM,
    whole_number,
    within,
)

LONGEST_VALUE = 200
MOST_METADATA = 20
LONGEST_LINE = 4000  # characters; a message of Telegram holds 4096
_KEY = re.compile(r"[A-Za-z0-9_.-]{1,32}")
_HASH = re.compile(r"[0-9a-fA-F]{32}")
_SECRETS = frozenset({"proxy", "api_hash"})
SETTINGS = "priority, max_pairs, name, failover, proxy, api_id, api_hash, meta.<key>"


@dataclass(frozen=True, slots=True)
class SessionChanges:
    """What shall be different; None leaves a thing as it is. An empty proxy removes it, `api_id` 0 removes the
    override, an empty value in `metadata` removes that key. `failover`: its pairs go to others when it cannot work."""

    name: str | None = None
    priority: int | None = None
    max_pairs: int | None = None
    proxy: Secret | None = None
    api_id: int | None = None
    api_hash: Secret | None = None
    failover: bool | None = None
    metadata: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class ChangesDraft:
    """Changes as written. `fixed` are the words as they could be meant, without those of which nobody can tell;
    secrets in them are left out."""

    changes: SessionChanges
    problems: tuple[str, ...]
    fixed: tuple[str, ...]


def parse_changes(text: str) -> ChangesDraft:
    """Reads `key=value` words; a value with blanks stands in quotes, of whatever language. Never raises."""
    changes, problems, fixed = SessionChanges(), list[str](), list[str]()
    try:
        words, last = split_words(text[:LONGEST_LINE]), Word("", "")
    except InvalidInput as error:
        return ChangesDraft(changes, (error.for_people(),), ())
    for word in words:
        key, value = tidy(word.key), word.value
        if not key:
            problems.append(f"“{word.value[:40]}” is no change: write setting=value.")
            last = _goes_on(last, value, fixed)
            continue
        last = Word(key, value)
        try:
            changes = _read(changes, key.lower() if not key.startswith("meta.") else key, value)
            fixed.append(f"{key}=…" if key.lower() in _SECRETS and value else f"{key}={quote(value) if value else ''}")
        except _WrongError as wrong:
            problems.append(wrong.problem)
            fixed += [wrong.fixed] if wrong.fixed else []
    problems += changes_problems(changes)
    if not problems and changes == SessionChanges():
        problems.append(f"Nothing to change was given. What can be changed: {SETTINGS}.")
    return ChangesDraft(changes, tuple(problems), tuple(fixed))


def read_metadata(typed: Sequence[str]) -> dict[str, str]:
    """`key=value` as a shell gives it: in one piece, or in several where it did not know the quotes. Raises
    InvalidInput."""
    key, equals, value = typed[0].partition("=")
    if len(typed) == 1 and value[:1] not in QUOTES:
        words: tuple[Word, ...] = (Word(key, value),) if equals else ()
    else:
        words = split_words(" ".join(typed))
    if not words or not all(word.key for word in words):
        raise InvalidInput("Metadata is written key=value.", hint='A value with blanks stands in quotes: key="a b".')
    return {tidy(word.key): word.value for word in words}


def _goes_on(last: Word, more: str, fixed: list[str]) -> Word:
    """A word after the value of metadata was meant as a part of it, for the correction."""
    if not last.key.startswith("meta.") or not fixed:
        return last
    whole = Word(last.key, f"{last.value} {more}")
    fixed[-1] = f"{whole.key}={quote(whole.value)}"
    return whole


def may_be_secret(word: str) -> bool:
    """Whether the value of a `setting=value` is none to be seen, also when the setting is mistyped."""
    key, equals, value = word.lstrip("".join(QUOTES)).replace("\uff1d", "=").partition("=")
    key = tidy(key)
    return bool(equals and value) and (key.lower() in _SECRETS or _meant(key) in _SECRETS)


def changes_problems(changes: SessionChanges) -> list[str]:
    """What is wrong with changes, wherever they come from."""
    found = []
    if changes.name is not None and name_problem(changes.name):
        found.append(NAME_PROBLEM)
    if changes.priority is not None and changes.priority not in PRIORITIES:
        found.append(PRIORITY_PROBLEM)
    if changes.max_pairs is not None and changes.max_pairs not in PAIRS:
        found.append(PAIRS_PROBLEM)
    if bool(changes.api_id) != bool(changes.api_hash):
        found.append("api_id and api_hash belong together: give both, or api_id= to remove them.")
    if changes.proxy:
        found += _proxy_problem(changes.proxy)
    return found + [f"“{key[:40]}” is no name for metadata." for key in changes.metadata if not _KEY.fullmatch(key)]


def with_metadata(before: Mapping[str, str], changes: Mapping[str, str]) -> dict[str, str]:
    """The metadata after the changes. Raises InvalidInput when it grows too large."""
    after = {key: value for key, value in {**before, **changes}.items() if value}
    if len(after) > MOST_METADATA:
        raise InvalidInput(f"A session has at most {MOST_METADATA} entries of metadata.", hint="meta.key= removes one.")
    return after


class _WrongError(Exception):
    """One change that cannot be read."""

    def __init__(self, problem: str, fixed: str = "") -> None:
        self.problem, self.fixed = problem, fixed


def _read(changes: SessionChanges, key: str, value: str) -> SessionChanges:
    if key.startswith("meta."):
        if not _KEY.fullmatch(key[5:]) or len(value) > LONGEST_VALUE:
            raise _WrongError(f"Metadata is written meta.key=value, with at most {LONGEST_VALUE} characters.")
        return replace(changes, metadata=MappingProxyType({**changes.metadata, key[5:]: value}))
    if key not in _READERS:
        raise _WrongError(f"“{key[:40]}” cannot be changed. What can: {SETTINGS}.", _as_meant(key, value))
    return _READERS[key](changes, value)


def _meant(key: str) -> str:
    """The setting whose name was mistyped, "" when nobody can tell."""
    found = get_close_matches(key.lower(), _READERS, n=1, cutoff=0.75) if key.lower() not in _READERS else ()
    return found[0] if found else ""


def _as_meant(key: str, value: str) -> str:
    """The change with the setting's right name, if it is one then."""
    name = _meant(key)
    try:
        changes = _READERS[name](SessionChanges(), value) if name else None
    except _WrongError as wrong:
        return wrong.fixed
    if changes is None or (changes.name and name_problem(changes.name)):
        return ""
    return f"{name}=…" if name in _SECRETS and value else f"{name}={quote(value) if value else ''}"


def _near(setting: str, value: str, allowed: range) -> str:
    """The nearest number that is allowed, but for what is no number."""
    return f"{setting}={within(value, allowed)}" if whole_number(value) is not None else ""


def _priority(changes: SessionChanges, value: str) -> SessionChanges:
    number = whole_number(value)
    if number not in PRIORITIES:
        raise _WrongError(PRIORITY_PROBLEM, _near("priority", value, PRIORITIES))
    return replace(changes, priority=number)


def _max_pairs(changes: SessionChanges, value: str) -> SessionChanges:
    number = whole_number(value)
    if number not in PAIRS:
        raise _WrongError(PAIRS_PROBLEM, _near("max_pairs", value, PAIRS))
    return replace(changes, max_pairs=number)


def _name(changes: SessionChanges, value: str) -> SessionChanges:
    if name_problem(value):
        raise _WrongError(NAME_PROBLEM, f"name={nearest_name(value)}")
    return replace(changes, name=value)


def _failover(changes: SessionChanges, value: str) -> SessionChanges:
    if value.lower() not in ("on", "off"):
        raise _WrongError("failover is on or off.")
    return replace(changes, failover=value.lower() == "on")


def _proxy(changes: SessionChanges, value: str) -> SessionChanges:
    return replace(changes, proxy=Secret(value))


def _proxy_problem(proxy: Secret) -> list[str]:
    try:
        parse_proxy(proxy.reveal())
    except InvalidInput as error:
        return [error.for_people()]
    return []


def _api_id(changes: SessionChanges, value: str) -> SessionChanges:
    number = whole_number(value) if value else 0
    if number is None or not 0 <= number < 2**31:
        raise _WrongError("api_id is a number from https://my.telegram.org.")
    return replace(changes, api_id=number)


def _api_hash(changes: SessionChanges, value: str) -> SessionChanges:
    if value and not _HASH.fullmatch(value):
        raise _WrongError("api_hash is 32 hex digits from https://my.telegram.org.")
    return replace(changes, api_hash=Secret(value) if value else None)


_READERS: dict[str, Callable[[SessionChanges, str], SessionChanges]] = {
    "priority": _priority,
    "max_pairs": _max_pairs,
    "name": _name,
    "failover": _failover,
    "proxy": _proxy,
    "api_id": _api_id,
    "api_hash": _api_hash,
}
