"""The one process that is the admin bot: holder of its token, by lease."""

from __future__ import annotations

from datetime import timedelta

from django.db import DatabaseError

from pairs.services.interrupted import OF_BOT, end_interrupted
from project.bot.announcer import announce
from project.bot.rooms import CATALOGUE
from project.botkit.bot import AdminBot, make_bot
from project.core.config import Config
from project.core.errors import SettingError
from project.core.logs import get_logger
from workers.holder import await_binding, hold, rest_when_refused, until_signal

log = get_logger(__name__)


async def run_bot(config: Config) -> None:
    """Answers operators until SIGTERM or SIGINT. Raises SettingError without a token, AccountDead for a wrong one, an
    hour after Telegram refused it.

    A second process on the same token waits until the first one's lease is free.
    """
    if config.admin_bot_token is None:
        raise SettingError("ADMIN_BOT_TOKEN", "is not set.", hint="@BotFather makes a bot and shows its token.")
    await until_signal(_run(config))


async def _run(config: Config) -> None:
    assert config.admin_bot_token is not None, "checked before"
    await await_binding(config, "bot")
    admin = AdminBot(make_bot(config.admin_bot_token, config.bot_api_url), CATALOGUE, beside=(announce,))
    async with admin:
        bot_id = await admin.identify()  # a wrong token ends the program here
        await rest_when_refused(hold(config, f"bot.{bot_id}", lambda: _work(admin)))


async def _work(admin: AdminBot) -> None:
    """Holding the lease: what an earlier bot began has nobody who goes on with it. Control would see that later."""
    try:
        await admin.desk.pool.run(end_interrupted, actors=OF_BOT, silent=timedelta())
    except DatabaseError as error:
        log.warning("what was interrupted is told later", reason=type(error).__name__)
    await admin.run()
