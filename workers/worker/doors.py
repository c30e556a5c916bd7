"""The runtime's ways into sessions, pairs, Telegram and Discord: the real ones."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import aiohttp

from pairs.domain.pace import Pace
from pairs.engine import Engine, EngineSettings
from pairs.forward.discord_hop import DiscordLimits
from pairs.handover.unserved import give_away
from pairs.intake.reach import Reach
from pairs.lane.trouble import Patience
from pairs.limits import LimitSettings
from project.core.config import Config
from project.core.errors import AccountDead, FenceLost
from project.core.installation import known_bot_id, remember_bot_id, stored_random_id_key
from project.core.leases import Holding
from project.core.logs import get_logger
from project.discord.rest import DiscordRest
from project.discord.session import open_http
from project.telegram.account import TelegramAccount
from project.telegram.updates import Update
from sessions.accounts import AccountRecord, save_state
from sessions.login.runner import run_login
from sessions.lookups import answer_lookups
from workers.worker import fence
from workers.worker.sealed import load_opened
from workers.worker.wishes import sources_of, take_check_wish

if TYPE_CHECKING:
    from project.core.link import Link
    from project.core.pg import Connection

FILE_LIMIT = 10 * 1024 * 1024
"""Bytes of one file that Discord takes on a server without boosts (since September 2024)."""

log = get_logger(__name__)


class RealDoors:
    """One per process; made on its loop."""

    def __init__(self, principal: str, config: Config) -> None:
        self._principal = principal
        self._config = config
        self._opening = asyncio.Lock()
        self._failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._http: aiohttp.ClientSession | None = None
        self.opened: Engine | None = None

    async def run(self) -> None:
        """Raises what is fatal to the engine; closes what was opened when it ends."""
        try:
            await self._failed
        finally:
            if self._http is not None:
                await self._http.close()

    async def engine(self, link: Link) -> Engine:
        """The one engine, started at the first call, over `link` like everything else in this process.

        Raises GatewayError when Discord cannot say who its bot is: posts of an unknown identity could not be told from
        a repeat.
        """
        async with self._opening:
            if self.opened is None:
                self.opened = await self._open(link)
        return self.opened

    async def load(self, conn: Connection, account: str) -> AccountRecord:
        """The account as its rows say."""
        return await load_opened(conn, account)

    async def save(self, conn: Connection, holding: Holding, state: bytes) -> None:
        """Seal and store its state."""
        await save_state(conn, holding, state)

    async def log_in(self, link: Link, holding: Holding, account: TelegramAccount) -> bool:
        """Take the next step of an open login."""
        return await run_login(link, holding, account)

    async def give_away(self, conn: Connection, holding: Holding) -> None:
        """Hand over pairs that are wanted elsewhere: nothing of them runs while the account is not connected."""
        await give_away(conn, holding)

    async def sources(self, conn: Connection, account: str) -> Sequence[int]:
        """The source chats of the session's pairs."""
        return await sources_of(conn, account)

    async def check_asked(self, conn: Connection, account: str) -> str:
        """The mark of a check that somebody waits for."""
        return await take_check_wish(conn, account)

    async def answer(self, link: Link, holding: Holding, account: TelegramAccount) -> None:
        """Answer what people asked of the account's live connection."""
        await answer_lookups(link, holding, account)

    def account(
        self,
        name: str,
        record: AccountRecord,
        state: bytes | None,
        on_update: Callable[[Update], None],
        on_state: Callable[[], None],
    ) -> TelegramAccount:
        """Its Telegram client, not connected yet."""
        return TelegramAccount(
            name=name,
            app=record.app,
            endpoint=record.endpoint,
            state=state,
            on_update=on_update,
            on_state=on_state,
            proxy=record.proxy,
            egress=self._config.egress_address,
        )

    async def _open(self, link: Link) -> Engine:
        if self._http is None:
            self._http = open_http()
        config = self._config
        rest = DiscordRest(
            http=self._http,
            api_url=config.discord_api_url,
            token=config.discord_bot_token,
            rate=config.discord_rate,
        )
        async with link.use() as conn:
            key = await stored_random_id_key(conn)
        bot_id = await self._bot_id(link, rest, key)
        settings = EngineSettings(
            principal=self._principal,
            keyring=config.master_keys,
            random_id_key=key,
            discord_bot_id=bot_id,
            discord_limits=DiscordLimits(file_bytes=FILE_LIMIT),
            limits=LimitSettings(egress=config.discord_egress, most_invalid=config.discord_invalid_limit),
            patience=Patience(config.stuck_tries, config.stuck_seconds),
            reach=Reach(config.catch_up_days, config.catch_up_messages),
            pace=Pace(config.source_poll_interval, config.guest_poll_interval),
        )
        engine = Engine(settings=settings, link=link, rest=rest, on_fatal=self._on_fatal)
        await engine.start()
        return engine

    async def _bot_id(self, link: Link, rest: DiscordRest, key: bytes) -> int:
        """Asked once for all processes and starts, since Discord limits the question."""
        token = self._config.discord_bot_token
        if token is None:
            return 0
        async with link.use() as conn:
            known = await known_bot_id(conn, token, key=key)
        if known is not None:
            return known
        try:
            asked = (await rest.me()).id
        except AccountDead as error:
            log.error("the Discord bot's token is refused", code=error.code)
            return 0
        async with link.use() as conn:
            await remember_bot_id(conn, token, asked, key=key)
        return asked

    def _on_fatal(self, error: BaseException) -> None:
        if isinstance(error, FenceLost):
            fence.die()
        if not self._failed.done():
            self._failed.set_exception(error)
