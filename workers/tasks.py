"""Tasks of the workers room. `check_session` runs in the session's own process, the others in control."""

from __future__ import annotations

import random
import time

from celery import shared_task
from celery.app import app_or_default

from pairs.services.retention import journal_removals
from project.core.config import current
from project.core.logs import get_logger
from project.core.retention import audit_removals, notice_removals, remove
from sessions.services.retention import session_removals
from workers import selectors
from workers.control import ControlStep
from workers.schedule import CHECK_SESSIONS, CHECK_WORKERS, REMOVE_OLD_ROWS, planned
from workers.services.checks import check_workers as check_all_workers
from workers.services.pulses import begin_run
from workers.worker.runtime import here

SPREAD = 20.0  # seconds, and no more than a quarter of the interval
REMOVE_LIMIT = 60.0  # seconds of one run: a task has to end before its message is given to somebody else
REMOVE_RUNS = 5  # one after the other, when there is that much

log = get_logger(__name__)

app_or_default().steps["worker"].add(ControlStep)


@shared_task(name=CHECK_SESSIONS)
def check_sessions() -> None:
    """Ask every session that has an owner for a check, spread over 20 s. The others have nobody to ask.

    No `expires`: Celery compares it with the worker's wall clock, and a node whose clock is ahead would throw every
    check away. What piled up is dropped where it arrives.
    """
    if not begin_run(CHECK_SESSIONS):
        return
    every = planned(CHECK_SESSIONS).every
    spread = min(SPREAD, every.total_seconds() / 4) if every else SPREAD
    for account in selectors.owned_sessions():
        check_session.apply_async(kwargs={"account": account, "wait": random.uniform(0, spread)}, queue=account)


@shared_task(name="workers.check_session")
async def check_session(account: str, wait: float = 0.0) -> None:
    """Write a HealthCheck row of what the account's live connection shows, unless one is under way. `wait` in
    seconds."""
    runtime = here()
    if runtime is not None:
        await runtime.check(account, wait=wait)


@shared_task(name=REMOVE_OLD_ROWS)
def remove_old_rows(run: int = 1) -> None:
    """Remove what is older than PAYLOAD_DAYS, LINK_DAYS, CHECK_DAYS and AUDIT_DAYS say, for a minute. When that was not
    enough, another run follows, up to five."""
    config = current()
    removals = [
        *journal_removals(config),
        *session_removals(config),
        *notice_removals(config),
        *audit_removals(config),
    ]
    began = time.monotonic()
    removed = remove(removals, seconds=REMOVE_LIMIT)
    if time.monotonic() - began >= REMOVE_LIMIT and run < REMOVE_RUNS:
        remove_old_rows.apply_async(kwargs={"run": run + 1}, queue="control")
    if any(removed.values()):
        log.info("old rows removed", **{what.replace(" ", "_"): count for what, count in removed.items() if count})


@shared_task(name=CHECK_WORKERS)
def check_workers() -> None:
    """Put groups and nodes right, tell of what stays wrong, and drop commands to sessions that no process owns: nobody
    reads them."""
    if not begin_run(CHECK_WORKERS):
        return
    done = check_all_workers()
    if done.troubles or done.regrouped or done.nodes_gone:
        log.warning("workers checked", troubles=done.troubles, regrouped=done.regrouped, nodes_gone=done.nodes_gone)
    with app_or_default().connection_for_write() as connection:
        for account in selectors.unowned_sessions():
            connection.default_channel.queue_delete(account)  # type: ignore[attr-defined]
