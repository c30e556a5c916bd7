"""Admin pages of sessions and senders, one module per table. Nothing sealed is ever shown."""

from __future__ import annotations

from sessions.admin.account_secret import AccountSecretAdmin
from sessions.admin.health_check import HealthCheckAdmin
from sessions.admin.health_flip import HealthFlipAdmin
from sessions.admin.login_attempt import LoginAttemptAdmin
from sessions.admin.lookup import LookupAdmin
from sessions.admin.sender_bot import SenderBotAdmin
from sessions.admin.telegram_session import TelegramSessionAdmin

__all__ = [
    "AccountSecretAdmin",
    "HealthCheckAdmin",
    "HealthFlipAdmin",
    "LoginAttemptAdmin",
    "LookupAdmin",
    "SenderBotAdmin",
    "TelegramSessionAdmin",
]
