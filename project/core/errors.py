"""The one error tree.

RelayError                     anything we raise on purpose; carries a hint for a person
├── SettingError               a setting is missing or wrong (names the setting)
├── InvalidInput               a person's input was refused; nothing was changed
│   └── ManyProblems           all that is wrong with it at once
├── NotFound                   the named thing does not exist
├── Conflict                   the state does not allow this now
├── SecretError                a sealed secret cannot be opened (key missing, bytes changed)
├── FenceLost                  this process is no longer the owner; it must stop at once
└── GatewayError               a platform answered, or did not
    ├── RetryLater             wait `retry_after` seconds, then the same call is fine
    ├── Ambiguous              the call may or may not have happened
    ├── Unreachable            the call surely did not happen; the network or the platform is down
    ├── Refused                the platform refused this one call for good
    ├── TargetGone             chat, channel, webhook or rights are gone: the whole lane stops
    └── AccountDead            the account's key, token or user is dead: the account stops
"""

from __future__ import annotations


class RelayError(Exception):
    """Base of every error raised on purpose. `hint` says what to do next, in one sentence."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def for_people(self) -> str:
        """Message and hint as one line of text for a person."""
        return f"{self.message} {self.hint}".strip()


class SettingError(RelayError):
    """A setting is missing or wrong. `setting` is its name in the environment."""

    def __init__(self, setting: str, problem: str, *, hint: str = "") -> None:
        super().__init__(f"{setting}: {problem}", hint=hint)
        self.setting = setting


class InvalidInput(RelayError):
    """A person's input was refused; nothing was changed."""


class ManyProblems(InvalidInput):
    """All that is wrong with a person's input at once. `correction` is the command as it could be meant, to copy."""

    def __init__(self, problems: tuple[str, ...], *, correction: str = "", hint: str = "") -> None:
        super().__init__(" ".join(problems), hint=hint)
        self.problems = problems
        self.correction = correction


class NotFound(RelayError):
    """The named thing does not exist."""


class Conflict(RelayError):
    """The present state does not allow this."""


class SecretError(RelayError):
    """A sealed secret cannot be opened: unknown master key, or changed bytes."""


class FenceLost(RelayError):
    """Another process owns the account now. The process that sees this must stop without another byte sent."""


class GatewayError(RelayError):
    """A platform refused a call, or gave no answer. `code` is the platform's own name or number of the error."""

    def __init__(self, message: str, *, code: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.code = code


class RetryLater(GatewayError):
    """The platform asks to wait. `retry_after` is in seconds; `scope` is the key that has to wait."""

    def __init__(self, message: str, *, retry_after: float, scope: str, code: str = "") -> None:
        super().__init__(message, code=code)
        self.retry_after = retry_after
        self.scope = scope


class Ambiguous(GatewayError):
    """The request left, but no answer came: it may or may not have happened."""


class Unreachable(GatewayError):
    """The request never left, or the platform says that it did nothing: repeating is safe."""


class Refused(GatewayError):
    """The platform refused this one message or call for good; the lane goes on after at most three of these."""


class TargetGone(GatewayError):
    """Chat, channel, webhook or rights are gone: the pair's lane stops and its queue is kept.

    `stops_changes`: edits and deletes fare no better; otherwise one of those that is refused is refused alone.
    """

    def __init__(self, message: str, *, code: str = "", hint: str = "", stops_changes: bool = True) -> None:
        super().__init__(message, code=code, hint=hint)
        self.stops_changes = stops_changes


class AccountDead(GatewayError):
    """The account's key, token or user is dead. The run ends; there is no reconnect."""
