"""Where the platforms are: settled before anything of them is asked."""

from __future__ import annotations

from urllib.parse import urlsplit

from project.core.checks import Check, failed, ok
from project.core.config import Config

_TODO = (
    "Set all of TELEGRAM_DC, BOT_API_URL, DISCORD_API_URL and DISCORD_GATEWAY_URL for a sandbox, or none for the "
    "platforms themselves. Nothing was asked until then: a token of one would reach the other."
)


def check_endpoints(config: Config) -> Check:
    """Whether the settings mean the platforms, or stand-ins on this machine. Nobody wants a mixture of both."""
    here = {name: _is_local(host) for name, host in _hosts(config).items()}
    if all(here.values()):
        return ok("endpoints", "Telegram and Discord are stand-ins on this machine.")
    if not any(here.values()):
        return ok("endpoints", "Telegram and Discord themselves, or servers elsewhere.")
    local, other = ([name for name, is_here in here.items() if is_here is wanted] for wanted in (True, False))
    are = "are" if len(local) > 1 else "is"
    return failed("endpoints", f"{', '.join(local)} {are} on this machine, {', '.join(other)} elsewhere.", _TODO)


def _hosts(config: Config) -> dict[str, str]:
    """The host behind each setting. The gateway is asked of Discord's API when it is not set."""
    found = {
        "TELEGRAM_DC": config.telegram_dc.partition(":")[2].rpartition(":")[0],
        "BOT_API_URL": urlsplit(config.bot_api_url).hostname or "",
        "DISCORD_API_URL": urlsplit(config.discord_api_url).hostname or "",
    }
    if config.discord_gateway_url:
        found["DISCORD_GATEWAY_URL"] = urlsplit(config.discord_gateway_url).hostname or ""
    return found


def _is_local(host: str) -> bool:
    return host == "localhost" or host.strip("[]") == "::1" or host.startswith("127.")
