"""A change of master key: every data key is wrapped anew under the first of MASTER_KEYS.

Each secret is a step of its own that either happened or did not, and those that are done are not found again: whatever
ends a rotation, the next one goes on where it stood.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import models, transaction

from project.core.audit import record
from project.core.crypto import Keyring, rewrap
from project.core.errors import SecretError
from project.core.sealed import Column, columns, owner_of

BATCH = 50  # rows of one transaction; a worker that stores its state waits for no more than these
_ROUNDS = 3  # workers store secrets meanwhile: what they changed under our hands is read again


@dataclass(frozen=True, slots=True)
class Progress:
    """`done` secrets of `total` are wrapped by the first key."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Rotation:
    """`left` are wrapped by an older key still: written meanwhile by a process with older settings, or `shut`.

    `shut` names the secrets that no key opens, with the reason.
    """

    rewrapped: int
    left: int
    shut: tuple[str, ...]


def rotate(keys: Keyring, *, actor: str, tell: Callable[[Progress], None]) -> Rotation:
    """Wrap every data key under the first master key. Safe beside running workers, and after a kill at any moment."""
    total = sum(column.rows().count() for column in columns())
    done = total - _left(keys)
    tell(Progress(done, total))
    rewrapped, shut = 0, dict[str, str]()
    for _round in range(_ROUNDS):
        for column in columns():
            after = None
            while batch := _batch(column, keys, after):
                after = batch[-1].pk
                rewrapped += _rewrap(column, batch, keys, shut)
                tell(Progress(done + rewrapped, total))
        if _left(keys) <= len(shut):
            break
    rotation = Rotation(rewrapped, _left(keys), tuple(f"{where}: {why}" for where, why in shut.items()))
    _write_down(rotation, keys, actor)
    return rotation


def _left(keys: Keyring) -> int:
    return sum(column.sealed_with_others(keys).count() for column in columns())


def _batch(column: Column, keys: Keyring, after: Any) -> list[models.Model]:
    rows = column.sealed_with_others(keys)
    return list((rows if after is None else rows.filter(pk__gt=after))[:BATCH])


def _rewrap(column: Column, batch: list[models.Model], keys: Keyring, shut: dict[str, str]) -> int:
    """By compare-and-set: what its worker has replaced meanwhile stays, and is found again in the next round."""
    count = 0
    with transaction.atomic():
        for row in batch:
            old = column.blob(row)
            try:
                new = rewrap(old, owner=owner_of(row), keys=keys)
            except SecretError as error:
                shut[f"{column} of {owner_of(row)}"] = error.for_people()
                continue
            unchanged = column.model._default_manager.filter(pk=row.pk, **{column.name: old})
            count += unchanged.update(**{column.name: new})
    return count


def _write_down(rotation: Rotation, keys: Keyring, actor: str) -> None:
    after = {"key": keys.first.id.hex(), "rewrapped": rotation.rewrapped, "left": rotation.left}
    record(actor=actor, action="keys.rotate", target="installation", after=after, reason="; ".join(rotation.shut[:3]))
