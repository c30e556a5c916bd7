"""One-time links by which an operator gets from the admin bot to the admin site, without a password."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.db import transaction
from django.db.models.functions import Now
from django.urls import get_resolver

from project.core.audit import record
from project.core.config import current
from project.core.models import ConsoleLink
from project.core.operators import OperatorView
from project.core.secret import Secret
from project.core.whitelist import standing

LIFETIME = timedelta(minutes=5)


def make_link(operator: OperatorView) -> str:
    """A link that signs this operator in: once, within 5 minutes. It is a secret; an older one of theirs is void."""
    token = Secret(secrets.token_urlsafe(32))
    values = {"token_hash": _hash(token), "made_at": Now(), "expires_at": Now() + LIFETIME}
    with transaction.atomic():
        ConsoleLink.objects.update_or_create(user_id=operator.user_id, defaults=values)
        record(actor=operator.actor, action="console.link", target=f"operator:{operator.user_id}")
    path = get_resolver().reverse("console-sign-in", token.reveal())  # without a prefix: each thread has its own
    return f"{current().public_url}/{path}"


def look_at_link(token: Secret) -> OperatorView | None:
    """Whom the link would sign in; None when it is unknown, used or too old, or its owner is no operator any more."""
    return _admitted(ConsoleLink.objects.filter(token_hash=_hash(token), expires_at__gt=Now()).first())


def use_link(token: Secret) -> OperatorView | None:
    """The same, and the link is used up. Of several at once one gets it."""
    with transaction.atomic():
        link = ConsoleLink.objects.select_for_update().filter(token_hash=_hash(token), expires_at__gt=Now()).first()
        operator = _admitted(link)
        if link is None or operator is None:
            return None
        link.delete()
        record(actor=operator.actor, action="console.sign_in", target=f"operator:{operator.user_id}")
    return operator


def _admitted(link: ConsoleLink | None) -> OperatorView | None:
    """Somebody who was removed and added again since is not the person that the link was made for."""
    return standing(link.user_id, not_after=link.made_at) if link is not None else None


def _hash(token: Secret) -> str:
    return hashlib.sha256(token.reveal().encode()).hexdigest()
