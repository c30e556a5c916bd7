"""The key file of an installation on embedded servers: made at the first start, read by its owner only."""

from __future__ import annotations

import os
import secrets
import stat
from dataclasses import dataclass, field
from pathlib import Path

from project.core.crypto import new_key
from project.core.dotenv import read_dotenv
from project.core.errors import InvalidInput, SettingError


@dataclass(frozen=True, slots=True)
class KeyFile:
    """What the file holds. `created` tells that this call made it."""

    master_keys: str = field(repr=False)
    secret_key: str = field(repr=False)
    created: bool


def ensure(path: Path) -> KeyFile:
    """Read the key file, making it first when there is none. Safe when several processes start at once.

    Raises SettingError when it can be neither made nor read.
    """
    try:
        created = not path.exists() and _create(path)
        return read(path, created=created)
    except OSError as error:
        raise SettingError("VAR_DIR", f"the key file {path} cannot be made or read ({error.strerror}).") from error


def read(path: Path, *, created: bool = False) -> KeyFile:
    """Read the key file. Raises SettingError when others can read it or a key is missing."""
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise SettingError("MASTER_KEYS", f"the key file {path} can be read by others.", hint=f"chmod 600 {path}")
    try:
        values = read_dotenv(path.read_bytes())
    except InvalidInput as error:
        raise SettingError(
            "VAR_DIR", f"the key file {path} cannot be read: {error.message}.", hint=error.hint
        ) from None
    try:
        return KeyFile(values["MASTER_KEYS"], values["SECRET_KEY"], created)
    except KeyError as missing:
        raise SettingError(str(missing.args[0]), f"is not in the key file {path}.") from None


def new_secret_key() -> str:
    """A fresh SECRET_KEY (384 bits)."""
    return secrets.token_urlsafe(48)


def _create(path: Path) -> bool:
    """Write beside, then link: whoever links first wins, and nobody ever reads half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(f"MASTER_KEYS={new_key()}\nSECRET_KEY={new_secret_key()}\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        return False
    finally:
        draft.unlink()
    return True
