"""Whether somebody is an operator now; asked by the admin site, so it does not count as writing to the bot."""

from __future__ import annotations

from datetime import datetime

from project.core.config import current
from project.core.models import Operator
from project.core.operators import OperatorView, Role


def standing(user_id: int, *, not_after: datetime | None = None) -> OperatorView | None:
    """The operator of this id, or None. With `not_after`: also None for who was put on the whitelist later."""
    row = Operator.objects.filter(user_id=user_id).first()
    name = row.name if row else ""
    if user_id in current().admin_user_ids:
        return OperatorView(user_id, name, Role.OWNER)
    if row is None or not row.role or (not_after is not None and row.since > not_after):
        return None
    return OperatorView(user_id, name, Role(row.role))
