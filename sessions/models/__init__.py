"""Tables of the sessions room."""

from sessions.domain.health import Health
from sessions.models.health import HealthCheck, HealthFlip
from sessions.models.login import LoginAttempt, LoginKind, LoginStep
from sessions.models.lookup import Lookup
from sessions.models.secret import AccountSecret
from sessions.models.sender import SenderBot, SenderState
from sessions.models.session import Lifecycle, TelegramSession

__all__ = [
    "AccountSecret",
    "Health",
    "HealthCheck",
    "HealthFlip",
    "Lifecycle",
    "LoginAttempt",
    "LoginKind",
    "LoginStep",
    "Lookup",
    "SenderBot",
    "SenderState",
    "TelegramSession",
]
