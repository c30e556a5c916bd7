"""Restarts that a person asks for: of a session's process, or of one of its worker groups."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, replace

from django.db import transaction

from project.core.audit import record
from project.core.errors import Conflict, InvalidInput, NotFound
from sessions.domain.accounts import split_account
from sessions.models import TelegramSession
from sessions.services.finding import find_session
from sessions.services.login import wake
from workers.models import GroupState, Placement, ProcessState, WorkerGroup

USAGE = "session or session/group"
_TARGET = re.compile(r"(?P<session>\w{1,32})(?:/(?P<group>\d{1,4}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Target:
    """What to restart: everything of a session, or one group."""

    session: str
    group: int | None = None

    def __str__(self) -> str:
        return self.session if self.group is None else f"{self.session}/{self.group}"


@dataclass(frozen=True, slots=True)
class RestartView:
    """A restart that was asked for: of the process `pid` on `node`, or of a group of `pairs` within it. `restarts`: of
    that group until now."""

    target: Target
    account: str
    node: str
    pid: int | None
    pairs: int
    restarts: int = 0


def parse_target(text: str) -> Target:
    """ "user1_main" or "user1_main/2". Raises InvalidInput."""
    found = _TARGET.fullmatch(text)
    if found is None:
        raise InvalidInput(f"{text!r} is no {USAGE}.", hint="As user1_main, or user1_main/2 for its second group.")
    return Target(found["session"], int(found["group"]) if found["group"] else None)


def restart(*, actor: str, target: Target) -> RestartView:
    """Ask for it. The process drains within 10 s and another one is forked; a group ends its calls within 7 s and
    starts anew. Nothing is lost, and each wish is carried out once. Raises NotFound, and Conflict when nothing runs."""
    session = find_session(target.session)
    with transaction.atomic():
        place = Placement.objects.select_for_update(of=("self",)).filter(account=session.account).first()
        if place is None or place.node is None:
            raise Conflict(
                f"Session {session.name} does not run.",
                hint="`/workerstatus` shows what runs, `/sessionstatus` why not.",
            )
        view = RestartView(target, session.account, place.node.name, place.pid, 0)
        view = _ask_process(place, view) if target.group is None else _ask_group(session, target.group, view)
        record(
            actor=actor,
            action="worker.restart" if target.group is None else "group.restart",
            target=session.account if target.group is None else f"{session.account}/{target.group}",
            before={"node": place.node.name, "pid": place.pid},
        )
        wake("placements" if target.group is None else session.account)
    return view


def restarted_as(view: RestartView) -> str:
    """What runs now in the place of what was to be restarted, in words; "" while it does not run yet."""
    place = Placement.objects.select_related("node").filter(account=view.account, restart_token=None).first()
    if place is None or place.state != ProcessState.UP or place.node is None:
        return ""
    if view.target.group is None:
        return "" if place.pid == view.pid else f"pid {place.pid} on {place.node.name}"
    _, number = split_account(view.account)
    group = WorkerGroup.objects.filter(session_id=number, number=view.target.group).first()
    if group is None or group.restart_token or group.state != GroupState.RUNNING or group.restarts <= view.restarts:
        return ""
    return f"{group.counters.get('pairs', 0)} pairs, restart {group.restarts}"


def _ask_process(place: Placement, view: RestartView) -> RestartView:
    Placement.objects.filter(pk=place.pk).update(restart_token=uuid.uuid4())
    return view


def _ask_group(session: TelegramSession, number: int, view: RestartView) -> RestartView:
    groups = {group.number: group for group in WorkerGroup.objects.filter(session=session).order_by("number")}
    if number not in groups:
        known = ", ".join(f"{session.name}/{group}" for group in groups)
        raise NotFound(
            f"Session {session.name} has no group {number}.", hint=f"It has {known}." if known else "It has no pairs."
        )
    group = groups[number]
    WorkerGroup.objects.filter(pk=group.pk).update(restart_token=uuid.uuid4())
    return replace(view, pairs=group.counters.get("pairs", 0), restarts=group.restarts)
