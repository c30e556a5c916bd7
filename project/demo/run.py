"""Plays the demo while the services run: traffic, live table, report."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence

from project.demo.check import Report, Setting, judge
from project.demo.records import RouteRecord, read_records
from project.demo.script import Step, script
from project.demo.table import Table, format_row, header
from project.demo.traffic import Traffic
from project.demo.world import DemoWorld
from project.sandbox.client import ControlClient

LOOK = 0.5  # seconds between looks at the sandbox
QUIET = 1.0  # seconds after the last arrival in which a copy too many would show up
PATIENCE = 60.0  # seconds for the last messages to arrive

Say = Callable[[str], None]


async def play(control_url: str, world: DemoWorld, messages: int, say: Say) -> Report:
    """Plays `messages` messages and says each row; the report is about all that the sandbox holds afterwards."""
    steps = script(messages, len(world.routes))
    async with ControlClient(control_url) as control:
        say(header())
        table = Table()
        traffic = asyncio.create_task(Traffic(control, world).play(steps))
        while not traffic.done():
            await asyncio.wait({traffic}, timeout=LOOK)
            await _show(control, world, table, say)
        traffic.result()
        await _settle(control, world, steps, table, say)
        return await _report(control, world, steps)


async def follow(control_url: str, world: DemoWorld, say: Say) -> None:
    """Says a row for every message that somebody types, until cancelled."""
    async with ControlClient(control_url) as control:
        table = Table()
        for _ in table.new_rows(await read_records(control, world.routes, world.discord_bot), _now()):
            continue  # rows that were said before
        while True:
            await asyncio.sleep(LOOK)
            await _show(control, world, table, say)


async def _show(control: ControlClient, world: DemoWorld, table: Table, say: Say) -> list[RouteRecord]:
    records = await read_records(control, world.routes, world.discord_bot)
    for row in table.new_rows(records, _now()):
        say(format_row(row))
    return records


async def _settle(control: ControlClient, world: DemoWorld, steps: Sequence[Step], table: Table, say: Say) -> None:
    """Until everything has followed, and a moment more; at most `PATIENCE`."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        await _show(control, world, table, say)
        if (await _report(control, world, steps)).flawless:
            break
        await asyncio.sleep(LOOK)
    await asyncio.sleep(QUIET)
    await _show(control, world, table, say)


async def _report(control: ControlClient, world: DemoWorld, steps: Sequence[Step]) -> Report:
    counters = await control.counters()
    setting = Setting(counters.profile, len(world.people), counters.concurrent_owners, counters.unknown_methods)
    return judge(steps, await read_records(control, world.routes, world.discord_bot), setting)


def _now() -> float:
    """The sandbox's clock: the machine's monotonic one, in milliseconds."""
    return time.monotonic() * 1000
