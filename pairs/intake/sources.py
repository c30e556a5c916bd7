"""The sources of an engine: one intake per source chat of its pairs."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from random import Random

from pairs.domain.pace import Pace
from pairs.intake.reach import Reach
from pairs.intake.source import SourceIntake
from pairs.intake.stall import StallWatch
from pairs.intake.takers import Takers
from pairs.journal.journal import Journal
from pairs.lane.config import PairConfig
from pairs.supervised import Tasks
from project.telegram.account import TelegramAccount
from project.telegram.updates import Deleted, Edited, Gap, Posted, Update, chat_of, counts_per_account

_WATCH = "stall watch"


class Sources:
    """Starts and ends intakes as pairs and accounts come and go, and hands them the session's updates."""

    def __init__(
        self,
        *,
        journal: Journal,
        lanes: Takers,
        tasks: Tasks,
        reach: Reach,
        pace: Pace,
        rng: Random,
    ) -> None:
        self._journal = journal
        self._lanes = lanes
        self._tasks = tasks
        self._reach = reach
        self._rng = rng
        self._sources: dict[int, SourceIntake] = {}
        self._watch = StallWatch(self._sources, rng, pace)

    async def set_pairs(
        self,
        pairs: Iterable[PairConfig],
        cursors: Mapping[int, int | None],
        accounts: Mapping[str, TelegramAccount],
    ) -> None:
        """The pairs as they are now, and the accounts that are connected here."""
        chats: dict[int, list[PairConfig]] = {}
        for pair in pairs:
            if pair.session in accounts and pair.journals:
                chats.setdefault(pair.source_chat, []).append(pair)
        await self._end([id_ for id_, source in self._sources.items() if not self._stays(source, chats, accounts)])
        for chat_id, readers in chats.items():
            self._source(chat_id, accounts[readers[0].session]).set_pairs(readers, cursors)
        if self._sources and not self._tasks.runs(_WATCH):
            self._tasks.start(_WATCH, self._watch.run())

    async def drain(self) -> None:
        """Ends all, at once."""
        await self._tasks.end([_WATCH])
        await self._end(list(self._sources))

    def route(self, update: Update) -> None:
        """An update of the session; cheap, never waits."""
        if isinstance(update, Gap):
            for source in self._of(update.scope):
                source.lost_track()
        elif isinstance(update, Posted | Edited):
            for source in self._of(update.message.scope):
                source.push(update)
        elif isinstance(update, Deleted):
            for source in self._of(update.scope) if update.scope else self._counted_per_account():
                source.push(update)

    def unsynced(self, chats: Container[int]) -> int:
        """How many of these chats are not caught up."""
        return sum(not source.synced for chat, source in self._sources.items() if chat in chats)

    @property
    def synced(self) -> bool:
        """Whether there are sources and all are caught up."""
        return bool(self._sources) and all(source.synced for source in self._sources.values())

    def _of(self, scope: str | None) -> list[SourceIntake]:
        if scope is None:
            return list(self._sources.values())
        source = self._sources.get(chat_of(scope))
        return [source] if source else []

    def _counted_per_account(self) -> list[SourceIntake]:
        """Where an id alone may name a message; the journal knows which source's it was."""
        return [source for chat_id, source in self._sources.items() if counts_per_account(chat_id)]

    def _stays(
        self,
        source: SourceIntake,
        chats: Mapping[int, list[PairConfig]],
        accounts: Mapping[str, TelegramAccount],
    ) -> bool:
        readers = chats.get(source.chat_id)
        same = readers is not None and accounts[readers[0].session] is source.account
        return same and self._tasks.runs(_task(source.chat_id))

    async def _end(self, chats: Sequence[int]) -> None:
        await self._tasks.end([_task(chat_id) for chat_id in chats])
        for chat_id in chats:
            del self._sources[chat_id]

    def _source(self, chat_id: int, account: TelegramAccount) -> SourceIntake:
        if chat_id not in self._sources:
            source = SourceIntake(
                chat_id=chat_id,
                account=account,
                journal=self._journal,
                lanes=self._lanes,
                reach=self._reach,
                rng=self._rng,
            )
            self._sources[chat_id] = source
            self._tasks.start(_task(chat_id), source.run())
        return self._sources[chat_id]


def _task(chat_id: int) -> tuple[str, int]:
    return "source", chat_id
