"""The one thing to do next. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from project.core.checks import Check, Level
from project.doors.doctor.overview import UP, Facts

NEW = Facts((), (), senders=0, pairs=0, node=False)
NOTHING = "Nothing, all is well."


def next_step(checks: Sequence[Check], facts: Facts | None) -> str:
    """What failed comes first, in the order it was looked at; then the next step of setting up; then warnings.

    Without `facts` nothing is registered yet, or nobody knows.
    """
    for level in (Level.FAILED, Level.WARNING):
        for check in checks:
            if check.level is level and check.todo:
                return f"{check.text} {check.todo}"
        if level is Level.FAILED and (step := _setting_up(facts or NEW)):
            return step
    return NOTHING


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
