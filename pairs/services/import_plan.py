"""Files of pairs against the pairs that there are: what is new, what differs, what cannot be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pairs.domain.imports import PairLine
from pairs.domain.references import chat_number
from pairs.models import Pair
from pairs.services.differences import differences, names_another_sender, webhook_of, webhook_problem
from pairs.services.exports import pairs_to_compare, session_name
from pairs.services.finding import ITSELF
from sessions.models import SenderBot, TelegramSession
from sessions.models.sender import SenderState
from sessions.models.session import Lifecycle

_WITH_URLS = "`python manage.py pair export FILE --with-secrets` writes URLs"


class What(StrEnum):
    """What a line of a file means."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    CONFLICT = "conflicting"


@dataclass(frozen=True, slots=True)
class Entry:
    """A line and what it would do; `about` says what differs, or why it cannot be."""

    line: PairLine
    what: What
    pair_id: int | None = None
    about: tuple[str, ...] = ()

    @property
    def acts(self) -> bool:
        """Whether there is anything to do."""
        return self.what in (What.NEW, What.CHANGED)


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """The whole file, in its order."""

    entries: tuple[Entry, ...]

    def of(self, what: What) -> tuple[Entry, ...]:
        """The lines of one kind."""
        return tuple(entry for entry in self.entries if entry.what is what)

    @property
    def work(self) -> tuple[Entry, ...]:
        """The lines that would do something."""
        return tuple(entry for entry in self.entries if entry.acts)


def plan_import(lines: Sequence[PairLine]) -> ImportPlan:
    """The difference between a file and the pairs there are, in a few queries; nobody is asked, nothing is changed.

    A public name that no pair knows counts as new: it is looked up when the line is carried out.
    """
    known = _Known.read()
    return ImportPlan(tuple(known.entry(line) for line in lines))


@dataclass(frozen=True, slots=True)
class _Known:
    pairs: Mapping[tuple[int, int, int], Pair]
    webhooks: Mapping[int, Pair]
    usernames: Mapping[str, int]
    sessions: frozenset[str]
    senders: Mapping[str, SenderBot]

    @classmethod
    def read(cls) -> _Known:
        """All that lines are compared with."""
        pairs = list(pairs_to_compare())
        bots = SenderBot.objects.filter(state=SenderState.ACTIVE)
        return cls(
            pairs={(pair.source_chat, pair.discord_channel, pair.destination_chat): pair for pair in pairs},
            webhooks={pair.webhook_id: pair for pair in pairs if pair.webhook_id},
            usernames={
                name.lower(): chat
                for pair in pairs
                for name, chat in (
                    (pair.destination_username, pair.destination_chat),
                    (pair.source_username, pair.source_chat),
                )
                if name
            },
            sessions=frozenset(
                name.lower()
                for name in TelegramSession.objects.filter(lifecycle=Lifecycle.ACTIVE).values_list("name", flat=True)
            ),
            senders={key: bot for bot in bots for key in (bot.username.lower(), str(bot.bot_id)) if key},
        )

    def entry(self, line: PairLine) -> Entry:
        """What one line means."""
        pair = self._pair(line)
        problems = self._problems(line, pair)
        if problems:
            return Entry(line, What.CONFLICT, pair.pk if pair else None, tuple(problems))
        if pair is None:
            return Entry(line, What.NEW, about=self._unknown(line))
        about = differences(pair, line)
        return Entry(line, What.CHANGED if about else What.UNCHANGED, pair.pk, about)

    def _problems(self, line: PairLine, pair: Pair | None) -> list[str]:
        """Only of what would be new: a pair may well have a session that is not logged in at the moment."""
        problems = []
        if line.session and line.session.lower() not in {*self.sessions, session_name(pair).lower() if pair else ""}:
            problems.append(f"there is no session {line.session!r} that is logged in")
        sender = line.sender.removeprefix("@").lower()
        known = sender in ITSELF or sender in self.senders
        if not known and (pair is None or names_another_sender(pair, line)):
            problems.append(f"there is no sender bot {line.sender!r}")
        if problem := webhook_problem(line):
            problems.append(f"webhook: {problem}")
        if line.webhook is None and line.webhook_id is not None and (not pair or pair.webhook_id != line.webhook_id):
            problems.append(self._without_url(line.webhook_id, pair))
        return problems

    def _without_url(self, webhook_id: int, pair: Pair | None) -> str:
        """Whoever changes a route in an exported file means the pair that stood there."""
        owner = self.webhooks.get(webhook_id) if pair is None else None
        if owner is None:
            return f"another webhook needs its URL, not its id: {_WITH_URLS}"
        return (
            f"another route is another pair, and needs the webhook's URL: {_WITH_URLS}; "
            f"/editpair {owner.pk} changes the channel or destination of pair {owner.pk}"
        )

    def _pair(self, line: PairLine) -> Pair | None:
        source, destination = self._chat(line.source), self._chat(line.destination)
        channel = line.discord
        webhook = webhook_of(line)
        if channel is None and webhook is not None and webhook.id in self.webhooks:
            channel = self.webhooks[webhook.id].discord_channel
        if source is None or destination is None or channel is None:
            return None
        return self.pairs.get((source, channel, destination))

    def _unknown(self, line: PairLine) -> tuple[str, ...]:
        """Whether such a chat exists, nobody has asked yet."""
        names = [name for name in (line.source, line.destination) if self._chat(name) is None]
        return (f"{' and '.join(names)}: looked up when this runs",) if names else ()

    def _chat(self, reference: str) -> int | None:
        number = chat_number(reference)
        return number if number is not None else self.usernames.get(reference.removeprefix("@").lower())
