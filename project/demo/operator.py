"""What a person would do on the command line, done by the same services: log in, register bots, add pairs."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from django.db import connections

from pairs.models import Pair
from pairs.services.registry import NewPair, add_pair
from pairs.services.targets import find_target
from project.core.errors import Conflict
from project.core.secret import Secret
from project.core.stopping import pause
from project.demo.world import DemoPerson, DemoRoute, DemoWorld
from sessions.models import LoginStep, TelegramSession
from sessions.services import login, lookups, senders
from sessions.services.finding import find_session
from sessions.services.registering import register_session

ACTOR = "demo"
LIMIT = 60.0  # seconds that one step may take
_STEP = 0.05
T = TypeVar("T")


def set_up(world: DemoWorld, code_of: Callable[[str], str]) -> dict[int, DemoRoute]:
    """Registers everything; the routes by pair id. `code_of` gives the login code that a phone got."""
    for person in world.people:
        _request_login(person)
    for token in world.bot_tokens.values():
        senders.add_sender(actor=ACTOR, token=Secret(token))
    for person in world.people:
        _log_in(person, code_of)
    for sender in senders.list_senders():
        _wait(partial(_finished, sender.account), f"{sender.account} to be imported")
    routes = {_add(route): route for route in world.routes}
    _wait(lambda: not Pair.objects.filter(cursor=None).exists() or None, "the pairs to start")
    return routes


def is_healthy(name: str) -> bool:
    """Whether a session is logged in and well. For other threads: on a connection of its own."""
    try:
        return bool(TelegramSession.objects.filter(name=name, lifecycle="active", health="healthy").exists())
    finally:
        connections.close_all()


def _request_login(person: DemoPerson) -> None:
    register_session(actor=ACTOR, name=person.name, phone=person.phone)
    login.request_login(actor=ACTOR, session=find_session(person.name))


def _log_in(person: DemoPerson, code_of: Callable[[str], str]) -> None:
    account = find_session(person.name).account
    _wait(lambda: _at(account, LoginStep.CODE_SENT), f"a code for {person.name}")
    login.give_code(account=account, code=Secret(code_of(person.phone)))
    if person.password:
        _wait(lambda: _at(account, LoginStep.PASSWORD_NEEDED), f"the password of {person.name} to be asked for")
        login.give_password(account=account, password=Secret(person.password))
    _wait(lambda: _finished(account), f"{person.name} to be logged in")


def _add(route: DemoRoute) -> int:
    session = find_session(route.session)
    sender = senders.find_sender(route.sender) if route.sender else None
    new = NewPair(
        session=session,
        source=lookups.look_up_chat(session.account, str(route.source)),
        target=find_target(route.discord),
        destination=lookups.look_up_chat(sender.account if sender else session.account, str(route.destination)),
        sender=sender,
    )
    return add_pair(actor=ACTOR, new=new).id


def _at(account: str, step: LoginStep) -> bool | None:
    state = login.login_state(account)
    if state is not None and state.step == LoginStep.FAILED:
        raise Conflict(f"{account}: {state.error}")
    return True if state is not None and state.step == step else None


def _finished(account: str) -> bool | None:
    return _at(account, LoginStep.DONE)


def _wait(true: Callable[[], T | None], what: str) -> T:
    deadline = time.monotonic() + LIMIT
    while (found := true()) is None:
        if time.monotonic() > deadline:
            raise Conflict(
                f"Waited {LIMIT:.0f} s in vain for {what}.", hint="The logs are in the folder demo/log of VAR_DIR."
            )
        pause(_STEP)
    return found
