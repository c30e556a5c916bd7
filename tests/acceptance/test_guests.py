"""Who reads a public source: a member before anybody else; a guest only where nobody is one, and then it is said."""

from __future__ import annotations

import pytest

from pairs.models import Assignment, Pair, SourceAccess
from project.core.models import AuditEvent, Notice
from project.core.operators import Role
from tests.acceptance.rig import LIMIT, Account, Route, World

pytestmark = pytest.mark.timeout(300)


async def route(world: World, poster: Account, *members: Account) -> tuple[Route, str]:
    """A public source with these members, a destination where `poster` may write, a channel; not yet a pair."""
    name = world.fresh("public_news")
    async with world.control() as control:
        source = await control.telegram.create_channel(name, username=name, members=[one.user_id for one in members])
        destination = await control.telegram.create_channel(world.fresh("copy"), admins=[poster.user_id])
        channel = await control.discord.create_channel(world.processes.guild, world.fresh("channel"))
    return Route(0, source, channel, destination), name


def reader_of(pair: int) -> str:
    return Assignment.objects.select_related("session").get(pair_id=pair).session.name


def pair_of(source: int) -> int:
    return int(Pair.objects.get(source_chat=source).pk)


@pytest.mark.sentence("S-48")
async def test_a_member_is_chosen_before_a_session_of_higher_priority_that_is_none(world: World) -> None:
    await world.session("outsider", priority=10)
    member = await world.session("insider")
    made, name = await route(world, member, member)
    operator = await world.operator()
    await operator.says(f"/addpair @{name} {made.channel} -100{made.destination}")
    shown = await operator.sees("It relays from now on.", limit=2 * LIMIT)
    assert "not a member" not in shown.text
    assert await world.orm(reader_of, await world.orm(pair_of, made.source)) == member.name


async def test_where_nobody_is_a_member_it_is_said_everywhere_and_a_person_lets_the_session_join(world: World) -> None:
    guest = await world.session("guest", priority=9)
    made, name = await route(world, guest)
    operator = await world.operator(Role.OPERATOR)
    await operator.says(f"/addpair @{name} {made.channel} -100{made.destination} session={guest.name}")
    shown = await operator.sees("It relays from now on.", limit=2 * LIMIT)
    assert f"{guest.name} is not a member of the source: posts may come up to" in shown.text
    pair = await world.orm(pair_of, made.source)
    here = Route(pair, made.source, made.channel, made.destination)
    await world.post(here, "asked for, not told")
    await world.arrives(here, "asked for, not told", limit=2 * LIMIT)
    await operator.says(f"/pairs {name}")
    assert "not a member of the source" in (await operator.sees(f"#{pair}")).text
    await operator.says(f"/testpair {pair}")
    tested = (await operator.sees("reservation", limit=2 * LIMIT)).text
    assert "is not a member of the source" in tested
    assert "The last post was seen" in tested
    key = f"guest.{(await world.orm(access, guest.name)).session_id}.{made.source}"
    await world.until_row(lambda: Notice.objects.filter(key=key, ended_at=None).exists(), "the notice")

    await operator.says(f"/pairs #{pair}")
    await operator.sees(f"Pair #{pair}")
    await operator.press("Join the source")
    joined = await operator.sees(f"{guest.name} joined")
    assert "not a member" not in joined.text
    assert (await world.orm(access, guest.name)).access == "member"
    async with world.control() as control:
        told = next(chat for chat in await control.telegram.channels() if chat.id == made.source)
    assert guest.user_id in told.members
    await world.until_row(lambda: not Notice.objects.filter(key=key, ended_at=None).exists(), "the end of the notice")
    audited = await world.orm(lambda: AuditEvent.objects.get(action="session.join", after__pair=pair))
    assert (audited.actor, audited.after["source"]) == (f"bot:{operator.user_id}", made.source)
    await world.post(here, "told")
    await world.arrives(here, "told", limit=15)  # long before the next look


async def test_an_account_does_not_join_many_at_once(world: World) -> None:
    guest = await world.session("joiner")
    operator = await world.operator()
    pairs = []
    for _ in range(2):
        made, name = await route(world, guest)
        await operator.says(f"/addpair @{name} {made.channel} -100{made.destination} session={guest.name}")
        await operator.sees("It relays from now on.", limit=2 * LIMIT)
        pairs.append(await world.orm(pair_of, made.source))
    for pair, answer in zip(pairs, ("joined", "restricts accounts that join many at once"), strict=True):
        await operator.says(f"/pairs #{pair}")
        await operator.sees(f"Pair #{pair}")
        await operator.press("Join the source")
        await operator.sees(answer)


def access(name: str) -> SourceAccess:
    return SourceAccess.objects.get(session__name=name)
