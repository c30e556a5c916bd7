"""Limits and waits that other processes have to know, or the next one after this: told, brought in, counted."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from random import Random

import asyncpg

from pairs.journal.link import JournalLink
from pairs.lane.waits import Waits
from project.core import rateslots, unknown
from project.core.logs import get_logger
from project.core.rateslots import NO_LIMIT, Grant, Wish
from project.core.unknown import Unknown
from project.discord.rest import DiscordRest
from project.discord.routes import ADDRESS, CLOUDFLARE, WIDE

_log = get_logger(__name__)

REFRESH = 60.0  # seconds between two looks at who shares what
KEEP = 2.0  # seconds; a shorter wait is over before another process could come
INVALID_WINDOW = 600.0  # seconds in which Discord counts answers that are refusals (Rate Limits, Invalid Requests)
INVALID = "dc:invalid"
_HERE = frozenset({ADDRESS, CLOUDFLARE, INVALID})  # keys of one address

_USERS = """
WITH posting AS (
    SELECT p.webhook_id, p.discord_channel, a.session_id FROM pairs_pair p JOIN pairs_assignment a ON a.pair_id = p.id
    WHERE p.status IN ('active', 'degraded')
),
mine AS (SELECT webhook_id, discord_channel FROM posting WHERE session_id = $1)
SELECT 'dc:global' AS scope, count(DISTINCT session_id) AS users FROM posting WHERE webhook_id IS NULL
UNION ALL
SELECT 'dc:address', count(DISTINCT session_id) FROM posting WHERE webhook_id IS NOT NULL
UNION ALL
SELECT 'dc:webhook:' || webhook_id, count(DISTINCT session_id) FROM posting
WHERE webhook_id IN (SELECT webhook_id FROM mine) GROUP BY webhook_id
UNION ALL
SELECT 'dc:channel:' || discord_channel, count(DISTINCT session_id) FROM posting
WHERE webhook_id IS NULL AND discord_channel IN (SELECT discord_channel FROM mine WHERE webhook_id IS NULL)
GROUP BY discord_channel
"""
_BLOCKED_NOTICE = """
INSERT INTO core_notice (key, text, severity, failed)
SELECT $1::text, $2, 'warning', '{}'
WHERE NOT EXISTS (SELECT 1 FROM core_notice WHERE key = $1::text AND created_at > clock_timestamp() - interval '1 hour')
"""
_COUNT_UNKNOWN = """
INSERT INTO core_platformerror (platform, code, status, method, times)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[])
ON CONFLICT (platform, code, status, method) DO UPDATE
SET times = core_platformerror.times + excluded.times, last_at = clock_timestamp()
"""
_AUDIT = """
INSERT INTO core_auditevent (actor, action, target, after, reason, correlation_id)
VALUES ($1, 'discord.breaker_opened', $2, $3::jsonb, $4, '')
"""


@dataclass(frozen=True, slots=True)
class LimitSettings:
    """`egress` names the address that requests to Discord leave from; `most_invalid` is how many answers of 401, 403
    and 429 in ten minutes stop everything that leaves from there."""

    egress: str = "host"
    most_invalid: int = 2000


class Limits:
    """One per engine. Keys are the scopes of RetryLater; in the table, a key of an address carries its name."""

    def __init__(
        self,
        *,
        link: JournalLink,
        waits: Waits,
        rest: DiscordRest,
        settings: LimitSettings,
        principal: str,
        rng: Random,
    ) -> None:
        self._link = link
        self._waits = waits
        self._rest = rest
        self._settings = settings
        self._principal = principal
        self._scopes = {self._name(scope): scope for scope in _HERE}
        self._rng = rng
        self._clock = asyncio.get_running_loop().time
        self._signal = asyncio.Event()
        self._until: dict[str, float] = {}  # waits to tell
        self._invalid = 0
        self._restored = False
        waits.on_stop = self._stopped
        rest.on_invalid = self._refused
        rest.buckets.turns.on_need = self._signal.set

    # --- what happens here

    def _stopped(self, scope: str, seconds: float) -> None:
        """A platform asked to wait."""
        if seconds >= KEEP or self._rest.buckets.turns.is_shared(scope):
            self._until[self._name(scope)] = self._clock() + seconds
            self._signal.set()

    def _refused(self) -> None:
        """An answer counts towards a ban of this address."""
        self._invalid += 1
        self._signal.set()

    # --- life

    async def restore(self) -> None:
        """Waits that an earlier process was asked for hold for this one, too; once, before anything is sent."""
        if not self._restored:
            await self._link.run(rateslots.sweep)
            await self._look()
            self._restored = True

    async def run(self) -> None:
        """Until cancelled. Does nothing, and costs nothing, while nothing is limited."""
        owed = 0.0
        while True:
            if self._clock() >= owed:
                await self._look_who_shares()
                owed = self._clock() + REFRESH * self._rng.uniform(0.8, 1.2)
            await self._woken(owed - self._clock())
            self._signal.clear()
            await self._tell()
            await self._count()
            await self._reserve()
            await self._write_unknown()

    async def _write_unknown(self) -> None:
        if seen := unknown.take():
            await self._link.run(lambda conn: _count_unknown(conn, seen))

    async def _woken(self, limit: float) -> None:
        try:
            async with asyncio.timeout(max(0.0, limit)):
                await self._signal.wait()
        except TimeoutError:
            return

    async def _look_who_shares(self) -> None:
        kind, _, number = self._principal.partition(".")
        if kind != "session":  # a sender's process posts nothing on Discord
            return
        rows = await self._link.run(lambda conn: conn.fetch(_USERS, int(number)))
        self._rest.buckets.turns.share({row["scope"]: row["users"] for row in rows}, self._name)

    async def _look(self) -> None:
        """Waits of other processes, and of those before this one."""
        for name, seconds in (await self._link.run(rateslots.blocks)).items():
            self._hold(self._scope(name), seconds)

    async def _tell(self) -> None:
        until, self._until = self._until, {}
        waits = {name: left for name, end in until.items() if (left := end - self._clock()) > 0}
        if waits:
            await self._link.run(lambda conn: rateslots.block(conn, waits))
        if self._name(CLOUDFLARE) in waits:
            await self._link.run(self._tell_of_block)

    async def _tell_of_block(self, conn: asyncpg.Connection[asyncpg.Record]) -> None:
        """Operators hear once an hour, whichever process of the address sees it first."""
        key = self._name(CLOUDFLARE)
        text = (
            f"⚠️ Cloudflare blocks the address of {self._settings.egress}: nothing reaches Discord from there."
            " Nothing is lost: it is tried again each minute and goes on by itself. If it lasts, look at what else uses"
            " this address, or send from another one."
        )
        async with conn.transaction():
            await conn.execute("SELECT pg_advisory_xact_lock(hashtext($1::text))", key)
            await conn.execute(_BLOCKED_NOTICE, key, text)

    async def _reserve(self) -> None:
        turns, asked_at = self._rest.buckets.turns, self._clock()
        if turns.take_stale():
            await self._look()
        wishes = turns.wishes()
        if wishes:
            for grant in await self._link.run(lambda conn: rateslots.reserve(conn, wishes)):
                turns.grant(grant, asked_at)
                if grant.blocked:
                    self._hold(self._scope(grant.key), grant.blocked)

    def _hold(self, scope: str, seconds: float) -> None:
        self._waits.hold(scope, seconds)
        if scope in WIDE or scope == CLOUDFLARE:
            self._rest.buckets.pause(scope, seconds)

    def _name(self, scope: str) -> str:
        return f"{scope}:{self._settings.egress}" if scope in _HERE else scope

    def _scope(self, name: str) -> str:
        return self._scopes.get(name, name)

    # --- the breaker

    async def _count(self) -> None:
        count, self._invalid = self._invalid, 0
        if count:
            wish = Wish(self._name(INVALID), count, NO_LIMIT, INVALID_WINDOW)
            (grant,) = await self._link.run(lambda conn: rateslots.reserve(conn, [wish]))
            if grant.taken >= self._settings.most_invalid:
                await self._open(grant, first=grant.taken - count < self._settings.most_invalid)

    async def _open(self, grant: Grant, *, first: bool) -> None:
        """Nothing leaves for Discord from this address until the ten minutes are over."""
        self._hold(CLOUDFLARE, grant.lasts)
        told = {self._name(CLOUDFLARE): grant.lasts}
        await self._link.run(lambda conn: rateslots.block(conn, told))
        if first:
            _log.error("too many refusals by Discord: sending stops", refusals=grant.taken, seconds=round(grant.lasts))
            await self._link.run(lambda conn: self._audit(conn, grant))

    async def _audit(self, conn: asyncpg.Connection[asyncpg.Record], grant: Grant) -> None:
        await conn.execute(
            _AUDIT,
            f"worker:{self._principal}",
            f"egress:{self._settings.egress}",
            json.dumps({"refusals": grant.taken, "seconds": round(grant.lasts)}),
            "Discord bans an address after 10,000 refusals in ten minutes.",
        )


async def _count_unknown(conn: asyncpg.Connection[asyncpg.Record], seen: dict[Unknown, int]) -> None:
    """Adds them to what operators see (`PlatformError`)."""
    kinds = list(seen)
    await conn.execute(
        _COUNT_UNKNOWN,
        [kind.platform for kind in kinds],
        [kind.code for kind in kinds],
        [kind.status for kind in kinds],
        [kind.method for kind in kinds],
        [seen[kind] for kind in kinds],
    )
