"""Who may use the admin bot: ADMIN_USER_IDS (owners) and the rows of Operator. Every change is audited."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models.functions import Now

from project.core.audit import record
from project.core.clock import database_now
from project.core.config import current
from project.core.errors import Conflict, InvalidInput, NotFound
from project.core.models import Operator
from project.core.operators import CLAIM_LINK, OperatorView, Role

_MOST_USER_ID = 2**52  # Telegram's ids have at most 52 significant bits (Bot API, User.id)
_SEEN_EVERY = timedelta(minutes=10)
_LOCK = "SELECT pg_advisory_xact_lock(hashtext('operators'))"  # "the last owner" must not be judged twice at once


@dataclass(frozen=True, slots=True)
class Admission:
    """An operator at this moment. `since` tells a person who was removed and added again from the one before."""

    view: OperatorView
    since: datetime | None


@dataclass(frozen=True, slots=True)
class OperatorLine:
    """An operator as lists show them. `unreachable`: why the bot cannot write to them, "" when it can."""

    view: OperatorView
    by_setting: bool
    added_by: str
    seen_at: datetime | None
    unreachable: str
    unreachable_since: datetime | None


def admit(user_id: int, name: str) -> Admission | None:
    """The operator of this id, or None: the one question asked at every message, press and step.

    `name` is what they call themselves now; that they write means that the bot may write to them.
    """
    row = Operator.objects.filter(user_id=user_id).first()
    role = _role(user_id, row)
    if role is None:
        return None
    clean = _clean(name)
    if row is None or row.name != clean or row.unreachable_since is not None or _is_old(row.seen_at):
        note_seen(user_id, clean)
    return Admission(OperatorView(user_id, clean, role), _since(row))


def standing(user_id: int, *, not_after: datetime | None = None) -> OperatorView | None:
    """The operator of this id now, or None; asked by the admin site, so it does not count as writing to the bot.

    With `not_after`: also None for who was put on the whitelist later.
    """
    row = Operator.objects.filter(user_id=user_id).first()
    role = _role(user_id, row)
    by_setting = user_id in current().admin_user_ids
    later = row is not None and not_after is not None and row.since > not_after
    return None if role is None or (later and not by_setting) else OperatorView(user_id, row.name if row else "", role)


def admitted(user_id: int) -> Admission | None:
    """As `standing`, with what tells this person from who was removed and added again."""
    row = Operator.objects.filter(user_id=user_id).first()
    role = _role(user_id, row)
    return None if role is None else Admission(OperatorView(user_id, row.name if row else "", role), _since(row))


def list_operators() -> list[OperatorLine]:
    """Everybody who may use the bot, owners first."""
    rows = {row.user_id: row for row in Operator.objects.all()}
    ids = dict.fromkeys((*current().admin_user_ids, *(key for key, row in rows.items() if row.role)))
    lines = [_line(user_id, rows.get(user_id)) for user_id in ids]
    order = list(Role)
    return sorted(lines, key=lambda line: (-order.index(line.view.role), line.view.user_id))


def granted_by(user_id: int) -> str:
    """What made this person an operator: "ADMIN_USER_IDS", "the claim link" or "/operators"."""
    if user_id in current().admin_user_ids:
        return "ADMIN_USER_IDS"
    claimed = Operator.objects.filter(user_id=user_id, added_by=CLAIM_LINK).exists()
    return "the claim link" if claimed else "/operators"


def has_owner() -> bool:
    """Whether somebody may do everything."""
    return bool(current().admin_user_ids) or Operator.objects.filter(role=Role.OWNER).exists()


def add_operator(*, actor: str, user_id: int, role: Role, name: str = "") -> OperatorView:
    """Puts a person on the whitelist. Raises InvalidInput, and Conflict when they are on it."""
    check_user_id(user_id)
    with transaction.atomic():
        lock_operators()
        row = Operator.objects.filter(user_id=user_id).first()
        known = _role(user_id, row)
        if known is not None:
            raise Conflict(
                f"{user_id} is an operator already, as {known}.", hint=f"/operators role {user_id} {role} changes that."
            )
        Operator.objects.update_or_create(
            user_id=user_id,
            defaults={"role": role, "name": _clean(name), "added_by": actor, "since": Now()},
        )
        record(actor=actor, action="operator.add", target=_target(user_id), after={"role": role, "name": _clean(name)})
    return OperatorView(user_id, _clean(name), role)


def change_role(*, actor: str, user_id: int, role: Role) -> OperatorView:
    """Gives an operator another role. Raises NotFound, and Conflict for the last owner and for ADMIN_USER_IDS."""
    with transaction.atomic():
        lock_operators()
        row = _row(user_id)
        if row.role == Role.OWNER and role != Role.OWNER:
            _check_not_last(user_id)
        before, row.role = row.role, role
        row.save(update_fields=["role"])
        record(
            actor=actor,
            action="operator.role",
            target=_target(user_id),
            before={"role": before},
            after={"role": role},
        )
    return OperatorView(user_id, row.name, role)


def remove_operator(*, actor: str, user_id: int) -> OperatorView:
    """Takes a person off the whitelist; their next message is a stranger's. Raises as `change_role`."""
    with transaction.atomic():
        lock_operators()
        row = _row(user_id)
        if row.role == Role.OWNER:
            _check_not_last(user_id)
        view = OperatorView(user_id, row.name, Role(row.role))
        row.delete()
        record(actor=actor, action="operator.remove", target=_target(user_id), before={"role": view.role})
    return view


def check_removable(user_id: int) -> OperatorView:
    """Whom `remove_operator` would remove. Raises as it does; changes nothing."""
    with transaction.atomic():
        row = _row(user_id)
        if row.role == Role.OWNER:
            _check_not_last(user_id)
    return OperatorView(user_id, row.name, Role(row.role))


def note_seen(user_id: int, name: str) -> None:
    """They wrote to the bot: so it may write to them, and this is what they call themselves."""
    Operator.objects.update_or_create(
        user_id=user_id,
        defaults={"name": _clean(name), "seen_at": Now(), "unreachable_since": None, "unreachable_why": ""},
    )


def note_unreachable(user_id: int, why: str) -> None:
    """The bot could not write to them: `/operators` and `/start` say so until they write again."""
    row = Operator.objects.filter(user_id=user_id).first()
    if _role(user_id, row) is None:
        return
    if row is None:
        Operator.objects.get_or_create(user_id=user_id)
    if row is None or row.unreachable_since is None:
        Operator.objects.filter(user_id=user_id).update(unreachable_since=Now(), unreachable_why=why[:200])


def check_user_id(user_id: int) -> None:
    """Raises InvalidInput for what cannot be a person's id."""
    if not 0 < user_id < _MOST_USER_ID:
        raise InvalidInput(
            f"{user_id} is not a Telegram user id.", hint="It is a positive number; /whoami shows each person theirs."
        )


def _is_old(seen_at: datetime | None) -> bool:
    return seen_at is None or database_now() - seen_at > _SEEN_EVERY


def _since(row: Operator | None) -> datetime | None:
    """None for who is an operator by the settings alone."""
    return row.since if row is not None and row.role else None


def _role(user_id: int, row: Operator | None) -> Role | None:
    if user_id in current().admin_user_ids:
        return Role.OWNER
    return Role(row.role) if row is not None and row.role else None


def _line(user_id: int, row: Operator | None) -> OperatorLine:
    role = _role(user_id, row)
    assert role is not None, "only operators are listed"
    return OperatorLine(
        view=OperatorView(user_id, row.name if row else "", role),
        by_setting=user_id in current().admin_user_ids,
        added_by=row.added_by if row else "",
        seen_at=row.seen_at if row else None,
        unreachable=_unreachable(row),
        unreachable_since=row.unreachable_since if row else None,
    )


def _unreachable(row: Operator | None) -> str:
    if row is not None and row.unreachable_since is not None:
        return row.unreachable_why or "the bot was refused"
    return "" if row is not None and row.seen_at is not None else "has not written to the bot yet"


def _row(user_id: int) -> Operator:
    if user_id in current().admin_user_ids:
        raise Conflict(f"{user_id} is an owner by ADMIN_USER_IDS.", hint="Change that setting and restart the bot.")
    row = Operator.objects.select_for_update().filter(user_id=user_id).exclude(role="").first()
    if row is None:
        raise NotFound(f"{user_id} is not an operator.", hint="/operators lists them.")
    return row


def _check_not_last(user_id: int) -> None:
    others = Operator.objects.filter(role=Role.OWNER).exclude(user_id=user_id)
    if not current().admin_user_ids and not others.exists():
        raise Conflict("This is the last owner.", hint="Make somebody else an owner first: /operators add ID owner")


def lock_operators() -> None:
    """Until the transaction ends, nobody else judges who owns the bot."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK)


def _clean(name: str) -> str:
    """A person's name may hold anything: one printable line of it."""
    return re.sub(r"\s+", " ", "".join(char for char in name if char.isprintable())).strip()[:100]


def _target(user_id: int) -> str:
    return f"operator:{user_id}"
