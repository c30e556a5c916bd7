"""Which account, process and routes the numbers of a schedule mean in a world."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sessions.models import SenderBot, TelegramSession
from tests.harness.world import World


@dataclass(frozen=True, slots=True)
class Host:
    """An account that has a process of its own. `user_id` is Telegram's; `routes` those it reads or posts for."""

    account: str
    user_id: int
    routes: frozenset[int]


@dataclass(frozen=True, slots=True)
class Targets:
    """Everything that can be struck, in a fixed order."""

    hosts: tuple[Host, ...]
    routes: frozenset[int]
    by_bot: frozenset[int]  # posted to Discord by the bot
    heard: frozenset[int]  # the bot hears what people write there

    def of_accounts(self, accounts: Iterable[str]) -> frozenset[int]:
        """Routes that need one of these hosts."""
        wanted = set(accounts)
        return frozenset().union(*(host.routes for host in self.hosts if host.account in wanted))


def find(world: World) -> Targets:
    """The targets of a world whose accounts are logged in. Asks the database for the accounts' names."""
    sessions = {session.name: session.account for session in TelegramSession.objects.all()}
    bots = {bot.username: bot.account for bot in SenderBot.objects.all()}
    hosts = [Host(sessions[p.name], p.user_id, _where(world, "session", p.name)) for p in world.people]
    hosts += [
        Host(bots[name], _bot_id(token), _where(world, "sender", name))
        for name, token in world.bots.items()
        if len(_users(world)[name]) > 1
    ]
    numbered = list(enumerate(world.routes))
    return Targets(
        hosts=tuple(hosts),
        routes=frozenset(range(len(numbered))),
        by_bot=frozenset(n for n, route in numbered if not route.webhook),
        heard=frozenset(n for n, route in numbered if route.readable),
    )


def _users(world: World) -> Mapping[str, set[str]]:
    users: dict[str, set[str]] = {name: set() for name in world.bots}
    for route in world.routes:
        if route.sender:
            users[route.sender].add(route.session)
    return users


def _where(world: World, field: str, name: str) -> frozenset[int]:
    return frozenset(n for n, route in enumerate(world.routes) if getattr(route, field) == name)


def _bot_id(token: str) -> int:
    return int(token.partition(":")[0])
