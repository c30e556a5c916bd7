"""Whether Telegram has frozen an account: it reads on, but may not write.

Source: https://core.telegram.org/api/auth#frozen-accounts (help.getAppConfig: freeze_since_date).
"""

from __future__ import annotations

from datetime import UTC, datetime

from telethon.tl import functions, types

from project.telegram.link import Link


async def frozen_since(link: Link) -> datetime | None:
    """None for an account that is not frozen. Users only. Raises GatewayErrors."""
    answer = await link.call_in_background(functions.help.GetAppConfigRequest(hash=0))
    fields = answer.config.value if isinstance(answer.config, types.JsonObject) else []
    told = next((field.value for field in fields if field.key == "freeze_since_date"), None)
    if not isinstance(told, types.JsonNumber) or not told.value:
        return None
    return datetime.fromtimestamp(told.value, UTC)
