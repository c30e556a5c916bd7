"""/workerstatus and /restartworker, typed to the bot, with a session at work behind it."""

from __future__ import annotations

from collections import Counter

import pytest
from django.db import connection

from pairs.models import Assignment, Pair, PairStatus
from project.core.operators import Role
from sessions.models.login import LoginAttempt, LoginStep
from sessions.services.finding import find_session
from tests.acceptance.rig import World
from workers.models import Placement, WorkerGroup


@pytest.mark.sentence("S-49", "S-50", "S-97", "S-99", "S-111", "S-113")
async def test_workerstatus_shows_groups_and_nodes(world: World) -> None:
    session = await world.session("aaa_shown")
    await world.pair(session)
    operator = await world.operator(Role.VIEWER)

    account = (await world.orm(find_session, session.name)).account
    measured = Placement.objects.filter(account=account, memory__isnull=False, state="up")
    await world.until_row(measured.exists, "figures of its worker")
    group = WorkerGroup.objects.filter(session__name=session.name, state="running")
    await world.until_row(group.exists, "the report of its group")
    await operator.says("/workerstatus")
    shown = await operator.sees("Workers")
    assert "CPU" in shown.text.split("Nodes")[1]
    line = next(part for part in shown.text.split("\n\n") if session.name in part)
    for figure in ("· up · node", "pid", "pairs 1/30", "groups 1: 1/30\n", "restarts 0", "lag", "memory", "CPU"):
        assert figure in line
    await operator.says(f"/workerstatus {session.name}")
    assert (await operator.sees("Nothing goes after")).text.endswith("/workerstatus")


@pytest.mark.sentence("S-06", "S-08", "S-61", "S-64", "S-65", "S-66", "S-69")
async def test_groups_follow_the_pairs_by_themselves(world: World) -> None:
    session = await world.session("aab_grown", max_pairs=50)
    await world.pair(session)
    operator = await world.operator(Role.VIEWER)

    async def grouped(*sizes: int) -> None:
        await world.until_row(lambda: _sizes(session.name) == list(sizes), f"groups of {sizes}")
        await operator.says("/workerstatus")
        parts = (await operator.sees("Workers")).text.split("\n\n")
        part = next(part for part in parts if session.name in part)
        assert all(f"{size}/30" in part for size in sizes), part

    await grouped(1)
    more = await world.orm(_add_paused, session.name, 30)
    await grouped(15, 16)
    kept = more[0], more[-1]  # one of each group
    await world.orm(lambda: Pair.objects.filter(pk__in=set(more) - set(kept)).update(status=PairStatus.REMOVED))
    await grouped(3)


def _sizes(name: str) -> list[int]:
    """Of the groups that have a row, as long as each has pairs."""
    living = Assignment.objects.filter(session=find_session(name)).exclude(pair__status=PairStatus.REMOVED)
    sizes = Counter(living.values_list("group", flat=True))
    rows = WorkerGroup.objects.filter(session__name=name).values_list("number", flat=True)
    return sorted(sizes.values()) if set(rows) == sizes.keys() else []


def _add_paused(name: str, count: int) -> list[int]:
    """Pairs that nobody works: they only have to be somewhere."""
    session = find_session(name)
    first = 10_000_000 + session.pk * 1000
    pairs = Pair.objects.bulk_create(
        [
            Pair(source_chat=first + number, discord_channel=1, destination_chat=1, status=PairStatus.PAUSED)
            for number in range(count)
        ]
    )
    Assignment.objects.bulk_create([Assignment(pair=pair, session=session) for pair in pairs])
    return [pair.pk for pair in pairs]


@pytest.mark.sentence("S-07", "S-63")
async def test_restartworker_restarts_one_worker_or_one_group(world: World) -> None:
    session, bystander = await world.session("restarted"), await world.session("bystander")
    route = await world.pair(session)
    operator = await world.operator(Role.OPERATOR)
    pids = await world.orm(_pids, session.name, bystander.name)

    await operator.says("/restartworker")
    assert "/restartworker" in (await operator.sees("session/group")).text
    await operator.says("/restartworker nobody_at_all")
    await operator.sees("nobody_at_all")

    await operator.says(f"/restartworker {session.name}")
    await world.post(route, "while it restarts")
    await operator.sees("runs again")
    await world.arrives(route, "while it restarts")
    after = await world.orm(_pids, session.name, bystander.name)
    assert after[0] != pids[0]
    assert after[1] == pids[1], "the other session's worker is not touched"

    group = WorkerGroup.objects.filter(session__name=session.name, state="running")
    await world.until_row(group.exists, "the report of its group")
    await operator.says(f"/restartworker {session.name}/1")
    await operator.sees("runs again")
    await world.post(route, "afterwards")
    await world.arrives(route, "afterwards")
    assert await world.at_destination(route) == ["while it restarts", "afterwards"]
    assert await world.orm(_pids, session.name, bystander.name) == after

    await operator.says(f"/restartworker {session.name}/7")
    await operator.sees(f"{session.name}/1")
    viewer = await world.operator(Role.VIEWER)
    await viewer.says(f"/restartworker {session.name}")
    await viewer.sees("operator")
    assert await world.orm(_pids, session.name, bystander.name) == after


def _pids(*names: str) -> list[int | None]:
    found = {place.account: place.pid for place in Placement.objects.all()}
    return [found.get(find_session(name).account) for name in names]


async def test_an_accounts_process_holds_two_connections(world: World) -> None:
    """One for its leases, one for everything else: while a login waits for its code, and while pairs are relayed."""
    session, waiting = await world.session("aac_two"), await world.account("aac_code")
    route = await world.pair(session)
    await world.post(route, "over two connections")
    await world.arrives(route, "over two connections")
    await world.orm(world.request_login, waiting, {})
    asked = LoginAttempt.objects.filter(step=LoginStep.CODE_SENT)
    await world.until_row(asked.exists, "a code that is asked for")

    for account in (session, waiting):
        name = (await world.orm(find_session, account.name)).account
        held = [f"relay leases of {name}", f"relay {name}"]
        assert await world.orm(_held_by, name) == held


def _held_by(account: str) -> list[str]:
    """The connections of an account's process, by the names that an administrator of the database sees."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT application_name FROM pg_stat_activity WHERE datname = current_database()"
            " AND regexp_like(application_name, %s) ORDER BY length(application_name) DESC",
            [rf"\m{account}\M"],
        )
        return [name for (name,) in cursor.fetchall()]
