"""Whether Telegram has frozen an account: it reads on, but may not write.

Source: https://core.telegram.org/api/auth#frozen-accounts (help.getAppConfig: freeze_since_date, freeze_until_date,
freeze_appeal_url).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from telethon.tl import functions, types

from project.telegram.link import Link


@dataclass(frozen=True, slots=True)
class Freeze:
    """`until`: when the account will be deleted, unless its owner appeals at `appeal` before. Either may be unknown."""

    since: datetime
    until: datetime | None = None
    appeal: str = ""

    def for_people(self) -> str:
        """What Telegram will do, and what its owner can do."""
        deleted = f"It will be deleted on {self.until:%Y-%m-%d %H:%M} UTC. " if self.until else ""
        return f"{deleted}Its owner can appeal at {self.appeal or 'https://t.me/SpamBot'}."


async def read_freeze(link: Link) -> Freeze | None:
    """None for an account that is not frozen. Users only. Raises GatewayErrors."""
    answer = await link.call_in_background(functions.help.GetAppConfigRequest(hash=0))
    fields = answer.config.value if isinstance(answer.config, types.JsonObject) else []
    told = {field.key: field.value for field in fields}
    since = _date(told.get("freeze_since_date"))
    if since is None:
        return None
    appeal = told.get("freeze_appeal_url")
    return Freeze(
        since, _date(told.get("freeze_until_date")), appeal.value if isinstance(appeal, types.JsonString) else ""
    )


def _date(told: types.TypeJSONValue | None) -> datetime | None:
    if not isinstance(told, types.JsonNumber) or not told.value:
        return None
    return datetime.fromtimestamp(told.value, UTC)
