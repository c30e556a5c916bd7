"""All that one session worker does for pairs: intakes, inbox and lanes of the accounts that this process holds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from random import Random

from project.telegram.account import TelegramAccount

from pairs.forward.discord_hop import DiscordHop, DiscordLimits
from pairs.forward.media import Media
from pairs.forward.telegram_hop import TelegramHop
from pairs.intake.inbox import InboxIntake
from pairs.intake.source import SourceIntake
from pairs.journal.journal import Journal
from pairs.journal.link import JournalLink
from pairs.journal.rows import StoredEvent
from pairs.lane.config import PairConfig
from pairs.lane.lane import Lane
from pairs.lane.load import load_pairs
from project.core.crypto import Keyring
from project.core.errors import AccountDead
from project.core.leases import Holding
from project.core.logs import get_logger
from project.discord.rest import DiscordRest
from project.telegram.updates import Deleted, Edited, Gap, Posted, Update

_log = get_logger(__name__)

POLL = 5.0  # seconds between looks at the tables when nothing wakes us
DRAIN = 8.0  # seconds that a call under way gets to finish


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """What an engine needs from outside. `principal` is the account whose process this is."""

    dsn: str
    principal: str
    keyring: Keyring
    random_id_key: bytes
    discord_bot_id: int
    discord_limits: DiscordLimits


@dataclass(frozen=True, slots=True)
class GroupCounters:
    """What a worker group does: its pairs, parts sent since start, sources not yet caught up."""

    number: int
    pairs: int
    sent: int
    unsynced: int


class Engine:
    """Lives on the worker's one loop. `on_fatal` is told what must end the process (a lost fence, a bug)."""

    def __init__(
        self, *, settings: EngineSettings, rest: DiscordRest, on_fatal: Callable[[BaseException], None]
    ) -> None:
        self._settings = settings
        self._on_fatal = on_fatal
        self._holdings: dict[str, Holding] = {}
        self._accounts: dict[str, TelegramAccount] = {}
        self._link = JournalLink(settings.dsn)
        self._journal = Journal(self._link, self._holdings, settings.principal)
        media = Media(self._accounts, rest, self._journal)
        self._to_discord = DiscordHop(
            rest=rest,
            bot_id=settings.discord_bot_id,
            journal=self._journal,
            media=media,
            secret=settings.random_id_key,
            limits=settings.discord_limits,
        )
        self._to_telegram = TelegramHop(
            accounts=self._accounts, journal=self._journal, media=media, secret=settings.random_id_key
        )
        self._inbox = InboxIntake(self._journal, self._journaled)
        self._rng = Random()
        self._pairs: dict[int, PairConfig] = {}
        self._lanes: dict[tuple[int, int], Lane] = {}
        self._sources: dict[int, SourceIntake] = {}
        self._tasks: dict[object, asyncio.Task[None]] = {}
        self._signal = asyncio.Event()
        self._reloading = asyncio.Lock()

    # --- life

    async def start(self) -> None:
        """Begins to look at the tables."""
        self._spawn("tables", self._follow_tables())

    async def hold(self, holding: Holding, account: TelegramAccount) -> None:
        """A connected account, owned by this process: its intakes and lanes start."""
        self._holdings[holding.account] = holding
        self._accounts[holding.account] = account
        await self._reload()

    async def drop(self, account: str) -> None:
        """Stops everything that needs the account; calls under way get 8 s."""
        self._accounts.pop(account, None)
        await self._reload()
        self._holdings.pop(account, None)

    def wake(self) -> None:
        """Something in the tables changed for us."""
        self._signal.set()

    async def drain(self) -> None:
        """Stops intake at once and lanes after their present call, within 8 s."""
        self._accounts.clear()
        await self._cancel("tables")
        await self._reload()
        await self._link.close()

    def on_update(self, account: str) -> Callable[[Update], None]:
        """Where a TelegramAccount hands its updates; cheap, never waits."""

        def route(update: Update) -> None:
            if account == self._settings.principal:
                self._route(update)

        return route

    def counters(self) -> list[GroupCounters]:
        """Figures of each worker group of the principal session."""
        groups: dict[int, list[PairConfig]] = {}
        for pair in self._pairs.values():
            if pair.session == self._settings.principal:
                groups.setdefault(pair.group, []).append(pair)
        return [self._count(number, pairs) for number, pairs in sorted(groups.items())]

    # --- routing

    def _route(self, update: Update) -> None:
        if isinstance(update, Gap):
            for source in self._sources_of(update.scope):
                source.lost_track()
        elif isinstance(update, Posted | Edited):
            for source in self._sources_of(update.message.scope):
                source.push(update)
        elif isinstance(update, Deleted):
            for source in self._sources_of(update.scope):
                source.push(update)

    def _sources_of(self, scope: str | None) -> Iterable[SourceIntake]:
        if scope is None:
            return list(self._sources.values())
        source = self._sources.get(int(scope.removeprefix("tg:")))
        return [source] if source else []

    def _journaled(self, events: Sequence[StoredEvent]) -> None:
        for event in events:
            first, second = self._lanes.get((event.pair_id, 1)), self._lanes.get((event.pair_id, 2))
            if first is not None and event.hops & 1:
                first.offer(event, hop1_open=False)
            if second is not None and event.hops & 2:
                second.offer(event, hop1_open=bool(event.hops & 1))

    def _hop1_settled(self, event: StoredEvent) -> None:
        lane = self._lanes.get((event.pair_id, 2))
        if lane is not None:
            lane.hop1_settled(event.id)

    # --- following the tables

    async def _follow_tables(self) -> None:
        while True:
            self._signal.clear()
            await self._reload()
            while await self._inbox.take(self._inbox_pairs()):
                pass
            await self._wake_remote_lanes()
            try:
                async with asyncio.timeout(POLL * self._rng.uniform(0.8, 1.2)):
                    await self._signal.wait()
            except TimeoutError:
                continue

    def _inbox_pairs(self) -> dict[int, PairConfig]:
        return {id_: p for id_, p in self._pairs.items() if p.session in self._accounts and p.journals}

    async def _wake_remote_lanes(self) -> None:
        """Hop 2 lanes whose hop 1 runs in another process learn from the journal alone."""
        remote = [id_ for id_, hop in self._lanes if hop == 2 and self._pairs[id_].session not in self._accounts]
        for pair_id in await self._journal.due_pairs(remote, 2) if remote else ():
            self._lanes[pair_id, 2].wake()

    async def _reload(self) -> None:
        async with self._reloading:
            wanted, cursors = await load_pairs(self._journal, list(self._accounts), self._settings.keyring)
            await self._stop_changed(wanted)
            self._pairs = wanted
            for pair in wanted.values():
                self._start_lanes(pair)
            await self._set_sources(cursors)

    async def _stop_changed(self, wanted: dict[int, PairConfig]) -> None:
        stale = [key for key in self._lanes if not self._keeps(key, wanted)]
        for key in stale:
            self._lanes[key].close()
        tasks = [task for key in stale if (task := self._tasks.get(key))]
        if tasks:
            await asyncio.wait(tasks, timeout=DRAIN)
        for key in stale:
            await self._cancel(key)
            del self._lanes[key]

    def _keeps(self, key: tuple[int, int], wanted: dict[int, PairConfig]) -> bool:
        pair = wanted.get(key[0])
        return pair is not None and pair == self._pairs.get(key[0]) and key[1] in self._hops(pair)

    def _hops(self, pair: PairConfig) -> list[int]:
        if not pair.sends:
            return []
        owners = {1: pair.session, 2: pair.sender}
        return [hop for hop, account in owners.items() if account in self._accounts]

    def _start_lanes(self, pair: PairConfig) -> None:
        for number in self._hops(pair):
            if (pair.id, number) in self._lanes:
                continue
            other = pair.sender if number == 1 and pair.sender not in self._accounts else None
            lane = Lane(
                pair=pair,
                hop=self._to_discord if number == 1 else self._to_telegram,
                journal=self._journal,
                settled=self._hop1_settled if number == 1 else _nothing,
                wake=other,
                rng=self._rng,
            )
            self._lanes[pair.id, number] = lane
            self._spawn((pair.id, number), lane.run())

    async def _set_sources(self, cursors: dict[int, int | None]) -> None:
        chats: dict[int, list[PairConfig]] = {}
        for pair in self._pairs.values():
            if pair.session in self._accounts and pair.journals:
                chats.setdefault(pair.source_chat, []).append(pair)
        for chat_id in self._sources.keys() - chats.keys():
            del self._sources[chat_id]
            await self._cancel(("source", chat_id))
        for chat_id, pairs in chats.items():
            self._source(chat_id, self._accounts[pairs[0].session]).set_pairs(pairs, cursors)

    def _source(self, chat_id: int, account: TelegramAccount) -> SourceIntake:
        if chat_id not in self._sources:
            source = SourceIntake(
                chat_id=chat_id,
                account=account,
                journal=self._journal,
                journaled=self._journaled,
                rng=self._rng,
            )
            self._sources[chat_id] = source
            self._spawn(("source", chat_id), source.run())
        return self._sources[chat_id]

    def _count(self, number: int, pairs: list[PairConfig]) -> GroupCounters:
        sent = sum(lane.sent for (id_, _), lane in self._lanes.items() if any(p.id == id_ for p in pairs))
        chats = {pair.source_chat for pair in pairs}
        unsynced = sum(not source.synced for chat, source in self._sources.items() if chat in chats)
        return GroupCounters(number, len(pairs), sent, unsynced)

    # --- tasks

    def _spawn(self, key: object, work: object) -> None:
        task: asyncio.Task[None] = asyncio.get_running_loop().create_task(work)  # type: ignore[arg-type]
        self._tasks[key] = task
        task.add_done_callback(lambda done: self._ended(key, done))

    def _ended(self, key: object, task: asyncio.Task[None]) -> None:
        if self._tasks.get(key) is task:
            del self._tasks[key]
        if task.cancelled() or (error := task.exception()) is None:
            return
        if isinstance(error, AccountDead):  # the account's own run() says so too, and its owner acts on that
            _log.warning("task ended: account dead", task=str(key), code=error.code)
            return
        self._on_fatal(error)

    async def _cancel(self, key: object) -> None:
        task = self._tasks.pop(key, None)
        if task is None:
            return
        task.cancel()
        await asyncio.wait([task], timeout=1)


def _nothing(event: StoredEvent) -> None:
    """Nobody waits for hop 2."""
