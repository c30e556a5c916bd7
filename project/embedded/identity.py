"""Under which user PostgreSQL runs: it refuses root, and initdb wants a user that has a name."""

from __future__ import annotations

import os
import pwd
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

from project.core.errors import SettingError
from project.embedded.child import SAME_USER, launched

_OVERFLOW_UID = 65534  # every user unknown to a namespace looks like this one
_PROBE_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Identity:
    """How to start a server (`spec` is the launcher's argument), and who then owns its files."""

    spec: str
    owner_uid: int
    owner_gid: int


def choose(program: Path, directory: Path) -> Identity:
    """The first identity that may run `program` and enter `directory`. Raises SettingError when none may."""
    problems = []
    for identity in candidates():
        problem = _probe(program, directory, identity)
        if not problem:
            return identity
        problems.append(problem)
    raise SettingError(
        "DATABASE_URL",
        f"the embedded PostgreSQL cannot be started here ({'; '.join(problems)})",
        hint="Run the program as an ordinary user who may read it, or set DATABASE_URL to a server.",
    )


def candidates() -> list[Identity]:
    """The ways to try here, best first."""
    uid, gid = os.geteuid(), os.getegid()
    if uid != 0 and _has_name(uid):
        return [Identity(SAME_USER, uid, gid)]
    user = _some_user()
    namespace = Identity(f"namespace:{user.pw_uid}:{user.pw_gid}", uid, gid)
    if uid != 0:
        return [namespace]
    return [namespace, Identity(f"user:{user.pw_uid}:{user.pw_gid}", user.pw_uid, user.pw_gid)]


def _has_name(uid: int) -> bool:
    try:
        return bool(pwd.getpwuid(uid).pw_name)
    except KeyError:
        return False


def _some_user() -> pwd.struct_passwd:
    """Any user but root that has a name; `nobody` last, since its id also stands for the unknown."""
    users = sorted(pwd.getpwall(), key=lambda user: (user.pw_uid == _OVERFLOW_UID, user.pw_uid))
    for user in users:
        if user.pw_uid != 0:
            return user
    raise SettingError(
        "DATABASE_URL",
        "the embedded PostgreSQL refuses to run as root, and this system knows no other user",
        hint="Set DATABASE_URL to a server.",
    )


def _probe(program: Path, directory: Path, identity: Identity) -> str:
    command = launched(
        [str(program), "--version"], directory=directory, death_signal=signal.SIGKILL, identity=identity.spec
    )
    answer = subprocess.run(  # noqa: S603 - a command line of our own making
        command, capture_output=True, text=True, timeout=_PROBE_SECONDS, check=False
    )
    return "" if answer.returncode == 0 else answer.stderr.strip() or f"exit code {answer.returncode}"
