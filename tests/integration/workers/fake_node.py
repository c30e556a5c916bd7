"""A supervisor with the test's zygote: `python -m tests.integration.workers.fake_node`."""

from __future__ import annotations

import asyncio
import sys

import django

django.setup()

from project.core.config import current  # noqa: E402
from project.core.logs import configure  # noqa: E402
from workers.node.supervisor import Supervisor  # noqa: E402


async def run() -> None:
    zygote = (sys.executable, "-m", "tests.integration.workers.fake_zygote")
    await Supervisor(current(), zygote=zygote).run()


if __name__ == "__main__":
    configure("node")
    asyncio.run(run())
