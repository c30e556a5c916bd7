"""Discord's routes, with the key its rate limits count by: method, route and major parameter.

Source: Discord's reference, "Rate Limits": channel, guild and webhook ids are the major parameters.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache

from project.discord.objects import Webhook

CLOUDFLARE = "dc:cloudflare"  # the key of a ban of this host's address: nothing of Discord answers
TOKEN, ADDRESS = "dc:global", "dc:address"
WIDE = frozenset({TOKEN, ADDRESS})  # the keys that every request counts for: one of them
REMEMBERED = 4096  # routes that every post asks for
_POSTS = frozenset({"/channels/*/messages", "/webhooks/*"})


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint. `path` may hold a webhook's token: it is in no repr, and equality does not look at it.
    `key` is what its limits are remembered by."""

    method: str
    template: str
    major: str
    path: str = field(repr=False, compare=False)
    authorized: bool = True
    key: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", f"{self.method} {self.template} {self.major}")

    @property
    def scope(self) -> str:
        """The key that waits when this route is limited: "dc:channel:1", "dc:webhook:1" or "dc:global"."""
        return f"dc:{self.major}" if self.major else TOKEN

    @property
    def wide_scope(self) -> str:
        """The key of a global limit: the bot's token, or for webhooks this host's address."""
        return TOKEN if self.authorized else ADDRESS

    @property
    def posts(self) -> bool:
        """Whether it makes a message."""
        return self.method == "POST" and self.template in _POSTS


def plain(path: str) -> Route:
    """GET of something outside of any channel."""
    return Route("GET", path, "", path)


@lru_cache(REMEMBERED)
def channel(method: str, channel_id: int, tail: str = "") -> Route:
    """The channel itself, or what `tail` names in it."""
    return Route(method, f"/channels/*{tail}", f"channel:{channel_id}", f"/channels/{channel_id}{tail}")


def message(method: str, channel_id: int, message_id: int) -> Route:
    """One message of a channel, as the bot sees it."""
    path = f"/channels/{channel_id}/messages/{message_id}"
    return Route(method, "/channels/*/messages/*", f"channel:{channel_id}", path)


def guild(guild_id: int, tail: str = "", template: str = "") -> Route:
    """GET of a guild, or of what `tail` names in it; `template` is `tail` with * for its ids."""
    return Route("GET", f"/guilds/*{template or tail}", f"guild:{guild_id}", f"/guilds/{guild_id}{tail}")


@lru_cache(REMEMBERED)
def webhook(method: str, hook: Webhook) -> Route:
    """The webhook by its token: no authorization of ours goes with it."""
    path = f"/webhooks/{hook.id}/{hook.token.reveal()}"
    return Route(method, "/webhooks/*", f"webhook:{hook.id}", path, authorized=False)


@lru_cache(REMEMBERED)
def executing(hook: Webhook) -> Route:
    """A post through the webhook that is answered with the message."""
    route = webhook("POST", hook)
    thread = f"&thread_id={hook.thread_id}" if hook.thread_id else ""
    return replace(route, path=f"{route.path}?wait=true{thread}")


def executed(method: str, hook: Webhook, message_id: int) -> Route:
    """One message that the webhook has posted."""
    path = f"/webhooks/{hook.id}/{hook.token.reveal()}/messages/{message_id}"
    return Route(method, "/webhooks/*/messages/*", f"webhook:{hook.id}", path, authorized=False)
