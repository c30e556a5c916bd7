"""What the journal tells operators, in words and with what they can do about it."""

from __future__ import annotations

import json
from dataclasses import dataclass

from project.core.notices import INSERT, NoticeButton, Severity
from project.core.pg import Connection


@dataclass(frozen=True, slots=True)
class Route:
    """A pair's three chats, as people know them."""

    source: str
    discord: str
    destination: str


async def tell_stopped(connection: Connection, pair_id: int, route: Route, reason: str) -> None:
    """Tell that a pair stands in `error`, in the transaction that stopped it. Trouble until it goes on (`end`)."""
    text = (
        f"🔴 Pair {pair_id} ({route.source} → #{route.discord} → {route.destination}) stopped.\n{reason}\n"
        f"Its messages are kept. Mend this, then resume the pair: /resumepair {pair_id}"
    )
    buttons = (
        NoticeButton(f"▶ Resume pair {pair_id}", "presume", (str(pair_id),)),
        NoticeButton("🔍 Test", "ptest", (str(pair_id),)),
    )
    stored = json.dumps([button.stored for button in buttons], ensure_ascii=False)
    await connection.execute(INSERT, f"pair.{pair_id}", text, Severity.CRITICAL.value, stored)
