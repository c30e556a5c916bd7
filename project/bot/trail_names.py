"""What the audit trail's ids are called: people, sessions, senders and pairs by the names that the tables know."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from pairs.models import Pair
from project.core.models import Operation, Operator
from sessions.models import SenderBot, TelegramSession

_REFERENCE = re.compile(r"\b(bot:|operator:|session\.|sender\.|pair\.|operation\.)([1-9][0-9]{0,17})\b", re.ASCII)
_PEOPLE = frozenset({"bot:", "operator:"})

Names = Mapping[str, str]  # by reference: "session.3" is "session main"


def named(text: str, names: Names) -> str:
    """The text with names in place of the references that have one."""
    return _REFERENCE.sub(lambda found: names.get(found[0], found[0]), text)


def find_names(texts: Iterable[str]) -> dict[str, str]:
    """Names of all references in these texts, in at most five queries. What no table knows any more is left out."""
    ids: dict[str, set[int]] = defaultdict(set)
    for text in texts:
        for kind, number in _REFERENCE.findall(text):
            ids["people" if kind in _PEOPLE else kind].add(int(number))
    return _people(ids["people"]) | _accounts(ids) | _pairs(ids["pair."]) | _operations(ids["operation."])


def meant_by(words: Iterable[str]) -> dict[str, list[str]]:
    """The references of the words that are names of sessions or senders."""
    return {word: [*_named(word)] for word in words}


def _named(word: str) -> Iterator[str]:
    for session in TelegramSession.objects.filter(name__iexact=word).only("name"):
        yield session.account
    for sender in SenderBot.objects.filter(username__iexact=word.removeprefix("@")).only("username"):
        yield sender.account


def _people(ids: set[int]) -> dict[str, str]:
    """With their ids: people choose their names, and may choose somebody else's."""
    rows = Operator.objects.filter(pk__in=ids).exclude(name="").values_list("user_id", "name") if ids else ()
    return {f"{kind}{user_id}": f"{name} ({user_id})" for user_id, name in rows for kind in _PEOPLE}


def _accounts(ids: Mapping[str, set[int]]) -> dict[str, str]:
    sessions = TelegramSession.objects.filter(pk__in=ids["session."]).only("name") if ids["session."] else ()
    senders = SenderBot.objects.filter(pk__in=ids["sender."]).only("username", "bot_id") if ids["sender."] else ()
    found = {row.account: f"session {row.name}" for row in sessions}
    return found | {row.account: f"sender {row}" for row in senders}


def _pairs(ids: set[int]) -> dict[str, str]:
    fields = ("pk", "source_title", "source_chat", "destination_title", "destination_chat")
    rows = Pair.objects.filter(pk__in=ids).values_list(*fields) if ids else ()
    return {
        f"pair.{key}": f"pair {key} ({source or chat} → {copy or there})" for key, source, chat, copy, there in rows
    }


def _operations(ids: set[int]) -> dict[str, str]:
    rows = Operation.objects.filter(pk__in=ids).values_list("pk", "title") if ids else ()
    return {f"operation.{key}": f"operation {key} ({title})" for key, title in rows}
