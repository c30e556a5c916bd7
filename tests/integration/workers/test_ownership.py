"""One owner per account, whatever freezes, dies or comes twice."""

from __future__ import annotations

import os
import signal
from contextlib import suppress

import asyncpg
import psutil

from tests.integration.workers.conftest import StartNode, until
from tests.integration.workers.fakes import Peer


async def test_two_nodes_share_the_accounts(start_node: StartNode, add_session, peer: Peer, pg) -> None:
    first, second = start_node("a"), start_node("b")
    await until(lambda: _up(pg, 2))
    accounts = [await add_session() for _ in range(4)]
    await until(lambda: len(peer.live()) == 4)
    assert {visit.account for visit in peer.live()} == set(accounts)
    assert len(first.workers()) == len(second.workers()) == 2
    assert (len(peer.visits), peer.overlaps) == (4, 0)


async def test_a_lost_hosts_accounts_move_after_their_lease(start_node: StartNode, add_session, peer: Peer, pg) -> None:
    account = await add_session()
    first = start_node("a")
    await until(peer.live)
    start_node("b")
    await until(lambda: _up(pg, 2))
    first.process.kill()
    moved = await until(lambda: peer.of(account)[1:])
    assert peer.overlaps == 0
    assert moved[0].pid != peer.of(account)[0].pid
    assert await pg.fetchval("SELECT name FROM workers_node WHERE state = 'up'") == "b"


async def test_a_frozen_worker_dies_before_it_does_anything(start_node: StartNode, add_session, peer: Peer, pg) -> None:
    """The whole family stops, so nobody kills it in time; it wakes when another host has taken over."""
    account = await add_session()
    first = start_node("a")
    old = (await until(lambda: peer.live(account)))[0]
    await until(lambda: old.ticks)
    frozen = [psutil.Process(first.process.pid), *first.family()]
    for process in frozen:
        process.suspend()
    start_node("b")
    await until(lambda: len(peer.of(account)) == 2)
    seen = old.ticks
    os.kill(old.pid, signal.SIGCONT)
    await until(lambda: not old.open)
    assert old.ticks == seen
    for process in frozen:
        with suppress(psutil.NoSuchProcess):
            process.resume()


async def test_a_hung_loop_is_replaced(start_node: StartNode, add_session, peer: Peer, pg) -> None:
    from tests.integration.workers.test_node import send

    account = await add_session()
    start_node()
    first = (await until(lambda: peer.live(account)))[0]
    send("tests.block_loop", account)
    await until(lambda: len(peer.of(account)) == 2)
    assert not first.open
    assert peer.overlaps == 0
    last_exit = await pg.fetchval("SELECT last_exit FROM workers_placement")
    assert last_exit == "SIGALRM: lease not renewed in time"


async def test_a_hung_loop_is_ended_for_its_silence(start_node: StartNode, add_session, peer: Peer, pg) -> None:
    """Its lease would last much longer: the supervisor misses its heartbeat."""
    from tests.integration.workers.test_node import send

    account = await add_session()
    node = start_node(LEASE_TTL="90", LEASE_FENCE="80")
    first = (await until(lambda: peer.live(account)))[0]
    send("tests.block_loop", account)
    await until(lambda: len(peer.of(account)) == 2, limit=60)
    assert not first.open
    assert peer.overlaps == 0
    assert await pg.fetchval("SELECT last_exit FROM workers_placement") == "no heartbeat for 10 s"
    assert node.process.poll() is None


async def test_a_stolen_lease_ends_the_process_at_once(start_node: StartNode, add_session, peer: Peer, pg) -> None:
    account = await add_session()
    start_node()
    first = (await until(lambda: peer.live(account)))[0]
    await pg.execute("UPDATE core_lease SET owner = 'somebody', epoch = epoch + 1")
    await until(lambda: not first.open)
    await until(lambda: pg.fetchval("SELECT true FROM workers_placement WHERE last_exit = 'lost its lease'"))
    await until(lambda: peer.live(account))


async def test_a_dead_account_is_told_once_and_not_connected_again(
    start_node: StartNode, add_session, peer: Peer, pg
) -> None:
    account = await add_session()
    other = await add_session()
    node = start_node()
    await until(lambda: peer.live(account) and peer.live(other))
    peer.kill_key(account, "AUTH_KEY_DUPLICATED")
    flip = await until(lambda: pg.fetchrow("SELECT * FROM tg_sessions_healthflip"))
    assert (flip["before"], flip["after"]) == ("unknown", "expired")
    check = await pg.fetchrow("SELECT passed, code FROM tg_sessions_healthcheck")
    assert (check["passed"], check["code"]) == (False, "AUTH_KEY_DUPLICATED")
    for _ in range(3):
        await pg.execute("SELECT pg_notify('relay_wake', $1)", account)
    await pg.execute("SELECT pg_notify('relay_wake', $1)", other)
    await until(lambda: peer.live(other))
    assert len(peer.of(account)) == 1
    assert len(node.workers()) == 2


async def test_a_senders_key_moves_with_its_users(start_node: StartNode, add_session, peer: Peer, pg) -> None:
    one, two = await add_session(), await add_session()
    sender = await _sender(pg)
    await _pair(pg, one, sender, 1)
    start_node()
    visit = (await until(lambda: peer.live(sender)))[0]
    assert visit.pid == (await until(lambda: peer.live(one)))[0].pid
    pair = await _pair(pg, two, sender, 2)
    await pg.execute("SELECT pg_notify('relay_wake', 'placements')")
    own = await until(lambda: [v for v in peer.live(sender) if v.pid != visit.pid])
    assert own[0].pid not in {peer.live(one)[0].pid, peer.live(two)[0].pid}
    await pg.execute("UPDATE pairs_pair SET status = 'removed' WHERE id = $1", pair)
    await until(lambda: [v for v in peer.live(sender) if v.pid == visit.pid])
    assert peer.overlaps == 0
    assert len(peer.of(one)) == 1


async def _up(pg: asyncpg.Connection, count: int) -> bool:
    return bool(await pg.fetchval("SELECT count(*) FROM workers_node WHERE state = 'up'") == count)


async def _sender(pg: asyncpg.Connection) -> str:
    number = await pg.fetchval(
        """
        INSERT INTO tg_sessions_senderbot (bot_id, username, token_sealed, state, reason, device, created_at)
        VALUES (1, 'bot', '', 'active', '', '{}', now()) RETURNING id
        """
    )
    return f"sender.{number}"


async def _pair(pg: asyncpg.Connection, session: str, sender: str, source: int) -> int:
    number: int = await pg.fetchval(
        """
        INSERT INTO pairs_pair (source_chat, source_title, source_username, discord_channel, discord_title,
          destination_chat, destination_title, sender_id, options, status, status_reason, last_seq, created_at)
        VALUES ($1, '', '', 1, '', 1, '', $2, '{}', 'active', '', 0, now()) RETURNING id
        """,
        source,
        int(sender.split(".")[1]),
    )
    await pg.execute(
        'INSERT INTO pairs_assignment (pair_id, session_id, "group", generation) VALUES ($1, $2, 1, 1)',
        number,
        int(session.split(".")[1]),
    )
    return number
