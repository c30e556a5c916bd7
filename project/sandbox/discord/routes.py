"""The table of REST routes. Whatever is not in it answers 404 and is counted as unknown."""

from __future__ import annotations

from project.sandbox.discord import rest_bots as bots
from project.sandbox.discord import rest_messages as messages
from project.sandbox.discord import rest_webhooks as webhooks
from project.sandbox.discord.calls import Handler, Route


def _channel(method: str, path: str, handler: Handler, bucket: str) -> Route:
    return Route(method, path, handler, bucket, major="id")


def _token(method: str, path: str, handler: Handler, bucket: str) -> Route:
    return Route(method, path, handler, bucket, token_only=True, major="id")


ROUTES = (
    Route("GET", "/users/@me", bots.get_me),
    Route("GET", "/users/@me/guilds", bots.get_my_guilds),
    Route("GET", "/users/{id}", bots.get_user),
    Route("GET", "/oauth2/applications/@me", bots.get_application),
    Route("GET", "/applications/@me", bots.get_application),
    Route("GET", "/gateway", bots.get_gateway),
    Route("GET", "/gateway/bot", bots.get_gateway_bot),
    Route("GET", "/guilds/{id}", bots.get_guild, major="id"),
    Route("GET", "/guilds/{id}/channels", bots.get_guild_channels, major="id"),
    Route("GET", "/guilds/{id}/roles", bots.get_guild_roles, major="id"),
    Route("GET", "/guilds/{id}/members/{user_id}", bots.get_guild_member, major="id"),
    Route("GET", "/guilds/{id}/webhooks", webhooks.list_guild_webhooks, "webhook_manage", major="id"),
    _channel("GET", "/channels/{id}", messages.get_channel, "read"),
    _channel("GET", "/channels/{id}/messages", messages.list_messages, "message_read"),
    _channel("POST", "/channels/{id}/messages", messages.post_message, "message_create"),
    _channel("POST", "/channels/{id}/messages/bulk-delete", messages.bulk_delete, "bulk_delete"),
    _channel("GET", "/channels/{id}/messages/{message_id}", messages.get_message, "message_read"),
    _channel("PATCH", "/channels/{id}/messages/{message_id}", messages.patch_message, "message_edit"),
    _channel("DELETE", "/channels/{id}/messages/{message_id}", messages.delete_message, "message_delete"),
    _channel("POST", "/channels/{id}/webhooks", webhooks.create_webhook, "webhook_manage"),
    _channel("GET", "/channels/{id}/webhooks", webhooks.list_channel_webhooks, "webhook_manage"),
    Route("GET", "/webhooks/{id}", webhooks.get_webhook, "webhook_manage", major="id"),
    Route("PATCH", "/webhooks/{id}", webhooks.patch_webhook, "webhook_manage", major="id"),
    Route("DELETE", "/webhooks/{id}", webhooks.delete_webhook, "webhook_manage", major="id"),
    _token("GET", "/webhooks/{id}/{token}", webhooks.get_webhook_with_token, "webhook_manage"),
    _token("PATCH", "/webhooks/{id}/{token}", webhooks.patch_webhook_with_token, "webhook_manage"),
    _token("DELETE", "/webhooks/{id}/{token}", webhooks.delete_webhook_with_token, "webhook_manage"),
    _token("POST", "/webhooks/{id}/{token}", webhooks.execute_webhook, "webhook_execute"),
    _token("GET", "/webhooks/{id}/{token}/messages/{message_id}", webhooks.get_webhook_message, "webhook_message"),
    _token(
        "PATCH",
        "/webhooks/{id}/{token}/messages/{message_id}",
        webhooks.patch_webhook_message,
        "webhook_message",
    ),
    _token(
        "DELETE",
        "/webhooks/{id}/{token}/messages/{message_id}",
        webhooks.delete_webhook_message,
        "webhook_message",
    ),
)
EXECUTE = "POST /webhooks/{id}/{token}"
GATEWAY_METHODS = ("gateway.IDENTIFY", "gateway.RESUME", "gateway.HEARTBEAT")
CDN_METHOD = "GET /attachments/{channel_id}/{attachment_id}/{name}"
METHODS = frozenset({route.name for route in ROUTES} | set(GATEWAY_METHODS) | {CDN_METHOD})
