"""`python -m tests.chaos.silence --sessions 60 --minutes 5 --report FILE`: the only node is lost with all its sessions
and comes back later, while people write and an operator reads the admin bot's chat. Exit code 1 unless the operator
heard of it once and of the recovery once, and every message arrived once and in order.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from dataclasses import asdict
from typing import TYPE_CHECKING

from tests.harness.command import add_options, report, say

if TYPE_CHECKING:
    from tests.acceptance.rig import Talker

SERVICES = ("discord", "control", "beat", "bot")


def main() -> int:
    """Runs and reports."""
    return 0 if report(_arguments(), _run)["flawless"] else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.silence", description=__doc__)
    parser.add_argument("--sessions", type=int, default=60)
    parser.add_argument("--pairs", type=int, default=2, help="of each session")
    parser.add_argument("--minutes", type=float, default=5.0, help="for which the node is away")
    parser.add_argument("--watch", type=float, default=6.5, help="minutes for which the chat is read after its return")
    parser.add_argument("--rate", type=float, default=3.0, help="posts a second, over all pairs")
    parser.add_argument("--seed", type=int, default=1)
    add_options(parser)
    return parser.parse_args()


def _run(asked: argparse.Namespace) -> dict[str, object]:
    """After `enter`: Django's models may be imported now."""
    from sessions.models import Health, TelegramSession
    from tests.chaos.silence_run import Order, silence
    from tests.harness.installation import Installation
    from tests.harness.rows import wait
    from tests.harness.waves import settle_in

    began = time.monotonic()
    with Installation(profile="real", nodes=1, services=SERVICES) as here:
        world = here.populate(asked.sessions, asked.pairs)
        bot, owner = asyncio.run(_hire(here.control_url))
        here.start_services()
        settle_in(world, here.control_url)
        ill = TelegramSession.objects.exclude(health=Health.HEALTHY)
        wait(lambda: not ill.exists(), "all sessions to be healthy")
        operator = asyncio.run(_talk(here.control_url, bot, owner))
        took = round(time.monotonic() - began, 1)
        say(f"{len(world.routes)} pairs are relayed after {took:g} s")
        order = Order(asked.sessions, asked.rate, asked.seed, asked.minutes * 60, asked.watch * 60, took)
        found = silence(here, operator, order)
    return asdict(found) | {"flawless": found.flawless}


async def _hire(control_url: str) -> tuple[int, int]:
    """The admin bot, and its owner; all services get to know them."""
    from project.sandbox.client import ControlClient

    async with ControlClient(control_url) as control:
        bot = await control.telegram.create_bot("relay admin", username="relay_admin_bot")
        owner = await control.telegram.create_user("+4915199999999", "Olga Owner")
    os.environ |= {"ADMIN_BOT_TOKEN": bot.token, "ADMIN_USER_IDS": str(owner)}
    return bot.user_id, owner


async def _talk(control_url: str, bot: int, owner: int) -> Talker:
    """Who has written to the bot may be written to."""
    from tests.acceptance.rig import Chats, Talker

    operator = Talker(Chats(control_url, bot), owner)
    await operator.says("/whoami")
    await operator.sees("owner")
    return operator


if __name__ == "__main__":
    sys.exit(main())
