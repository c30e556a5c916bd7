"""Sessions on real PostgreSQL whose worker is the test itself: it takes the steps that wait for the worker."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import asyncpg
import pytest
from asgiref.sync import sync_to_async

from project.core.errors import AccountDead
from project.core.leases import Holding, acquire
from project.core.link import Link
from project.telegram.account import TelegramAccount
from sessions.accounts import load_account
from sessions.login.runner import run_login
from sessions.models import TelegramSession
from sessions.services.login import LoginView, login_state
from sessions.services.registering import register_session
from tests.integration.telegram.conftest import Telegram, _same_server_key, server_key, telegram

__all__ = ["_same_server_key", "server_key", "telegram"]

ACTOR = "test:somebody"


async def call(service: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """A blocking service."""
    return await sync_to_async(service)(*args, **kwargs)


@dataclass
class Worker:
    """What custody does while a login is open, without processes: may be left and begun anew at any time."""

    pg: asyncpg.Connection
    link: Link
    telegram: Telegram
    holding: Holding
    account: TelegramAccount | None = None
    made: list[TelegramAccount] = field(default_factory=list)

    async def start(self) -> None:
        """Connects as the rows say; a dead key is put aside."""
        record = await load_account(self.pg, self.holding.account)
        try:
            await self._connect(record.state)
        except AccountDead:
            await self._connect(record.new_login)

    async def _connect(self, state: bytes | None) -> None:
        account = self.telegram.probe(state, name=self.holding.account).account
        await account.connect()
        self.account = account

    async def leave(self) -> None:
        """As if the process ended."""
        if self.account is not None:
            await self.account.disconnect()
        self.account = None

    async def step(self) -> LoginView:
        """One look at the attempt; how far it is then."""
        if self.account is None:
            await self.start()
        assert self.account is not None
        await run_login(self.link, self.holding, self.account)
        state: LoginView = await call(login_state, self.holding.account)
        return state


@dataclass
class Rig:
    """Registers sessions, and is their worker."""

    pg: asyncpg.Connection
    telegram: Telegram
    link: Link = field(default_factory=partial(Link, "test"))
    workers: list[Worker] = field(default_factory=list)

    async def session(self, name: str, phone: str) -> tuple[TelegramSession, Worker]:
        """A registered session, and its worker with the lease."""
        view = await call(register_session, actor=ACTOR, name=name, phone=phone)
        session = await TelegramSession.objects.aget(pk=view.id)
        taken = await acquire(self.pg, account=session.account, owner="n:1", ttl=600, egress="", handover_wait=0)
        assert taken is not None
        self.workers.append(Worker(self.pg, self.link, self.telegram, taken.holding))
        return session, self.workers[-1]


@pytest.fixture
async def rig(pg: asyncpg.Connection, telegram: Telegram) -> AsyncIterator[Rig]:
    made = Rig(pg, telegram)
    yield made
    for worker in made.workers:
        await worker.leave()
    made.link.close()
