"""All that one session worker does for pairs: intakes, inbox and lanes of the accounts that this process holds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Container, Hashable, Mapping
from dataclasses import dataclass, field
from random import Random

from pairs.domain.pace import Pace
from pairs.forward.discord_hop import DiscordHop, DiscordLimits
from pairs.forward.media import Media
from pairs.forward.telegram_hop import TelegramHop
from pairs.handover.owner import HandOver
from pairs.intake.inbox import InboxIntake
from pairs.intake.reach import Reach
from pairs.intake.sources import Sources
from pairs.journal.journal import Journal
from pairs.journal.link import JournalLink
from pairs.lane.config import PairConfig
from pairs.lane.lanes import Lanes
from pairs.lane.load import PairLoader, numbers
from pairs.lane.trouble import Patience
from pairs.lane.waits import Waits
from pairs.limits import Limits, LimitSettings
from pairs.news import INBOX
from pairs.restarts import Group, Restarts
from pairs.supervised import Tasks
from project.core.crypto import Keyring
from project.core.leases import Holding
from project.core.link import Link
from project.core.logs import get_logger
from project.discord.rest import DiscordRest
from project.telegram.account import TelegramAccount
from project.telegram.updates import Update

POLL = 15.0  # seconds between looks at the tables when nothing wakes us
BREATH = 0.02  # seconds between two looks, however often we are woken
PUT_OFF = 2.0  # least seconds until inbox rows that could not be taken are looked at again
RELOAD = 1.0  # least seconds between two reads of the pairs
REREAD = 30.0  # most seconds between them, even when no look saw a change
UNREAD = "none"  # as no stamp is: no pairs make an empty one

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """What an engine needs from outside. `principal` is the account whose process this is."""

    principal: str
    keyring: Keyring
    random_id_key: bytes
    discord_bot_id: int
    discord_limits: DiscordLimits
    limits: LimitSettings = field(default_factory=LimitSettings)
    patience: Patience = field(default_factory=Patience)
    reach: Reach = field(default_factory=Reach)
    pace: Pace = field(default_factory=Pace)


@dataclass(frozen=True, slots=True)
class GroupCounters:
    """What a worker group does: its pairs, parts sent since start, sources not yet caught up. `resting`: it broke, and
    waits for its next start."""

    number: int
    pairs: int
    sent: int
    unsynced: int
    restarts: int = 0
    resting: bool = False


class Engine:
    """Lives on the worker's one loop, over its database connection. `on_fatal` is told what must end the process (a
    lost fence, a bug)."""

    def __init__(
        self, *, settings: EngineSettings, link: Link, rest: DiscordRest, on_fatal: Callable[[BaseException], None]
    ) -> None:
        self._settings = settings
        self._holdings: dict[str, Holding] = {}
        self._accounts: dict[str, TelegramAccount] = {}
        self._pairs: dict[int, PairConfig] = {}
        self._rng = Random()
        self._tasks = Tasks(on_fatal, self._contain)
        self._restarts = Restarts()
        self._clock = asyncio.get_running_loop().time
        self._link = JournalLink(link, on_repeat=lambda: self._lanes.refresh_all())
        self._journal = Journal(self._link, self._holdings, settings.principal)
        self._waits = waits = Waits(asyncio.get_running_loop().time)
        self._limits = Limits(
            link=self._link,
            waits=waits,
            rest=rest,
            settings=settings.limits,
            principal=settings.principal,
            rng=self._rng,
        )
        self._lanes = Lanes(
            journal=self._journal,
            hops=self._hops(rest),
            tasks=self._tasks,
            waits=waits,
            rng=self._rng,
            patience=settings.patience,
        )
        self._sources = Sources(
            journal=self._journal,
            lanes=self._lanes,
            tasks=self._tasks,
            reach=settings.reach,
            pace=settings.pace,
            rng=self._rng,
        )
        self._inbox = InboxIntake(self._journal, self._lanes.offer, self._lanes.elsewhere)
        self._loader = PairLoader(self._journal, settings.keyring)
        self._handover = HandOver(self._link, self._holdings)
        self._leaving: frozenset[int] = frozenset()  # pairs being handed over: nothing of them runs here
        self._signal = asyncio.Event()
        self._changed = False  # rows changed: all of them are looked at
        self._inbox_filled = False
        self._reloading = asyncio.Lock()
        self._reloaded_at = float("-inf")
        self._stamp = UNREAD  # of the settings as they were before the last read
        self._endings = 0
        self._draining = False

    def _hops(self, rest: DiscordRest) -> dict[int, DiscordHop | TelegramHop]:
        media = Media(self._accounts, rest, self._journal)
        secret = self._settings.random_id_key
        to_discord = DiscordHop(
            rest=rest,
            bot_id=self._settings.discord_bot_id,
            journal=self._journal,
            media=media,
            secret=secret,
            limits=self._settings.discord_limits,
            keyring=self._settings.keyring,
        )
        to_telegram = TelegramHop(accounts=self._accounts, journal=self._journal, media=media, secret=secret)
        return {1: to_discord, 2: to_telegram}

    # --- life

    async def start(self) -> None:
        """Begins to look at the tables."""
        self._tasks.start("tables", self._follow_tables())
        self._tasks.start("limits", self._limits.run())

    async def hold(self, holding: Holding, account: TelegramAccount) -> None:
        """A connected account, owned by this process: its intakes and lanes start."""
        self._holdings[holding.account] = holding
        self._accounts[holding.account] = account
        await self._limits.restore()
        account.keep_waits(self._waits.open(), self._waits.stop)
        self._stamp = UNREAD  # what was seen before it went may read the same again, and something else be loaded now
        await self._reload()
        self.hear(INBOX)  # nobody here heard of what people did meanwhile

    async def drop(self, account: str) -> None:
        """Stops everything that needs the account; calls under way get 7 s."""
        self._accounts.pop(account, None)
        await self._reload()
        self._holdings.pop(account, None)

    def wake(self) -> None:
        """Something in the tables changed for us. Cheap, however often it is called."""
        self._changed = True
        self._signal.set()

    def hear(self, news: str) -> None:
        """The journal holds something new for the second hop of a pair, or for the inbox."""
        if news == INBOX:
            self._inbox_filled = True
            self._signal.set()
        elif news.isascii() and news.isdecimal():
            self._lanes.refresh([(int(news), 2)])
        else:  # of a later version, or of nobody here
            self.wake()

    async def drain(self) -> None:
        """Stops intake at once and lanes after their present call, within 10 s even without a database."""
        self._draining = True
        await self._tasks.end(["tables"])
        await self._sources.drain()
        await self._lanes.drain()
        await self._tasks.end(["limits"])  # after the lanes: their last waits are told
        self._accounts.clear()
        await self._link.close()

    def on_update(self, account: str) -> Callable[[Update], None]:
        """Where a TelegramAccount hands its updates; cheap, never waits."""
        return self._sources.route if account == self._settings.principal else _nothing

    def counters(self) -> list[GroupCounters]:
        """Figures of each worker group of the principal session."""
        groups: dict[int, list[PairConfig]] = {}
        for pair in self._pairs.values():
            if pair.session == self._settings.principal:
                groups.setdefault(pair.group, []).append(pair)
        return [self._count(number, pairs) for number, pairs in sorted(groups.items())]

    def _count(self, number: int, pairs: list[PairConfig]) -> GroupCounters:
        sent = self._lanes.sent({pair.id for pair in pairs})
        return GroupCounters(
            number,
            len(pairs),
            sent,
            self._sources.unsynced({pair.source_chat for pair in pairs}),
            restarts=self._restarts.count((self._settings.principal, number)),
            resting=self._restarts.rests((self._settings.principal, number), self._clock()),
        )

    # --- worker groups

    def restart_group(self, number: int) -> None:
        """Everything of this group of the session ends (calls under way get 7 s) and starts anew; the session's other
        group goes on."""
        self._restarts.asked((self._settings.principal, number))
        self.wake()

    def _contain(self, key: Hashable, error: Exception) -> bool:
        """A lane or an intake that broke costs its group a restart, and nobody else anything."""
        group = self._group_of(key)
        if group is None:
            return False
        rest = self._restarts.broke(group, self._clock())
        _log.error("worker group broke", session=group[0], group=group[1], again_in=round(rest, 1), exc_info=error)
        self.wake()
        return True

    def _group_of(self, key: Hashable) -> Group | None:
        """Of a lane its pair's; a source that both groups read counts to the first."""
        match key:
            case ("lane", (int(pair_id), _)):
                pairs = [pair for pair in (self._pairs.get(pair_id),) if pair]
            case ("source", int(chat_id)):
                pairs = [pair for pair in self._pairs.values() if pair.source_chat == chat_id and pair.journals]
            case _:
                return None
        return min((_group(pair) for pair in pairs), default=None)

    # --- following the tables

    async def _follow_tables(self) -> None:
        look_at = began = self._clock()
        while True:
            self._signal.clear()
            if self._changed or began >= look_at:
                self._changed = False
                wait = await self._look() if self._accounts else POLL
                look_at = self._clock() + wait
            elif self._inbox_filled and await self._take_inbox():
                look_at = min(look_at, self._clock() + PUT_OFF)
            await self._woken(look_at - self._clock())
            await asyncio.sleep(began + BREATH - self._clock())
            began = self._clock()

    async def _look(self) -> float:
        """Sees what the tables have for us and does it; seconds until the next look. Usually there is nothing."""
        self._lanes.refresh_fed()
        look = await self._journal.look(*numbers(self._accounts), self._inbox_pairs(), self._lanes.idle())
        age = asyncio.get_running_loop().time() - self._reloaded_at
        ended = self._tasks.endings != self._endings or self._restarts.due(self._clock())
        stale = look.stamp != self._stamp or ended or age >= REREAD
        reread = stale and age >= RELOAD
        if reread:
            self._stamp = look.stamp
            await self._reload()
            await self._hand_over()
        if reread or (look.inbox is not None and look.inbox <= 0):
            await self._take_inbox()
        self._lanes.refresh(look.due)
        if stale and not reread:
            return RELOAD - age
        waits = [POLL * self._rng.uniform(0.8, 1.2)]
        if look.inbox is not None:
            waits.append(max(look.inbox, PUT_OFF))
        if (rest := self._restarts.next_start(self._clock())) is not None:
            waits.append(max(rest, RELOAD))
        return min(waits)

    async def _take_inbox(self) -> bool:
        """All that can be taken now. True when rows were put off."""
        self._inbox_filled, put_off, more = False, False, True
        while more:
            taken = await self._inbox.take(self._inbox_pairs())
            more, put_off = taken.more, put_off or taken.put_off
        return put_off

    async def _woken(self, limit: float) -> None:
        try:
            async with asyncio.timeout(limit):
                await self._signal.wait()
        except TimeoutError:
            return

    def _inbox_pairs(self) -> dict[int, PairConfig]:
        return {id_: p for id_, p in self._pairs.items() if p.session in self._accounts and p.journals}

    async def _reload(self) -> None:
        async with self._reloading:
            if self._draining:
                return
            pairs, cursors = await self._loader.load(list(self._accounts))
            if self._draining:
                return
            self._reloaded_at = asyncio.get_running_loop().time()
            for pair_id in self._leaving & pairs.keys():
                del pairs[pair_id]
            before, self._pairs = self._pairs, pairs
            self._restarts.keep_only({_group(pair) for pair in pairs.values()})
            resting = self._restarts.resting(self._clock())
            running = {id_: pair for id_, pair in pairs.items() if _group(pair) not in resting}
            await self._lanes.set_pairs(running, self._accounts)
            await self._sources.set_pairs(running.values(), cursors, self._accounts)
            self._endings = self._tasks.endings
            await self._journal.tell_still(_stopped(before, pairs, self._accounts))

    async def _hand_over(self) -> None:
        """Pairs that are wanted elsewhere: no more intake, calls under way get 7 s, then the new owner is told. What is
        unfinished stays in the journal, for it."""
        wishes = await self._handover.wishes(self._accounts)
        if not wishes:
            return
        self._leaving = frozenset(wish.pair_id for wish in wishes)
        try:
            await self._reload()
            if not self._draining:
                await self._handover.give(wishes)
        finally:
            self._leaving = frozenset()
        await self._reload()


def _stopped(before: Mapping[int, PairConfig], pairs: Mapping[int, PairConfig], accounts: Container[str]) -> list[str]:
    """Pairs whose lanes of these accounts have ended: somebody may wait to hear it (pairs/services/stillness)."""
    return [
        f"{pair.id}:{pair.generation}:{account}"
        for pair in pairs.values()
        if not pair.sends and before.get(pair.id) != pair
        for account in dict.fromkeys((pair.session, pair.sender))
        if account in accounts
    ]


def _group(pair: PairConfig) -> Group:
    return pair.session, pair.group


def _nothing(update: Update) -> None:
    """Sender bots read no sources."""
