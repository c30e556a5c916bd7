"""Every sealed secret in the database, found by its column: so that none is forgotten.

Sealed are all binary columns but those of hashes. The owner that a blob is sealed for is its row's `account`, or its
`seal_owner` where the row is no account's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.apps import apps
from django.db import models
from django.db.models import F, Func, QuerySet

from project.core.crypto import ID_BYTES, VERSION, Keyring

_HASH = "hash"
_HEAD = len(VERSION) + ID_BYTES


@dataclass(frozen=True, slots=True)
class Column:
    """A column that holds sealed secrets."""

    model: type[models.Model]
    name: str

    def __str__(self) -> str:
        return f"{self.model._meta.db_table}.{self.name}"

    def rows(self) -> QuerySet[models.Model]:
        """The rows that hold something, by id."""
        names = {"pk", self.name, "account"} & {"pk", *(field.name for field in self.model._meta.concrete_fields)}
        found = self.model._default_manager.exclude(**{f"{self.name}__isnull": True}).exclude(**{self.name: b""})
        return found.only(*names).order_by("pk")

    def sealed_with_others(self, keys: Keyring) -> QuerySet[models.Model]:
        """The rows whose secret is not wrapped by the first master key."""
        head = Func(F(self.name), 1, _HEAD, function="substring", output_field=models.BinaryField())
        others: QuerySet[models.Model] = self.rows().annotate(head_of_blob=head)
        return others.exclude(head_of_blob=VERSION + keys.first.id)

    def blob(self, row: models.Model) -> bytes:
        """The sealed secret of a row."""
        return bytes(getattr(row, self.name))


def columns() -> tuple[Column, ...]:
    """All of them."""
    return tuple(
        Column(model, field.name)
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, models.BinaryField) and _HASH not in field.name
    )


def owner_of(row: models.Model) -> str:
    """Whom the row's secrets are sealed for."""
    owner: str = getattr(row, "account", "") or row.seal_owner  # type: ignore[attr-defined]
    return owner


def sealed_secrets() -> Iterator[tuple[str, bytes]]:
    """Owner and blob of each."""
    for column in columns():
        for row in column.rows().iterator():
            yield owner_of(row), column.blob(row)
