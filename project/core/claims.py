"""The link that makes the first person who opens it the owner, while there is none. Only hashes are stored."""

from __future__ import annotations

import hmac
from datetime import timedelta

from django.db import transaction
from django.db.models.functions import Now

from project.core.audit import record
from project.core.claim_token import PREFIX, hash_of, new_token
from project.core.config import current
from project.core.models import Operator, OwnerClaim
from project.core.operators import CLAIM_LINK, OperatorView, Role
from project.core.secret import Secret
from project.core.whitelist import has_owner, lock_operators

__all__ = ["LIFETIME", "PREFIX", "claim", "make_claim"]

LIFETIME = timedelta(hours=24)


def make_claim(*, actor: str) -> Secret | None:
    """A new token, good for 24 h and once, in place of the one before; None when there is an owner."""
    if has_owner():
        return None
    token = new_token()
    with transaction.atomic():
        values = {"token_hash": hash_of(token), "expires_at": Now() + LIFETIME}
        OwnerClaim.objects.update_or_create(only=True, defaults=values)
        record(actor=actor, action="operator.claim_link", target="operators")
    return token


def claim(*, user_id: int, name: str, token: Secret) -> OperatorView | None:
    """Makes this person the owner when the token is right and nobody owns the bot; None otherwise."""
    with transaction.atomic():
        lock_operators()
        digest = hash_of(token)
        if has_owner() or not _is_open(digest):
            return None
        OwnerClaim.objects.update_or_create(
            only=True, defaults={"token_hash": "", "expires_at": None, "used_hash": digest}
        )
        Operator.objects.update_or_create(
            user_id=user_id,
            defaults={"role": Role.OWNER, "name": name[:100], "added_by": CLAIM_LINK, "since": Now()},
        )
        record(actor=f"bot:{user_id}", action="operator.claim", target=f"operator:{user_id}", after={"role": "owner"})
    return OperatorView(user_id, name[:100], Role.OWNER)


def _is_open(digest: str) -> bool:
    """The link that `init` printed is good until the first was used; those of `doctor` for their time."""
    row = OwnerClaim.objects.annotate(now=Now()).filter(only=True).first()
    valid = [current().owner_claim_hash] if row is None or not row.used_hash else []
    if row is not None and row.expires_at is not None and row.now < row.expires_at:
        valid.append(row.token_hash)
    return any(hmac.compare_digest(one.encode(), digest.encode()) for one in valid)
