"""The one thing to do next. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from project.core.checks import Check, Level
from project.doors.doctor.overview import UP, Facts

NEW = Facts((), (), senders=0, pairs=0, node=False)
NOTHING = "Nothing, all is well."
CLAIM = "bot's owner"  # the check that tells how to own the bot, while nobody does


def next_step(checks: Sequence[Check], facts: Facts | None) -> str:
    """What failed comes first, in the order it was looked at; then owning the bot, since it leads on from there; then
    the next step of setting up; then warnings.

    Without `facts` nothing is registered yet, or nobody knows.
    """
    failures = [check for check in checks if check.level is Level.FAILED]
    claims = [check for check in checks if check.what == CLAIM]
    warnings = [check for check in checks if check.level is Level.WARNING]
    steps = [_told(failures), _told(claims), _setting_up(facts or NEW), _told(warnings), NOTHING]
    return next(step for step in steps if step)


def _told(checks: Sequence[Check]) -> str:
    return next((f"{check.text} {check.todo}" for check in checks if check.todo), "")


def _setting_up(facts: Facts) -> str:
    if not facts.logged_in and not facts.logged_out:
        return "Register a Telegram account: `python manage.py session add NAME PHONE`"
    if not facts.logged_in:
        return f"Log the account in: `python manage.py session login {facts.logged_out[0]}`"
    if not facts.pairs and not facts.senders:
        return (
            "Register a bot that posts to destinations: `python manage.py sender add` "
            "(or go on with `python manage.py pair add --help`: the session can post, too)"
        )
    if not facts.pairs:
        return f"Add a pair: `python manage.py pair add --session {facts.logged_in[0]} --source … --destination …`"
    return "" if facts.node else f"Start it: {UP}"
