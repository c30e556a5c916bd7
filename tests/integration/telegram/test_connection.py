"""Lost connections, silent peers, dead keys: what comes back, and what must not."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from telethon.tl.functions.messages import SendMessageRequest
from telethon.tl.types import MsgsAck

from project.core.errors import AccountDead, Ambiguous, Unreachable
from project.sandbox.faults import FaultRule, Phase
from project.sandbox.telegram.connection import Connection
from project.sandbox.telegram.rsakey import new_key
from project.sandbox.telegram.server import TelegramServer
from project.sandbox.telegram.state import Cut
from project.sandbox.telegram.users import Freeze
from project.sandbox.telegram.world import TelegramWorld
from project.telegram import client
from project.telegram.acks import EVERY
from project.telegram.updates import Gap
from project.telegram.values import Endpoint

from .conftest import Probe, Telegram, until, words


async def test_every_connection_begins_with_a_gap(telegram: Telegram) -> None:
    probe = await telegram.user()
    assert probe.gaps() == 1
    assert probe.updates[0] == Gap(None)


async def test_a_data_centre_answers_a_stranger_beside_the_accounts_own_connection(telegram: Telegram) -> None:
    probe = await telegram.user()
    assert probe.account.connected
    assert await probe.account.datacenter_answers()
    assert probe.gaps() == 1  # its own connection was left alone
    await telegram.server.stop()
    await until(lambda: not probe.account.connected)
    assert not await probe.account.datacenter_answers()
    peer = await asyncio.start_server(lambda _, writer: writer.transport.abort(), "127.0.0.1", telegram.server.port)
    assert not await probe.account.datacenter_answers()
    peer.close()


async def test_a_cut_is_reported_and_posts_go_on(telegram: Telegram) -> None:
    probe = await telegram.user()
    channel = await telegram.channel(probe)
    before = telegram.world.post(channel, "before")
    await until(lambda: probe.posted == [before])

    telegram.world.cut()
    missed = telegram.world.post(channel, "missed")
    await until(lambda: probe.gaps() == 2)
    after = telegram.world.post(channel, "after")

    await until(lambda: probe.posted == [before, missed, after])
    assert await probe.account.send_text(channel, words("hello again"), random_id=1)


@pytest.mark.sentence("S-60")
async def test_an_outage_is_outlived_with_few_attempts(telegram: Telegram) -> None:
    probe = await telegram.user()
    channel = await telegram.channel(probe)
    server, port = telegram.server, telegram.server.port
    await server.stop()
    attempts = await _count_connects_for(1.0, port)
    assert 1 <= attempts <= 4
    with pytest.raises(Unreachable):
        await probe.account.send_text(channel, words("nobody there"), random_id=1)

    await server.start()
    await until(lambda: probe.gaps() == 2)
    assert telegram.texts(channel) == []


async def _count_connects_for(seconds: float, port: int) -> int:
    """A peer that accepts and closes at once, the worst case for a client that retries without a pause."""
    seen = 0

    def refuse(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal seen
        seen += 1
        writer.transport.abort()

    peer = await asyncio.start_server(refuse, "127.0.0.1", port)
    end = time.monotonic() + seconds
    await until(lambda: time.monotonic() > end)
    peer.close()
    await peer.wait_closed()
    return seen


async def test_a_silent_peer_is_noticed(telegram: Telegram, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "PING_EVERY", 0.2)
    monkeypatch.setattr(client, "PING_LIMIT", 0.3)
    probe = await telegram.user()
    channel = await telegram.channel(probe)
    before = telegram.world.post(channel, "before")
    await until(lambda: probe.posted == [before])

    telegram.world.cut(how=Cut.HALF_OPEN)
    posted = telegram.world.post(channel, "into the void")

    await until(lambda: probe.gaps() == 2)
    await until(lambda: probe.posted == [before, posted])


async def test_a_channel_never_heard_of_before_the_cut_is_a_gap(telegram: Telegram) -> None:
    probe = await telegram.user()
    channel = await telegram.channel(probe)
    telegram.world.cut()
    telegram.world.post(channel, "missed")
    await until(lambda: probe.gaps(f"tg:{channel}") == 1)


def test_a_silent_peer_is_noticed_within_thirty_seconds() -> None:
    assert client.PING_EVERY + client.PING_LIMIT <= 30


async def test_a_call_in_a_silent_connection_is_ambiguous_in_bounded_time(telegram: Telegram) -> None:
    probe = await telegram.user()
    channel = await telegram.channel(probe)
    address = await probe.account._chats.address(channel)
    telegram.world.cut(how=Cut.HALF_OPEN)
    with pytest.raises(Ambiguous):
        await probe.account._link.call(SendMessageRequest(address, "hm", random_id=1), limit=0.3)


async def test_a_connection_lost_before_the_call_happened_is_safe_to_repeat(telegram: Telegram) -> None:
    probe = await telegram.user()
    channel = await telegram.channel(probe)
    telegram.world.faults.add(FaultRule("messages.sendMessage", Phase.LOST))
    with pytest.raises(Ambiguous):
        await probe.account.send_text(channel, words("once"), random_id=3)
    await until(lambda: probe.gaps() == 2)
    await probe.account.send_text(channel, words("once"), random_id=3)
    assert telegram.texts(channel) == ["once"]


@pytest.mark.parametrize("error", ["AUTH_KEY_UNREGISTERED", "SESSION_REVOKED", "SESSION_EXPIRED"])
async def test_a_revoked_login_ends_the_run_with_its_exact_name(telegram: Telegram, error: str) -> None:
    probe = await telegram.user()
    user_id = await telegram.id_of(probe)

    telegram.world.revoke(user_id, error=error)

    await _dies(probe, error)
    connects = telegram.world.counters().calls
    with pytest.raises(AccountDead) as caught:
        await probe.account.me()
    assert caught.value.code == error
    assert telegram.world.counters().calls == connects


@pytest.mark.parametrize("banned", [False, True])
async def test_a_deleted_user_ends_the_run(telegram: Telegram, banned: bool) -> None:
    probe = await telegram.user()
    telegram.world.deactivate(await telegram.id_of(probe), banned=banned)
    await _dies(probe, "USER_DEACTIVATED_BAN" if banned else "USER_DEACTIVATED")


async def _dies(probe: Probe, code: str) -> None:
    assert probe.running is not None
    with pytest.raises(AccountDead) as caught:
        await asyncio.wait_for(asyncio.shield(probe.running), 10)
    assert caught.value.code == code


async def test_a_bot_dies_at_its_next_call(telegram: Telegram) -> None:
    probe = await telegram.bot()
    channel = await telegram.channel(probe)
    telegram.world.revoke(await telegram.id_of(probe))
    with pytest.raises(AccountDead):
        await probe.account.send_text(channel, words("anyone?"), random_id=1)
    await _dies(probe, "AUTH_KEY_UNREGISTERED")


async def test_a_frozen_account_is_dead_to_us(telegram: Telegram) -> None:
    probe = await telegram.user()
    channel = await telegram.channel(probe)
    telegram.world.freeze(await telegram.id_of(probe), Freeze(1, 2, "https://example.org/appeal"))
    with pytest.raises(AccountDead) as caught:
        await probe.account.send_text(channel, words("frozen"), random_id=1)
    assert caught.value.code == "FROZEN_METHOD_INVALID"


async def test_a_key_unknown_to_the_server_is_dead_at_connect(telegram: Telegram) -> None:
    probe = await telegram.user()
    state = probe.account.snapshot()
    await probe.account.disconnect()
    other = TelegramServer(type(telegram.world)())
    await other.start()
    try:
        lost = Probe(Endpoint(2, other.host, other.port, other.public_key_pem), state)
        with pytest.raises(AccountDead) as caught:
            await lost.account.connect()
        assert caught.value.code == "AUTH_KEY_NOT_FOUND"
        await lost.close()
    finally:
        await other.stop()


async def test_disconnect_in_the_middle_of_connecting_is_quick() -> None:
    held: list[asyncio.StreamWriter] = []  # from Python 3.13 on, a writer that nobody holds closes its connection
    silent = await asyncio.start_server(lambda _, writer: held.append(writer), "127.0.0.1", 0)
    at = silent.sockets[0].getsockname()
    probe = Probe(Endpoint(2, at[0], at[1], new_key().public_pem))
    connecting = asyncio.create_task(probe.account.connect())
    await until(lambda: probe.account._link._open_limit is not None)
    await asyncio.wait_for(probe.account.disconnect(), 6)
    with pytest.raises(Unreachable):
        await connecting
    for writer in held:
        writer.close()
    silent.close()


async def test_disconnect_ends_the_run_and_nothing_comes_back(telegram: Telegram) -> None:
    probe = await telegram.user()
    assert probe.running is not None
    await probe.account.disconnect()
    await asyncio.wait_for(probe.running, 5)
    await until(lambda: telegram.server.connections == 0)
    with pytest.raises(Unreachable):
        await probe.account.me()
    await probe.account.connect()
    assert (await probe.account.me()).name == "Anna Reader"


class TestTwoOwners:
    """These break the rule that the fixture checks, so they bring their own Telegram."""

    @pytest.fixture
    async def telegram(self) -> AsyncIterator[Telegram]:
        world = TelegramWorld()
        server = TelegramServer(world)
        await server.start()
        rig = Telegram(world, server)
        yield rig
        for probe in rig.probes:
            await probe.close()
        await server.stop()

    async def test_two_connections_on_one_key_kill_it_for_both(self, telegram: Telegram) -> None:
        first = await telegram.user()
        second = telegram.probe(first.account.snapshot())
        await second.account.connect()
        with pytest.raises(AccountDead) as caught:
            await first.account.me()
        assert caught.value.code == "AUTH_KEY_DUPLICATED"
        with pytest.raises(AccountDead):
            await second.account.me()
        await _dies(first, "AUTH_KEY_DUPLICATED")
        assert telegram.world.counters().concurrent_owners == 2


async def test_a_busy_account_acknowledges_in_batches(telegram: Telegram, monkeypatch: pytest.MonkeyPatch) -> None:
    """An acknowledgement for each answer would double what is sent."""
    probe = await telegram.user()
    channel = await telegram.channel(probe)
    heard: list[int] = []
    take = Connection._message

    def counted(self: Connection, message_id: int, found: object) -> None:
        if isinstance(found, MsgsAck):
            heard.append(len(found.msg_ids))
        take(self, message_id, found)

    monkeypatch.setattr(Connection, "_message", counted)
    began = time.monotonic()
    for number in range(100):
        telegram.world.post(channel, f"post {number}")
        await probe.account.chat(channel)
    await until(lambda: len(probe.posted) == 100)
    assert len(heard) <= 2 + (time.monotonic() - began) / EVERY

    async def all_acknowledged() -> None:
        while sum(heard) < 200:  # each answer and each post
            await probe.account.chat(channel)
            await asyncio.sleep(0.05)

    await asyncio.wait_for(all_acknowledged(), 15)
