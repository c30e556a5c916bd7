"""What settings must satisfy beyond their own form: strong secrets, and settings that fit each other."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from project.core.config import Config
from project.core.errors import SettingError

_LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")
_SHORTEST_SECRET_KEY = 50
_FEWEST_DISTINCT = 15
_EXAMPLES = ("django-insecure", "change", "example", "secret", "your")
_BOT_TOKEN = re.compile(r"\d{3,20}:[A-Za-z0-9_-]{30,64}")
_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


def check_together(config: Config) -> None:
    """Raise SettingError for the first setting that is weak or does not fit the others."""
    _check_secret_key(config)
    _check_debug(config)
    _check_telegram(config)
    _check_tokens(config)
    _check_lease(config)
    if config.log_level not in _LEVELS:
        raise SettingError("LOG_LEVEL", f"must be one of {', '.join(_LEVELS)}.")


def is_local(public_url: str) -> bool:
    """Whether only this machine reaches the admin site."""
    return urlsplit(public_url).hostname in _LOCAL_HOSTS


def _check_secret_key(config: Config) -> None:
    key = config.secret_key.reveal()
    if len(key) < _SHORTEST_SECRET_KEY or len(set(key)) < _FEWEST_DISTINCT:
        raise SettingError("SECRET_KEY", f"must be at least {_SHORTEST_SECRET_KEY} random characters.")
    if key.lower().startswith(_EXAMPLES):
        raise SettingError("SECRET_KEY", "is an example, not a random key.")


def _check_debug(config: Config) -> None:
    if config.debug and not (config.embedded_database and is_local(config.public_url)):
        raise SettingError("DEBUG", "must be off with DATABASE_URL or a public PUBLIC_URL: it shows source code.")


def _check_telegram(config: Config) -> None:
    if bool(config.telegram_dc) != bool(config.telegram_dc_key_file):
        raise SettingError("TELEGRAM_DC", "and TELEGRAM_DC_KEY_FILE must be set together.")
    if bool(config.telegram_api_id) != bool(config.telegram_api_hash):
        raise SettingError("TELEGRAM_API_ID", "and TELEGRAM_API_HASH must be set together.")
    if config.telegram_api_hash and not re.fullmatch(r"[0-9a-f]{32}", config.telegram_api_hash.reveal()):
        raise SettingError("TELEGRAM_API_HASH", "must be 32 hex digits, as https://my.telegram.org shows it.")


def _check_tokens(config: Config) -> None:
    if config.admin_bot_token and not _BOT_TOKEN.fullmatch(config.admin_bot_token.reveal()):
        raise SettingError("ADMIN_BOT_TOKEN", "is no bot token (digits, a colon, 35 characters).")
    token = config.discord_bot_token.reveal() if config.discord_bot_token else "-"
    if not re.fullmatch(r"[\x21-\x7e]+", token):
        raise SettingError("DISCORD_BOT_TOKEN", "must be the bare token, without spaces and without `Bot`.")


def _check_lease(config: Config) -> None:
    if not 2 * config.lease_renew < config.lease_fence < config.lease_ttl:
        raise SettingError("LEASE_FENCE", "must be more than two LEASE_RENEW and less than LEASE_TTL.")
