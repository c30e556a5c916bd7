"""getMe, getUpdates, and the webhooks that the sandbox does not send."""

from __future__ import annotations

import asyncio
from typing import Any

from project.sandbox.botapi.errors import ApiRefusedError, bad
from project.sandbox.botapi.payloads import Json
from project.sandbox.botapi.registry import Call, method
from project.sandbox.botapi.state import BotBox

_MOST = 100
_LONGEST = 50  # seconds
_TAKEN_OVER = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"


@method("getMe")
def get_me(call: Call) -> Json:
    """The bot itself."""
    return call.payloads.me(call.bot)


@method("getUpdates")
async def get_updates(call: Call) -> list[dict[str, Any]]:
    """Long polling. A newer poll ends an older one with 409; an offset confirms what is below it."""
    box, fields = call.box, call.arguments
    allowed = fields.json("allowed_updates", "allowed_updates")
    if allowed is not None:
        box.allowed = frozenset(map(str, allowed))
    box.wake(came=False)
    box.confirm(fields.integer("offset"))
    if not box.updates:
        await _wait(box, min(max(fields.integer("timeout"), 0), _LONGEST))
    limit = fields.integer("limit", _MOST)
    if not 1 <= limit <= _MOST:
        limit = _MOST
    return [update for _, update in zip(range(limit), box.updates, strict=False)]


async def _wait(box: BotBox, seconds: int) -> None:
    poll = box.poll = asyncio.get_running_loop().create_future()
    try:
        async with asyncio.timeout(seconds):
            came = await poll
    except TimeoutError:
        return
    finally:
        if box.poll is poll:
            box.poll = None
    if not came:
        raise ApiRefusedError(409, _TAKEN_OVER)


@method("deleteWebhook")
def delete_webhook(call: Call) -> bool:
    """There is none; what waits may be dropped."""
    return _dropped(call)


def _dropped(call: Call) -> bool:
    if call.arguments.flag("drop_pending_updates"):
        call.box.updates.clear()
    return True


@method("getWebhookInfo")
def get_webhook_info(call: Call) -> Json:
    """No webhook, and how many updates wait."""
    return {"url": "", "has_custom_certificate": False, "pending_update_count": len(call.box.updates)}


@method("setWebhook")
def set_webhook(call: Call) -> bool:
    """Only the empty one: the sandbox calls nobody."""
    if call.arguments.text("url"):
        call.state.count.unknown("botapi.setWebhook.url")
        raise bad("bad webhook: the sandbox sends none")
    return _dropped(call)
