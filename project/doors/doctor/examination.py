"""All checks, in the order in which things depend on each other. Nothing that is down stops the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

import aiohttp
from django.db import DatabaseError

from project.core.checks import Check, Level, failed, ok
from project.core.config import Config, declarations
from project.core.errors import RelayError
from project.core.stopping import run
from project.core.tables import tables_behind
from project.discord.session import open_http
from project.doors.actor import actor
from project.doors.doctor import (
    binding,
    bot,
    checkups,
    clock,
    discord,
    endpoints,
    keys,
    limits,
    overview,
    servers,
    telegram,
)
from project.doors.doctor.advice import next_step
from project.embedded.servers import ensure_servers


@dataclass
class Examination:
    """`run()` yields the checks as they come; afterwards `advice()` is the next step."""

    config: Config
    _seen: list[Check] = field(default_factory=list)
    _facts: overview.Facts | None = None
    _channels: list[discord.PairedChannel] = field(default_factory=list)
    _username: str = ""

    def run(self) -> Iterator[Check]:
        """Everything. Embedded servers that do not run are started for the time of it."""
        with ExitStack() as stack:
            for check in self._all(stack):
                self._seen.append(check)
                yield check

    def advice(self) -> str:
        """The one thing to do next."""
        return next_step(self._seen, self._facts)

    def _all(self, stack: ExitStack) -> Iterator[Check]:
        yield ok("settings", f"All {len(declarations())} settings are readable.")
        yield keys.check_keyring(self.config)
        yield from servers.check_room(self.config)
        try:
            stack.enter_context(ensure_servers(self.config))
        except RelayError as error:
            yield failed("servers", error.message, error.hint)
        yield from self._rows()
        yield from servers.check_redis(self.config)
        yield from telegram.check_app(self.config)
        settled = endpoints.check_endpoints(self.config)
        yield settled
        if settled.level is not Level.FAILED:
            yield from run(self._platforms())
        if (facts := self._facts) is not None:
            if self.config.admin_bot_token:
                yield from self._told(lambda: bot.check_operators(self._username, actor=actor()))
            yield from self._told(lambda: overview.check_overview(facts))

    def _rows(self) -> Iterator[Check]:
        """The database and what its rows tell, as far as it goes."""
        database = servers.check_database(self.config)
        yield database
        if database.level is Level.FAILED:
            return
        yield from clock.check_database_clock(self.config)
        yield from self._told(self._tables)

    def _tables(self) -> Iterator[Check]:
        behind = tables_behind()
        yield servers.check_tables(self.config, behind=behind)
        if not behind:
            yield from binding.check_binding(self.config)
            yield from servers.check_connections(self.config)
            yield from keys.check_secrets(self.config)
            yield from limits.check_limits(self.config)
            yield from checkups.check_checks(self.config)
            yield from limits.check_unknown()
            self._facts, self._channels = overview.gather(self.config), overview.paired_channels()

    def _told(self, checks: Callable[[], Iterable[Check]]) -> Iterator[Check]:
        """Checks that read rows; a database that goes down meanwhile is one more finding."""
        try:
            yield from checks()
        except DatabaseError as error:
            yield failed("database", f"It stopped answering ({type(error).__name__}).", "See PostgreSQL's log.")

    async def _platforms(self) -> list[Check]:
        async with aiohttp.ClientSession() as http, open_http() as discord_http:
            found = await clock.check_platform_clocks(http, self.config)
            found.append(await telegram.check_reach(self.config))
            token, self._username = await bot.check_bot(http, self.config)
            found.append(token)
            return [
                *found,
                *[check async for check in discord.check_discord(discord_http, self.config, self._channels)],
            ]
