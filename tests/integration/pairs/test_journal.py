"""The journal on a real PostgreSQL: fences, generations, numbering, replays."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import asyncpg
import pytest
from asgiref.sync import sync_to_async
from django.db import connections
from msgspec.structs import replace

from pairs.domain.keys import content_hash
from pairs.journal.journal import POISON, Journal
from pairs.journal.link import JournalLink, LinkClosed
from pairs.journal.rows import Appended, Claim, FirstParts, NewEvent, Outcome, PartClaim, Step, StoredEvent
from pairs.models import Assignment, Pair
from pairs.models.delivery import Act, HopState
from project.core.errors import FenceLost
from project.core.leases import Holding, acquire
from project.core.link import Link
from project.core.message import EventKind, Message, Node, Style
from sessions.models import TelegramSession
from tests.conftest import Connect
from tests.integration.races.order import until_waiting

SCOPE = "tg:10"


@dataclass
class Desk:
    """One owner's journal, and the pair it owns."""

    journal: Journal
    link: JournalLink
    connection: Link
    pair: int
    account: str
    generation: int = 1

    def event(self, message_id: int, kind: EventKind = EventKind.CREATE, text: str = "x", edited: int = 0) -> NewEvent:
        message = None if kind is EventKind.DELETE else Message(SCOPE, message_id, 1, (Node(Style.TEXT, text),))
        return NewEvent(
            pair_id=self.pair,
            generation=self.generation,
            scope=SCOPE,
            message_id=message_id,
            kind=kind,
            content_hash=b"" if message is None else content_hash(message),
            message=message,
            edited=edited,
            cursor_to=message_id if kind is EventKind.CREATE else None,
        )

    async def add(self, *events: NewEvent) -> Appended:
        return await self.journal.append(events)

    async def claimed(self, *claims: Claim) -> bool:
        return all(await self.journal.commit(Step(claims=claims)))

    async def settle(self, *outcomes: Outcome) -> None:
        await self.journal.commit(Step(outcomes))

    def claim(self, event: StoredEvent, parts: int = 1, generation: int | None = 1) -> Claim:
        claims = tuple(PartClaim(n, Act.POST, event.message_id, '{"content": "x"}', f"k{n}") for n in range(parts))
        return Claim(event.id, self.pair, event.seq, 1, self.account, generation, "bot.1", claims)

    def outcome(self, event: StoredEvent, state: HopState, generation: int | None = 1, **changes: object) -> Outcome:
        made = Outcome(event.id, self.pair, 1, 0, self.account, generation, state)
        return replace(made, **changes)  # type: ignore[arg-type]


def rows() -> tuple[int, str]:
    try:
        session = TelegramSession.objects.create(name="main", phone_sealed=b"", phone_hint="", device={})
        pair = Pair.objects.create(source_chat=10, discord_channel=20, destination_chat=30)
        Assignment.objects.create(pair=pair, session=session)
        return pair.pk, session.account
    finally:
        connections.close_all()


async def take_lease(conn: asyncpg.Connection, account: str, owner: str) -> Holding:
    await conn.execute("UPDATE core_lease SET expires_at = now() - interval '1 h'")
    taken = await acquire(conn, account=account, owner=owner, ttl=60, egress="", handover_wait=0)
    assert taken is not None
    return taken.holding


async def desk_of(conn: asyncpg.Connection, pair: int, account: str, owner: str) -> Desk:
    holding = await take_lease(conn, account, owner)
    connection = Link("test")
    link = JournalLink(connection)
    return Desk(Journal(link, {account: holding}, account), link, connection, pair, account)


@pytest.fixture
async def desk(pg: asyncpg.Connection) -> AsyncIterator[Desk]:
    pair, account = await sync_to_async(rows)()
    desk = await desk_of(pg, pair, account, "a:1")
    yield desk
    desk.connection.close()


async def cursor_of(pg: asyncpg.Connection) -> tuple[int | None, int]:
    row = await pg.fetchrow("SELECT cursor, last_seq FROM pairs_pair")
    return row["cursor"], row["last_seq"]


# --- numbering


async def test_events_are_numbered_without_gaps_and_the_cursor_follows(desk: Desk, pg: asyncpg.Connection) -> None:
    added = await asyncio.gather(*(desk.add(desk.event(id_)) for id_ in range(1, 301)))
    assert [event.seq for appended in added for event in appended.stored] == list(range(1, 301))
    assert [event.message_id for appended in added for event in appended.stored] == list(range(1, 301))
    assert await cursor_of(pg) == (300, 300)


async def test_a_replay_is_a_no_op(desk: Desk, pg: asyncpg.Connection) -> None:
    await desk.add(desk.event(5), desk.event(6))
    assert (await desk.add(desk.event(5), desk.event(6), desk.event(4))).stored[0].message_id == 4
    assert await cursor_of(pg) == (6, 3)


async def test_the_same_message_twice_in_one_call_is_one_event(desk: Desk) -> None:
    stored = (await desk.add(desk.event(5), desk.event(5), desk.event(5, EventKind.EDIT, "y", edited=9))).stored
    assert [(event.kind, event.revision) for event in stored] == [(EventKind.CREATE, 0), (EventKind.EDIT, 1)]


@pytest.mark.parametrize(
    ("text", "edited", "counts"),
    [("new", 20, True), ("new", 10, True), ("new", 9, False), ("old", 20, False)],
    ids=["newer", "same second", "older date", "same content"],
)
async def test_which_edits_count(desk: Desk, text: str, edited: int, counts: bool) -> None:
    await desk.add(desk.event(5, text="first"), desk.event(5, EventKind.EDIT, "old", edited=10))
    stored = (await desk.add(desk.event(5, EventKind.EDIT, text, edited=edited))).stored
    assert bool(stored) is counts


async def test_a_message_is_deleted_once_and_then_never_changes(desk: Desk) -> None:
    await desk.add(desk.event(5))
    assert (await desk.add(desk.event(5, EventKind.DELETE), desk.event(5, EventKind.DELETE))).stored
    later = [desk.event(5, EventKind.DELETE), desk.event(5, EventKind.EDIT, "late", edited=99), desk.event(5)]
    assert not (await desk.add(*later)).stored


async def test_edits_and_deletes_of_what_was_never_journaled_are_none(desk: Desk) -> None:
    assert not (await desk.add(desk.event(7, EventKind.EDIT, "y", edited=9), desk.event(7, EventKind.DELETE))).stored


async def test_what_the_database_does_not_take_fails_alone(desk: Desk) -> None:
    bad = replace(desk.event(6), message_id=2**70)
    results = await asyncio.gather(
        desk.add(desk.event(5)), desk.add(bad), desk.add(desk.event(7)), return_exceptions=True
    )
    assert isinstance(results[1], POISON)
    assert [event.seq for result in (results[0], results[2]) for event in result.stored] == [1, 2]  # type: ignore[union-attr]


async def test_nul_and_lone_surrogates_are_stored_as_missing_characters(desk: Desk) -> None:
    stored = (await desk.add(desk.event(5, text="a\0b\ud800"))).stored
    row = (await desk.journal.due(desk.pair, 1, 10))[0]
    assert row.event.id == stored[0].id
    assert row.event.message is not None
    assert row.event.message.text[0].text == "a\ufffdb\ufffd"


# --- fences


async def test_nothing_is_written_after_a_take_over(desk: Desk, pg: asyncpg.Connection) -> None:
    (event,) = (await desk.add(desk.event(5))).stored
    await desk.claimed(desk.claim(event))
    await take_lease(pg, desk.account, "b:1")
    for write in (
        desk.add(desk.event(6)),
        desk.claimed(desk.claim(event)),
        desk.settle(desk.outcome(event, HopState.SENT, remote_id=1)),
    ):
        with pytest.raises(FenceLost):
            await write
    await desk.journal.set_cursor(desk.pair, 1, 77)
    await desk.journal.stop_pair(desk.pair, desk.account, "no")
    assert await cursor_of(pg) == (5, 1)
    assert await pg.fetchval("SELECT status FROM pairs_pair") == "active"
    assert await pg.fetchval("SELECT state FROM pairs_delivery WHERE hop = 1") == "sending"


async def test_a_take_over_queues_behind_a_write_under_way(
    desk: Desk, pg: asyncpg.Connection, connect_pg: Connect
) -> None:
    """The old owner's append hangs on the pair's row; the new owner must not read before it is committed."""
    blocker = await connect_pg()
    transaction = blocker.transaction()
    await transaction.start()
    await blocker.execute("SELECT 1 FROM pairs_pair FOR UPDATE")
    writing = asyncio.create_task(desk.add(desk.event(5)))
    await until_waiting(pg)
    taking = asyncio.create_task(take_lease(await connect_pg(), desk.account, "b:1"))
    await until_waiting(pg, 2)
    assert not taking.done()
    await transaction.rollback()
    assert (await writing).stored
    await taking
    assert await pg.fetchval("SELECT count(*) FROM pairs_event") == 1


async def test_a_pair_handed_over_is_not_written_and_its_cursor_stays(desk: Desk, pg: asyncpg.Connection) -> None:
    (event,) = (await desk.add(desk.event(5))).stored
    await pg.execute("UPDATE pairs_assignment SET generation = 2")
    appended = await desk.add(desk.event(6))
    assert not appended.stored
    assert appended.refused == {desk.pair}
    assert await cursor_of(pg) == (5, 1)
    assert not await desk.claimed(desk.claim(event))
    await desk.settle(desk.outcome(event, HopState.WAITING, wait=30.0))
    assert await pg.fetchval("SELECT not_before IS NULL FROM pairs_delivery WHERE hop = 1")
    await desk.settle(desk.outcome(event, HopState.SENT, remote_id=9))
    assert await pg.fetchval("SELECT remote_id FROM pairs_delivery WHERE hop = 1") == 9


@pytest.mark.parametrize("status", ["paused", "disabled", "parked", "removed"])
async def test_a_pair_that_rests_takes_nothing_from_that_moment_on(
    desk: Desk, pg: asyncpg.Connection, status: str
) -> None:
    """Also before its worker has heard of it: the cursor stays, so that what came is caught up."""
    await desk.add(desk.event(5))
    await pg.execute("UPDATE pairs_pair SET status = $1", status)
    appended = await desk.add(desk.event(6))
    assert (appended.stored, appended.refused) == ((), {desk.pair})
    assert await cursor_of(pg) == (5, 1)


async def test_a_claim_is_all_or_nothing_for_the_lane(desk: Desk) -> None:
    (event,) = (await desk.add(desk.event(5))).stored
    assert await desk.claimed(desk.claim(event, parts=2))
    await desk.settle(desk.outcome(event, HopState.SENT, remote_id=1))
    assert not await desk.claimed(desk.claim(event, parts=2))


async def test_what_is_settled_stays_settled(desk: Desk, pg: asyncpg.Connection) -> None:
    (event,) = (await desk.add(desk.event(5))).stored
    await desk.settle(desk.outcome(event, HopState.SENT, remote_id=1))
    await desk.settle(desk.outcome(event, HopState.DEAD, reason="late\0"))
    assert await pg.fetchval("SELECT state || remote_id FROM pairs_delivery WHERE hop = 1") == "sent1"


# --- cost and connection


async def test_a_message_costs_one_statement_per_step_and_a_burst_no_more(desk: Desk) -> None:
    await desk.add(desk.event(1))
    before = desk.link.statements
    stored = (await desk.add(*(desk.event(id_) for id_ in range(2, 102)))).stored
    await asyncio.gather(*(desk.claimed(desk.claim(event)) for event in stored))
    await asyncio.gather(*(desk.settle(desk.outcome(e, HopState.SENT, remote_id=e.seq)) for e in stored))
    assert desk.link.statements - before == 3


async def test_a_cut_connection_is_waited_out_and_told(desk: Desk, pg: asyncpg.Connection) -> None:
    told: list[bool] = []
    link = JournalLink(desk.connection, on_repeat=lambda: told.append(True))

    async def cut_once(conn: asyncpg.Connection) -> object:
        if not told and link.statements == 1:
            await pg.execute("SELECT pg_terminate_backend($1)", await conn.fetchval("SELECT pg_backend_pid()"))
        return await conn.fetchval("SELECT 7")

    assert await link.run(cut_once) == 7
    assert told
    await link.close()
    with pytest.raises(LinkClosed):
        await link.run(lambda conn: conn.fetchval("SELECT 7"))


async def test_an_administrator_of_the_database_sees_whose_connection_it_is(desk: Desk) -> None:
    assert await desk.link.run(lambda conn: conn.fetchval("SHOW application_name")) == "relay test"


async def test_lanes_with_work_are_found_by_one_query(desk: Desk) -> None:
    (event,) = (await desk.add(desk.event(5))).stored
    await desk.settle(desk.outcome(event, HopState.SENT, remote_id=1))
    before = desk.link.statements
    lanes = [(desk.pair + n, hop) for n in range(300) for hop in (1, 2)]
    look = await desk.journal.look([], [], [], lanes)
    assert look.due == ((desk.pair, 2),)
    assert look.inbox is None
    assert desk.link.statements - before == 1


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE pairs_pair SET status = 'paused'",
        "UPDATE pairs_pair SET status = 'removed'",
        "UPDATE pairs_pair SET webhook_id = 7, webhook_sealed = 'x'",
        "UPDATE pairs_pair SET discord_channel = 21",
        "UPDATE pairs_pair SET wanted_session_id = (SELECT id FROM tg_sessions_telegramsession)",
        "UPDATE pairs_assignment SET generation = generation + 1",
        'INSERT INTO core_installation ("only", uid, random_id_key, resumed_at)'
        " VALUES (true, gen_random_uuid(), 'x', now()) ON CONFLICT (\"only\") DO UPDATE SET resumed_at = now()",
    ],
)
async def test_a_look_tells_of_changed_settings(desk: Desk, pg: asyncpg.Connection, change: str) -> None:
    session = [int(desk.account.partition(".")[2])]
    before = (await desk.journal.look(session, [], [], [])).stamp
    await pg.execute(change)
    assert (await desk.journal.look(session, [], [], [])).stamp != before
    assert (await desk.journal.look([0], [], [], [])).stamp == ""


async def test_relayed_messages_are_no_change_of_settings(desk: Desk) -> None:
    session = [int(desk.account.partition(".")[2])]
    before = await desk.journal.look(session, [], [desk.pair], [])
    await desk.add(desk.event(5))
    assert await desk.journal.look(session, [], [desk.pair], []) == before


async def test_a_look_sees_inbox_rows_that_are_due(desk: Desk, pg: asyncpg.Connection) -> None:
    await pg.execute(
        "INSERT INTO pairs_inbox (pair_id, scope, message_id, act, created_at, not_before)"
        " VALUES ($1, 'dc:20', 5, 'delete', now(), now() + interval '1 h')",
        desk.pair,
    )
    wait = (await desk.journal.look([], [], [desk.pair], [])).inbox
    assert wait is not None
    assert 3500 < wait <= 3600
    await pg.execute("UPDATE pairs_inbox SET not_before = NULL")
    wait = (await desk.journal.look([], [], [desk.pair], [])).inbox
    assert wait is not None
    assert wait <= 0
    assert (await desk.journal.look([], [], [desk.pair + 1], [])).inbox is None


async def test_a_later_delete_or_edit_in_the_journal_is_seen(desk: Desk) -> None:
    async def overtaken() -> list[bool]:
        return [row.overtaken for row in await desk.journal.due(desk.pair, 1, 10)]

    await desk.add(desk.event(5), desk.event(5, EventKind.EDIT, "y", edited=1))
    assert await overtaken() == [False, False]
    await desk.add(desk.event(5, EventKind.EDIT, "z", edited=2))
    assert await overtaken() == [False, True, False]
    await desk.add(desk.event(5, EventKind.DELETE))
    assert await overtaken() == [True, True, True, False]


# --- one commit for several things


async def test_what_goes_out_at_once_is_journaled_as_sending(desk: Desk, pg: asyncpg.Connection) -> None:
    parts = tuple(PartClaim(n, Act.POST, 5, '{"content": "x"}', f"k{n}") for n in range(2))
    event = replace(desk.event(5), first=FirstParts("bot.1", parts))
    before = desk.link.statements
    (stored,) = (await desk.add(event, desk.event(6))).stored[:1]
    assert desk.link.statements - before == 1
    assert stored.claimed == parts
    states = "SELECT hop, part, state, key, identity FROM pairs_delivery WHERE seq = 1 ORDER BY hop, part"
    assert [tuple(row) for row in await pg.fetch(states)] == [
        (1, 0, "sending", "k0", "bot.1"),
        (1, 1, "sending", "k1", "bot.1"),
        (2, 0, "waiting", "", ""),
    ]
    assert not (await desk.add(event)).stored  # a replay claims nothing


async def test_an_end_and_the_next_claims_are_one_statement(desk: Desk, pg: asyncpg.Connection) -> None:
    first, second = (await desk.add(desk.event(5), desk.event(6))).stored
    await desk.claimed(desk.claim(first))
    before = desk.link.statements
    ended = desk.outcome(first, HopState.SENT, remote_id=7)
    following = replace(desk.claim(first, generation=None), hop=2)
    assert await desk.journal.commit(Step((ended,), (following, desk.claim(second)))) == (True, True)
    assert desk.link.statements - before == 1
    rows = await pg.fetch("SELECT seq, hop, state FROM pairs_delivery ORDER BY seq, hop")
    assert [tuple(row) for row in rows] == [
        (1, 1, "sent"), (1, 2, "sending"), (2, 1, "sending"), (2, 2, "waiting"),
    ]  # fmt: skip


async def test_a_post_that_stands_is_noted_though_the_next_claim_is_refused(desk: Desk, pg: asyncpg.Connection) -> None:
    """The pair was handed over while the post was under way."""
    first, second = (await desk.add(desk.event(5), desk.event(6))).stored
    await desk.claimed(desk.claim(first))
    await pg.execute("UPDATE pairs_assignment SET generation = 2")
    ended = desk.outcome(first, HopState.SENT, remote_id=7)
    assert await desk.journal.commit(Step((ended,), (desk.claim(second),))) == (False,)
    rows = await pg.fetch("SELECT seq, state FROM pairs_delivery WHERE hop = 1 ORDER BY seq")
    assert [tuple(row) for row in rows] == [(1, "sent"), (2, "waiting")]
