"""Routes about the bot itself, its guilds and its gateway."""

from __future__ import annotations

from project.sandbox.discord import payloads
from project.sandbox.discord.calls import Answer, Call
from project.sandbox.discord.errors import ApiError, Problem
from project.sandbox.discord.model import PUBLIC_THREAD
from project.sandbox.discord.permissions import ALL, Permission, bits
from project.sandbox.discord.state import Json


def get_me(call: Call) -> Answer:
    """GET /users/@me"""
    return payloads.own_user(call.bot)


def get_user(call: Call) -> Answer:
    """GET /users/{id}"""
    known = call.state.users.get(call.id())
    if known is None:
        raise ApiError(Problem.UNKNOWN_MEMBER)
    return payloads.user(known.id, known.name, bot=known.is_bot)


def get_application(call: Call) -> Answer:
    """GET /oauth2/applications/@me and /applications/@me"""
    return payloads.application(call.bot, sum(call.bot.id in found.bots for found in call.state.guilds.values()))


def get_my_guilds(call: Call) -> Answer:
    """GET /users/@me/guilds"""
    shown: Json = {"icon": None, "banner": None, "owner": False, "permissions": str(bits(ALL)), "features": []}
    mine = [found for found in call.state.guilds.values() if call.bot.id in found.bots]
    return [shown | {"id": str(found.id), "name": found.name} for found in mine]


def get_gateway(call: Call) -> Answer:
    """GET /gateway"""
    return {"url": call.base_url}


def get_gateway_bot(call: Call) -> Answer:
    """GET /gateway/bot"""
    daily = call.state.limits.identify_daily
    left = max(daily - call.bot.identifies, 0)
    limit = {"total": daily, "remaining": left, "reset_after": 86_400_000, "max_concurrency": 1}
    return {"url": call.base_url, "shards": 1, "session_start_limit": limit}


def get_guild(call: Call) -> Answer:
    """GET /guilds/{id}"""
    return payloads.guild(call.state.guild_for(call.bot, call.id()))


def get_guild_channels(call: Call) -> Answer:
    """GET /guilds/{id}/channels (no threads)"""
    found = call.state.guild_for(call.bot, call.id())
    channels = (call.state.channels[channel_id] for channel_id in found.channels)
    visible = (c for c in channels if Permission.VIEW in call.state.rights(call.bot, c))
    return [payloads.channel(c) for c in visible if c.kind != PUBLIC_THREAD]


def get_guild_roles(call: Call) -> Answer:
    """GET /guilds/{id}/roles"""
    return payloads.roles(call.state.guild_for(call.bot, call.id()))


def get_guild_member(call: Call) -> Answer:
    """GET /guilds/{id}/members/{user_id}"""
    found = call.state.guild_for(call.bot, call.id())
    user_id = call.id("user_id")
    known = call.state.users.get(user_id)
    if known is None or (known.is_bot and user_id not in found.bots):
        raise ApiError(Problem.UNKNOWN_MEMBER)
    return payloads.member(found, user_id) | {"user": payloads.user(known.id, known.name, bot=known.is_bot)}
