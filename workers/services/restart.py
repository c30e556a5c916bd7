"""Restarts that a person asks for: of a session's process, or of one of its worker groups."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass

from django.db import transaction

from project.core.audit import record
from project.core.errors import Conflict, InvalidInput, NotFound
from sessions.models import TelegramSession
from sessions.services.login import wake
from sessions.services.registry import find_session
from workers.models import Placement, WorkerGroup

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
    """A restart that was asked for: of the process `pid` on `node`, or of a group of `pairs` within it."""

    target: Target
    node: str
    pid: int | None
    pairs: int


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
        pairs = _ask_process(place) if target.group is None else _ask_group(session, target.group)
        record(
            actor=actor,
            action="worker.restart" if target.group is None else "group.restart",
            target=session.account if target.group is None else f"{session.account}/{target.group}",
            before={"node": place.node.name, "pid": place.pid},
        )
        wake("placements" if target.group is None else session.account)
    return RestartView(target, place.node.name, place.pid, pairs)


def _ask_process(place: Placement) -> int:
    Placement.objects.filter(pk=place.pk).update(restart_token=uuid.uuid4())
    number = int(place.account.partition(".")[2])
    return sum(group.counters.get("pairs", 0) for group in WorkerGroup.objects.filter(session_id=number))


def _ask_group(session: TelegramSession, number: int) -> int:
    groups = {group.number: group for group in WorkerGroup.objects.filter(session=session).order_by("number")}
    if number not in groups:
        known = ", ".join(f"{session.name}/{group}" for group in groups)
        raise NotFound(
            f"Session {session.name} has no group {number}.", hint=f"It has {known}." if known else "It has no pairs."
        )
    WorkerGroup.objects.filter(pk=groups[number].pk).update(restart_token=uuid.uuid4())
    return int(groups[number].counters.get("pairs", 0))
