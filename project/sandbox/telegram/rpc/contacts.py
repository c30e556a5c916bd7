"""contacts.*: names."""

from __future__ import annotations

import re
from typing import Any

from telethon.tl import types
from telethon.tl.functions import contacts

from project.sandbox.telegram.channels import Channel
from project.sandbox.telegram.errors import RpcRefusedError, flood_wait

from .registry import Call, method

_NAME = re.compile(r"[A-Za-z]\w{3,31}", re.ASCII)


@method(contacts.ResolveUsernameRequest)
def resolve_username(call: Call, request: Any) -> Any:
    """Who has a name. USERNAME_INVALID, USERNAME_NOT_OCCUPIED; tightly limited."""
    rate = call.state.settings.limits.resolve_username
    wait = call.state.flood.take([(("resolve", call.me.id), rate)], call.now)
    if wait:
        raise flood_wait(wait)
    if not _NAME.fullmatch(request.username):
        raise RpcRefusedError("USERNAME_INVALID")
    found = call.state.by_username(request.username)
    if found is None:
        raise RpcRefusedError("USERNAME_NOT_OCCUPIED")
    if isinstance(found, Channel):
        chat = call.render.channel(call.me.id, found)
        return types.contacts.ResolvedPeer(types.PeerChannel(found.id), [chat], [])
    return types.contacts.ResolvedPeer(types.PeerUser(found.id), [], [call.render.user(call.me.id, found)])
