"""The master keys: which there are, and whether they open what is sealed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from project.core.checks import Check, failed, ok, warning
from project.core.config import Config
from project.core.crypto import Keyring, sealed_with, unseal
from project.core.errors import SecretError
from project.core.sealed import sealed_secrets
from project.core.words import counted

_ROTATE = "`python manage.py rotatekeys` seals them with the new one."


def check_keyring(config: Config) -> Check:
    """Their fingerprints, as `manage.py init` told them."""
    first, *others = (key.id.hex() for key in config.master_keys.keys)
    also = f"; also opened with: {', '.join(others)}" if others else ""
    return ok("master keys", f"New secrets are sealed with {first}{also}.")


def check_secrets(config: Config) -> Iterator[Check]:
    """Opens every sealed secret. Raises OperationalError."""
    opened: Counter[str] = Counter()
    shut: list[str] = []
    for owner, blob in sealed_secrets():
        try:
            unseal(blob, owner=owner, keys=config.master_keys)
            opened[sealed_with(blob)] += 1
        except SecretError as error:
            shut.append(f"{owner}: {error.for_people()}")
    if shut:
        text = f"{_share(len(shut), len(shut) + opened.total())}; the first is of {shut[0]}"
        yield failed("secrets", text, "Put the key they were sealed with back into MASTER_KEYS.")
    elif opened:
        yield ok("secrets", f"{counted(opened.total(), 'sealed secret')} can be opened.")
    yield from _older(opened, config.master_keys)


def _share(shut: int, total: int) -> str:
    if total == 1:
        return "The only sealed secret does not open"
    return f"{shut} of {total} sealed secrets {'does' if shut == 1 else 'do'} not open"


def _older(opened: Counter[str], keys: Keyring) -> Iterator[Check]:
    older = opened.total() - opened[keys.first.id.hex()]
    if older:
        yield warning(
            "secrets",
            f"{older} {'is' if older == 1 else 'are'} sealed with an older key: keep it in MASTER_KEYS.",
            _ROTATE,
        )
