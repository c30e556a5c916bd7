"""One session, one sender bot, one pair: the real engine between a loopback Telegram and a loopback Discord."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import asyncpg
from asgiref.sync import sync_to_async
from django.db import connections

from pairs.domain.pace import Pace
from pairs.engine import Engine, EngineSettings
from pairs.forward.discord_hop import DiscordLimits
from pairs.intake.reach import Reach
from pairs.lane.trouble import Patience
from pairs.models import Assignment, Pair
from pairs.news import CHANNEL
from project.core.config import current
from project.core.crypto import seal
from project.core.leases import Holding, acquire
from project.core.link import LONG_PATIENCE, Link
from project.core.secret import Secret
from project.discord.rest import DiscordRest
from project.discord.session import open_http
from project.discord.urls import parse_webhook_url
from project.sandbox.discord.limits import Limits
from project.sandbox.telegram.messages import StoredMessage
from project.sandbox.telegram.server import TelegramServer
from project.sandbox.telegram.settings import OFF, Settings
from project.sandbox.telegram.world import TelegramWorld
from project.telegram.account import App, DeviceProfile, Endpoint, TelegramAccount
from sessions.models import SenderBot, TelegramSession
from tests.integration.sandbox.conftest_discord import LoopbackDiscord, run_discord

PHONE = "+4915112345678"
WAIT = 15.0
DEVICE = {"device_model": "Relay test", "system_version": "Linux", "app_version": "1.0"}


async def until(true: Callable[[], Any], what: str = "it", limit: float = WAIT) -> None:
    """Waits for a condition; fails with what was waited for."""
    try:
        async with asyncio.timeout(limit):
            while not true():
                await asyncio.sleep(0.01)
    except TimeoutError:
        raise AssertionError(f"{what} did not happen within {limit} s") from None


async def until_value(conn: asyncpg.Connection, query: str, value: object, limit: float = WAIT) -> None:
    """Waits until a query gives a value."""
    found: object = None
    try:
        async with asyncio.timeout(limit):
            while (found := await conn.fetchval(query)) != value:
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"{query} gave {found!r}, not {value!r}, within {limit} s") from None


class Rig:
    """The world and the one process that relays in it; `crash` and `start` do what they say."""

    def __init__(
        self, telegram: TelegramServer, discord: LoopbackDiscord, conn: asyncpg.Connection, *, apart: bool = False
    ) -> None:
        self.telegram = telegram
        self.world: TelegramWorld = telegram.world
        self.discord = discord
        self.fatal: list[BaseException] = []
        self.engine: Engine
        self.apart = apart  # the sender lives in an engine of its own, as when several sessions share it
        self.file_limit = 10 * 2**20
        self.reach = Reach()
        self.patience = Patience()
        self.pace = Pace()
        self._engines: dict[str, Engine] = {}
        self._links: dict[str, Link] = {}
        self.dsn = ""  # where the engines find the database; empty is the usual place
        self._conn = conn
        self._http = open_http()
        self._states: dict[str, bytes] = {}
        self._accounts: dict[str, TelegramAccount] = {}
        self._runs: list[asyncio.Task[None]] = []
        self._starts = 0

    # --- the world

    async def set_up(self, *, by_webhook: bool, by_bot: bool) -> None:
        """A source, a destination, the accounts' rows and the pair."""
        self.user = self.world.create_user(PHONE, "Ann")
        self.bot = self.world.create_bot("sender", username="sender_bot")
        self.source = self.world.create_channel("Source", username="source_chat", members=[self.user])
        self.destination = self.world.create_channel("Destination", admins=[self.user, self.bot.user_id])
        self.webhook = self.discord.world.create_webhook(self.discord.channel, "relay") if by_webhook else ""
        await sync_to_async(self._rows)(by_bot)

    def _rows(self, by_bot: bool) -> None:
        try:
            self._save_rows(by_bot)
        finally:
            connections.close_all()  # this thread's own

    def _save_rows(self, by_bot: bool) -> None:
        session = TelegramSession.objects.create(
            name="main", phone_sealed=b"", phone_hint="", device=DEVICE, lifecycle="active"
        )
        sender = SenderBot.objects.create(bot_id=self.bot.user_id, token_sealed=b"", device=DEVICE) if by_bot else None
        self.session = session.account
        self.sender = sender.account if sender else session.account
        self.pair = self._pair(self.destination, session, sender)

    async def second_pair(self) -> tuple[int, int]:
        """Another pair of the same source and channel, by the Discord bot and the session; its id and destination."""
        destination = self.world.create_channel("Second", admins=[self.user])
        self.webhook = ""

        def save() -> int:
            try:
                return self._pair(destination, TelegramSession.objects.get(), None)
            finally:
                connections.close_all()

        return await sync_to_async(save)(), destination

    def _pair(self, destination: int, session: TelegramSession, sender: SenderBot | None) -> int:
        pair = Pair.objects.create(
            source_chat=self.source,
            discord_channel=self.discord.channel,
            discord_guild=self.discord.guild,
            destination_chat=destination,
            sender=sender,
        )
        keys = current().master_keys
        if self.webhook:
            webhook = parse_webhook_url(self.webhook, api_url=self.discord.api)
            pair.webhook_id = webhook.id
            pair.webhook_sealed = seal(webhook.token.reveal().encode(), owner=f"pair.{pair.pk}", keys=keys)
            pair.save()
        Assignment.objects.create(pair=pair, session=session)
        return int(pair.pk)

    # --- the process

    async def start(self) -> None:
        """Takes the leases, connects the accounts, runs the engine."""
        self._starts += 1
        owner = f"node:{self._starts}"
        self.engine = await self._engine(self.session)
        for name in dict.fromkeys([self.session, self.sender]):
            engine = await self._engine(name) if self.apart else self.engine
            holding = await self._lease(name, f"{owner}:{name}" if self.apart else owner)
            await engine.hold(holding, await self._connect(name, engine))
        await self._listen()

    async def _listen(self) -> None:
        await self._conn.add_listener("relay_wake", self._wake)
        await self._conn.add_listener(CHANNEL, self._tell)

    async def _deafen(self) -> None:
        await self._conn.remove_listener("relay_wake", self._wake)
        await self._conn.remove_listener(CHANNEL, self._tell)

    def _wake(self, *notice: object) -> None:
        if engine := self._hearer(str(notice[-1])):
            engine.wake()

    def _tell(self, *notice: object) -> None:
        account, _, news = str(notice[-1]).partition(" ")
        if engine := self._hearer(account):
            engine.hear(news)

    def _hearer(self, account: str) -> Engine | None:
        return self._engines.get(account, self.engine)

    async def _engine(self, principal: str) -> Engine:
        if principal not in self._engines:
            self._engines[principal] = self._make_engine(principal)
            await self._engines[principal].start()
        return self._engines[principal]

    def _make_engine(self, principal: str) -> Engine:
        settings = EngineSettings(
            principal=principal,
            keyring=current().master_keys,
            random_id_key=b"k" * 32,
            discord_bot_id=self.discord.bot_id,
            discord_limits=DiscordLimits(file_bytes=self.file_limit),
            patience=self.patience,
            reach=self.reach,
            pace=self.pace,
        )
        rest = DiscordRest(http=self._http, api_url=self.discord.api, token=Secret(self.discord.token))
        self._links[principal] = link = Link(f"journal of {principal}", patience=LONG_PATIENCE, url=self.dsn)
        return Engine(settings=settings, link=link, rest=rest, on_fatal=self.fatal.append)

    async def _lease(self, name: str, owner: str) -> Holding:
        await self._conn.execute("UPDATE core_lease SET expires_at = now() - interval '1 h' WHERE name = $1", name)
        taken = await acquire(self._conn, account=name, owner=owner, ttl=60, egress="", handover_wait=0)
        assert taken is not None
        return taken.holding

    async def _connect(self, name: str, engine: Engine) -> TelegramAccount:
        account = TelegramAccount(
            name=name,
            app=App(12345, Secret("0123456789abcdef0123456789abcdef"), DeviceProfile(**DEVICE)),
            endpoint=Endpoint(2, self.telegram.host, self.telegram.port, self.telegram.public_key_pem),
            state=self._states.get(name),
            on_update=engine.on_update(name),
            on_state=lambda: None,
        )
        await account.connect()
        if name not in self._states:
            await self._log_in(name, account)
            self._states[name] = account.snapshot()
        self._accounts[name] = account
        self._runs.append(asyncio.create_task(account.run()))
        return account

    async def _log_in(self, name: str, account: TelegramAccount) -> None:
        if name.startswith("sender."):
            await account.import_bot(Secret(self.bot.token))
            return
        phone = self._phone(name)
        sent = await account.send_code(phone)
        await account.sign_in(phone, sent.phone_code_hash, Secret(self.world.login_code(phone)))

    def _phone(self, name: str) -> str:
        return PHONE

    async def stop(self) -> None:
        """A clean end."""
        await self._deafen()
        for engine in self._engines.values():
            await engine.drain()
        self._disconnect()
        for name, account in self._accounts.items():
            self._states[name] = account.snapshot()
            await account.disconnect()
        self._accounts.clear()
        for run in self._runs:
            run.cancel()
        self._runs.clear()

    def _disconnect(self) -> None:
        for link in self._links.values():
            link.close()
        self._links.clear()
        self._engines.clear()

    async def crash(self) -> None:
        """What kill -9 leaves: no drain, no last words, connections cut."""
        await self._deafen()
        for engine in self._engines.values():
            engine._tasks.abandon()
            await engine._link.close()
        self._disconnect()
        for account in self._accounts.values():
            await account.disconnect()
        self._accounts.clear()
        for run in self._runs:
            run.cancel()
        self._runs.clear()

    async def close(self) -> None:
        """After the test."""
        await self.stop()
        await self._http.close()

    async def synced(self) -> None:
        """Waits until the source is followed live."""
        await until(lambda: self.engine._sources.synced, "the first sync")
        await until(lambda: self.pair in self.engine._pairs, "the pair's load")

    # --- what people see

    def on_discord(self) -> list[str]:
        """Texts that stand in the Discord channel."""
        return self.discord.texts()

    def at_destination(self, chat: int = 0) -> list[str]:
        """Texts that stand in the destination."""
        return [message.text for message in self.standing(chat) if not message.service]

    def standing(self, chat: int = 0) -> list[StoredMessage]:
        """Messages that stand in the destination."""
        return [message for message in self.world.messages(chat or self.destination) if not message.deleted]

    async def arrived(self, text: str) -> None:
        """Waits until a text stands in both."""
        await until(lambda: any(text in line for line in self.at_destination()), f"{text!r} at the destination")
        await until(lambda: any(text in line for line in self.on_discord()), f"{text!r} on Discord")


R = TypeVar("R", bound=Rig)


@asynccontextmanager
async def relaying(
    make: Callable[[TelegramServer, LoopbackDiscord], R],
    *,
    by_webhook: bool,
    by_bot: bool,
    discord_limits: Limits | str = "off",
) -> AsyncIterator[R]:
    """What `make` makes of a loopback Telegram and Discord: set up, started, its sources caught up."""
    telegram = TelegramServer(TelegramWorld(Settings(limits=OFF)))
    await telegram.start()
    try:
        async with run_discord(discord_limits) as discord:
            rig = make(telegram, discord)
            await rig.set_up(by_webhook=by_webhook, by_bot=by_bot)
            await rig.start()
            await rig.synced()
            try:
                yield rig
            finally:
                await rig.close()
            assert not rig.fatal, rig.fatal
    finally:
        await telegram.stop()


@asynccontextmanager
async def running_rig(
    conn: asyncpg.Connection, *, by_webhook: bool, by_bot: bool, apart: bool = False, file_limit: int = 10 * 2**20
) -> AsyncIterator[Rig]:
    """A rig that relays."""

    def make(telegram: TelegramServer, discord: LoopbackDiscord) -> Rig:
        rig = Rig(telegram, discord, conn, apart=apart)
        rig.file_limit = file_limit
        return rig

    async with relaying(make, by_webhook=by_webhook, by_bot=by_bot) as rig:
        yield rig
