"""The id file: which installation this host belongs to, and how far it has seen the database's log.

It must not be in backups. A copy is recognised: the file names its own inode, which a copy does not have.
"""

from __future__ import annotations

import os
import uuid
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

from project.core.errors import SettingError

NAME = "installation-id"
_FIELDS = ("id", "timeline", "log", "earlier", "inode")
_ABOUT = (
    "# Binds this folder to its database. Leave it out of backups and copies; "
    "`python manage.py adopt` makes a new one.\n"
)


@dataclass(frozen=True, slots=True)
class Mark:
    """What the file says. `log` and `earlier` are places in PostgreSQL's write-ahead log, in bytes: the last one seen,
    and one seen at least a minute before it. `copied`: the file was not written here."""

    uid: uuid.UUID
    timeline: int
    log: int
    earlier: int
    copied: bool = False


def mark_path(var_dir: Path) -> Path:
    """Where the id file of this host is."""
    return var_dir / NAME


def read_mark(var_dir: Path) -> Mark | None:
    """The id file; None when there is none. Raises SettingError when it cannot be read or understood."""
    path = mark_path(var_dir)
    try:
        with path.open() as file:
            lines, inode = file.read(4096).splitlines(), os.fstat(file.fileno()).st_ino
        values = dict(line.split("=", 1) for line in lines if not line.startswith("#"))
        uid, timeline, log, earlier, written = (values[name] for name in _FIELDS)
        return Mark(uuid.UUID(uid), int(timeline), int(log), int(earlier), copied=int(written) != inode)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SettingError("VAR_DIR", f"{path} cannot be read ({error.strerror}).") from error
    except (ValueError, KeyError) as error:
        raise SettingError("VAR_DIR", f"{path} is damaged.") from error


def write_mark(var_dir: Path, mark: Mark) -> None:
    """Put `mark` in the place of the file, at once and durably. Raises SettingError."""
    path = mark_path(var_dir)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile("w", dir=var_dir, prefix=f"{NAME}.", delete=False) as file:
            values = (mark.uid, mark.timeline, mark.log, mark.earlier, os.fstat(file.fileno()).st_ino)
            pairs = zip(_FIELDS, values, strict=True)
            file.write(_ABOUT + "".join(f"{name}={value}\n" for name, value in pairs))
            file.flush()
            os.fsync(file.fileno())
        Path(file.name).replace(path)
    except OSError as error:
        raise SettingError("VAR_DIR", f"{path} cannot be written ({error.strerror}).") from error
