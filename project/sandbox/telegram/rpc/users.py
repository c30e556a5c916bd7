"""users.*."""

from __future__ import annotations

from typing import Any

from telethon.tl import types
from telethon.tl.functions import users

from .registry import Call, method


def _user(call: Call, wanted: Any) -> Any:
    if isinstance(wanted, types.InputUserSelf):
        return call.render.user(call.me.id, call.me)
    if not isinstance(wanted, types.InputUser):
        return types.UserEmpty(0)
    user = call.state.users.get(wanted.user_id)
    unhashed = call.me.is_bot and wanted.access_hash == 0
    if user is None or (not unhashed and wanted.access_hash != call.state.hashes.of(call.me.id, "user", user.id)):
        return types.UserEmpty(wanted.user_id)  # not an error: Telethon's get_input_entity expects it
    return call.render.user(call.me.id, user)


@method(users.GetUsersRequest)
def get_users(call: Call, request: Any) -> Any:
    """Oneself and others, by their hash for this account."""
    return [_user(call, wanted) for wanted in request.id]
