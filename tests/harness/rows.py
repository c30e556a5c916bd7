"""Puts the world's sessions, senders and pairs into the installation: logins by the services, pairs as rows."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from pairs.models import Assignment, Pair
from project.core.config import current
from project.core.crypto import seal
from project.core.secret import Secret
from project.discord.urls import parse_webhook_url
from project.sandbox.client import ControlClient
from sessions.models import LoginAttempt, LoginStep, SenderBot, SenderState, TelegramSession
from sessions.models.session import Lifecycle
from sessions.services import login, senders
from sessions.services.finding import find_session
from sessions.services.registering import register_session
from tests.harness.world import Route, World

ACTOR = "harness"
LIMIT = 240.0


def wait(true: Callable[[], object], what: str, limit: float = LIMIT) -> None:
    """Waits for a condition of the tables."""
    deadline = time.monotonic() + limit
    while not true():
        assert time.monotonic() < deadline, f"waited {limit} s in vain for {what}"
        time.sleep(0.1)


def log_in_all(world: World, control_url: str) -> None:
    """Every person becomes an active session, every bot an active sender."""
    for token in world.bots.values():
        senders.add_sender(actor=ACTOR, token=Secret(token))
    for person in world.people:
        register_session(actor=ACTOR, name=person.name, phone=person.phone)
        login.request_login(actor=ACTOR, session=find_session(person.name))
    _answer_codes(world, control_url)
    names = [person.name for person in world.people]
    active = TelegramSession.objects.filter(lifecycle=Lifecycle.ACTIVE, name__in=names)
    wait(lambda: active.count() == len(world.people), "all sessions to be logged in")
    ready = SenderBot.objects.filter(state=SenderState.ACTIVE, username__in=list(world.bots))
    wait(lambda: ready.count() == len(world.bots), "all senders to be imported")


def _answer_codes(world: World, control_url: str) -> None:
    phones = {find_session(person.name).account: person.phone for person in world.people}

    def answered() -> bool:
        failed = LoginAttempt.objects.filter(step=LoginStep.FAILED).values_list("account", "error")
        assert not failed, list(failed)
        waiting = LoginAttempt.objects.filter(step=LoginStep.CODE_SENT).values_list("account", flat=True)
        for account in waiting:
            code = asyncio.run(_code(control_url, phones.pop(account)))
            login.give_code(account=account, code=Secret(code))
        return not phones

    wait(answered, "all login codes")


async def _code(control_url: str, phone: str) -> str:
    async with ControlClient(control_url) as control:
        return await control.telegram.login_code(phone)


def add_pairs(world: World) -> dict[int, Route]:
    """All routes as pairs, from now on; the routes by pair id."""
    sessions = {session.name: session for session in TelegramSession.objects.all()}
    bots = {bot.username: bot for bot in SenderBot.objects.all()}
    routes = {}
    for route in world.routes:
        pair = Pair.objects.create(
            source_chat=route.source,
            discord_channel=route.channel,
            discord_guild=world.guild,
            destination_chat=route.destination,
            sender=bots.get(route.sender),
        )
        if route.webhook:
            webhook = parse_webhook_url(route.webhook, api_url=current().discord_api_url)
            pair.webhook_id = webhook.id
            token = webhook.token.reveal().encode()
            pair.webhook_sealed = seal(token, owner=f"pair.{pair.pk}", keys=current().master_keys)
            pair.save()
        Assignment.objects.create(pair=pair, session=sessions[route.session])
        routes[pair.pk] = route
    for woken in ("placements", *(owner.account for owner in (*sessions.values(), *bots.values()))):
        login.wake(woken)
    wait(lambda: not Pair.objects.filter(cursor=None).exists(), "all pairs to start")
    return routes
