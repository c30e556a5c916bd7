"""Discord's JSON objects, as its reference words them."""

from __future__ import annotations

from project.sandbox.discord.model import PUBLIC_THREAD, Bot, Channel, Guild, Webhook
from project.sandbox.discord.permissions import ALL, EVERYONE, bits
from project.sandbox.discord.snowflake import created_ms, iso
from project.sandbox.discord.state import Json, State

_CONTENT_INTENT_LIMITED = 1 << 19
_MEMBERS_INTENT_LIMITED = 1 << 15
_PRESENCE_INTENT_LIMITED = 1 << 13
_JOINED = "2026-01-01T00:00:00.000000+00:00"


def user(user_id: int, name: str, *, bot: bool) -> Json:
    """User object."""
    return {
        "id": str(user_id),
        "username": name,
        "global_name": None if bot else name,
        "discriminator": "0000" if bot else "0",
        "avatar": None,
        "bot": bot,
        "public_flags": 0,
        "flags": 0,
        "primary_guild": None,
    }


def own_user(bot: Bot) -> Json:
    """The answer of users/@me."""
    return user(bot.id, bot.name, bot=True) | {
        "verified": True,
        "mfa_enabled": False,
        "locale": "en-US",
        "email": None,
    }


def application_flags(bot: Bot) -> int:
    """Privileged intents that the developer portal has switched on (unverified applications)."""
    flags = _CONTENT_INTENT_LIMITED if bot.message_content else 0
    flags |= _MEMBERS_INTENT_LIMITED if bot.members_intent else 0
    return flags | (_PRESENCE_INTENT_LIMITED if bot.presences_intent else 0)


def application(bot: Bot, guilds: int) -> Json:
    """Application object of a bot that is on so many guilds."""
    return {
        "id": str(bot.application_id),
        "name": bot.name,
        "icon": None,
        "description": "",
        "summary": "",
        "type": None,
        "redirect_uris": [],
        "interactions_endpoint_url": None,
        "role_connections_verification_url": None,
        "eligible_oauth2_scopes": [],
        "explicit_content_filter": 0,
        "approximate_guild_count": guilds,
        "approximate_user_install_count": 0,
        "approximate_user_authorization_count": 0,
        "bot_public": True,
        "bot_require_code_grant": False,
        "verify_key": "0" * 64,
        "flags": application_flags(bot),
        "flags_new": str(application_flags(bot)),
        "owner": user(1, "developer", bot=False),
        "team": None,
        "bot": user(bot.id, bot.name, bot=True),
    }


def _role(role_id: int, name: str, permissions: int, *, managed_by: int | None = None) -> Json:
    role: Json = {
        "id": str(role_id),
        "name": name,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "position": 0 if managed_by is None else 1,
        "permissions": str(permissions),
        "managed": managed_by is not None,
        "mentionable": False,
        "icon": None,
        "unicode_emoji": None,
        "flags": 0,
    }
    return role | ({"tags": {"bot_id": str(managed_by)}} if managed_by is not None else {})


def roles(guild: Guild) -> list[Json]:
    """@everyone, and the managed role of each bot."""
    own = [_role(role, f"bot {bot}", bits(ALL), managed_by=bot) for bot, role in guild.role_ids.items()]
    return [_role(guild.id, "@everyone", bits(EVERYONE)), *own]


def member(guild: Guild, user_id: int) -> Json:
    """Member object without its user."""
    role = guild.role_ids.get(user_id)
    return {
        "roles": [str(role)] if role else [],
        "joined_at": _JOINED,
        "deaf": False,
        "mute": False,
        "nick": None,
        "avatar": None,
        "banner": None,
        "flags": 0,
        "pending": False,
        "premium_since": None,
        "communication_disabled_until": None,
    }


def member_with_user(state: State, guild: Guild, bot: Bot) -> Json:
    """Member object of a bot."""
    return member(guild, bot.id) | {"user": user(bot.id, bot.name, bot=True)}


def guild(found: Guild) -> Json:
    """Guild object."""
    return {
        "id": str(found.id),
        "name": found.name,
        "icon": None,
        "splash": None,
        "discovery_splash": None,
        "owner_id": str(found.owner_id),
        "afk_channel_id": None,
        "afk_timeout": 300,
        "verification_level": 0,
        "default_message_notifications": 0,
        "explicit_content_filter": 0,
        "roles": roles(found),
        "emojis": [],
        "stickers": [],
        "features": [],
        "mfa_level": 0,
        "application_id": None,
        "system_channel_id": None,
        "system_channel_flags": 0,
        "rules_channel_id": None,
        "vanity_url_code": None,
        "description": None,
        "banner": None,
        "premium_tier": 0,
        "preferred_locale": "en-US",
        "public_updates_channel_id": None,
        "safety_alerts_channel_id": None,
        "widget_enabled": False,
        "widget_channel_id": None,
        "home_header": None,
        "incidents_data": None,
        "region": "deprecated",
        "max_members": 25_000_000,
        "max_presences": None,
        "max_video_channel_users": 25,
        "max_stage_video_channel_users": 50,
        "premium_subscription_count": 0,
        "nsfw": False,
        "nsfw_level": 0,
        "premium_progress_bar_enabled": False,
    }


def guild_create(state: State, found: Guild, bot: Bot) -> Json:
    """GUILD_CREATE's data: the guild with its channels and threads."""
    channels = [state.channels[channel_id] for channel_id in found.channels]
    return guild(found) | {
        "joined_at": _JOINED,
        "large": False,
        "unavailable": False,
        "member_count": len(state.users) + len(found.bots),
        "voice_states": [],
        "members": [member_with_user(state, found, bot)],
        "channels": [channel(c) for c in channels if c.kind != PUBLIC_THREAD],
        "threads": [channel(c) for c in channels if c.kind == PUBLIC_THREAD],
        "presences": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }


def channel(found: Channel) -> Json:
    """Channel object, or thread."""
    last = next(reversed(found.messages), None)
    shared: Json = {
        "id": str(found.id),
        "type": found.kind,
        "guild_id": str(found.guild_id),
        "name": found.name,
        "parent_id": str(found.parent_id) if found.parent_id else None,
        "last_message_id": str(last) if last else None,
        "rate_limit_per_user": 0,
        "flags": 0,
    }
    return shared | (_thread_part(found) if found.kind == PUBLIC_THREAD else _text_part(found))


def _text_part(found: Channel) -> Json:
    overwrites = [
        {"id": str(bot), "type": 1, "allow": str(bits(rights)), "deny": str(bits(ALL - rights))}
        for bot, rights in found.permissions.items()
    ]
    return {"topic": None, "nsfw": False, "position": 0, "permission_overwrites": overwrites}


def _thread_part(found: Channel) -> Json:
    created = iso(created_ms(found.id))
    metadata = {
        "archived": False,
        "auto_archive_duration": 10080,
        "archive_timestamp": created,
        "locked": False,
    }
    size = len(found.messages)
    counts = {"message_count": size, "member_count": 1, "total_message_sent": size}
    return {"owner_id": "1", "thread_metadata": metadata, **counts}


def webhook(found: Webhook, *, with_token: bool, creator: Bot | None = None) -> Json:
    """Webhook object; the token only for those who may see it."""
    payload: Json = {
        "id": str(found.id),
        "type": 1,
        "guild_id": str(found.guild_id),
        "channel_id": str(found.channel_id),
        "name": found.name,
        "avatar": found.avatar,
        "application_id": str(found.application_id) if found.application_id else None,
    }
    if with_token:
        payload |= {"token": found.token}
    return payload | ({"user": user(creator.id, creator.name, bot=True)} if creator else {})
