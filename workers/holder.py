"""A service of which one process works at a time, by lease: the listener of a Discord bot, the admin bot."""

from __future__ import annotations

import asyncio
import signal
import uuid
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from project.core.config import Config
from project.core.errors import AccountDead
from project.core.link import DatabaseDown, Link
from project.core.logs import get_logger
from workers.node.guard import Guard
from workers.worker import fence
from workers.worker.leases import Keeper

log = get_logger(__name__)

TAKEN_POLL = 1.0  # seconds between tries while another process works
REFUSED_REST = 3600.0  # seconds; what ends is started again at once, and platforms count logins


async def until_signal(work: Coroutine[Any, Any, None]) -> None:
    """Runs `work` until SIGTERM or SIGINT; its errors come through."""
    fence.prepare()
    task = asyncio.create_task(work)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        log.info("stopped")


async def rest_unset(setting: str, what: str) -> None:
    """Says once what is missing, and waits for SIGTERM or SIGINT: what ends is started again and again by Docker and
    others, and their gentler policies leave it out after a restart of the host. `what` is missed: "the admin bot"."""
    log.warning("nothing to run", missing=setting, hint=f"Set {setting} and restart this service to have {what}.")
    await until_signal(_idle())


async def _idle() -> None:
    await asyncio.Event().wait()


async def hold(config: Config, name: str, work: Callable[[], Awaitable[None]]) -> None:
    """Waits until the lease `name` is free, then works under it; it is given back when the work ends.

    Without the wait that Telegram's keys need: what works under such a lease may overlap for a moment.
    """
    keeper = Keeper(
        service=name,
        owner=f"{name.partition('.')[0]}:{uuid.uuid4()}",
        egress="",
        ttl=config.lease_ttl,
        renew=config.lease_renew,
        limit=config.lease_fence,
        handover_wait=0.0,
    )
    renewing = asyncio.create_task(keeper.run())
    working: asyncio.Future[None] | None = None
    try:
        await _acquire(keeper, name)
        working = asyncio.ensure_future(work())
        done, _ = await asyncio.wait([renewing, working], return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        if working is not None:
            working.cancel()
            await asyncio.wait([working], timeout=15)
        renewing.cancel()
        await asyncio.wait([renewing], timeout=5)
        await keeper.release(name)
        fence.disarm()  # nothing is held any more: the rest of the end may take its time


async def rest_when_refused(work: Awaitable[None]) -> None:
    """A platform that refuses the token in the midst of work is not asked again for an hour; then AccountDead."""
    try:
        await work
    except AccountDead as error:
        fence.disarm()  # nothing is held any more
        log.error("the bot is refused; mend it and restart this service", code=error.code, hint=error.for_people())
        await asyncio.sleep(REFUSED_REST)
        raise


async def await_binding(config: Config, service: str) -> None:
    """Nothing is done for a database that this host is not bound to; its guard says what to do."""
    guard, link = Guard(config, node=uuid.uuid4()), Link(f"{service} binding")
    free = False
    while not free:
        try:
            async with link.use() as conn:
                free = await guard.allows(conn)
        except DatabaseDown as error:
            log.warning("no database for now", reason=str(error))
        if not free:
            await asyncio.sleep(TAKEN_POLL)
    link.close()


async def _acquire(keeper: Keeper, name: str) -> None:
    while True:
        try:
            acquired = await keeper.acquire(name)
        except DatabaseDown as error:
            log.warning("lease not acquired yet", lease=name, reason=str(error))
            acquired = None
        if acquired is not None:
            return
        await asyncio.sleep(TAKEN_POLL)
