"""Becomes another program that the kernel ends with its parent. Standard library only: it runs alone.

    python -I -S launch.py PARENT SIGNAL IDENTITY DIRECTORY PROGRAM ARGUMENT...

PARENT is the process that must be alive; SIGNAL (a number) is sent when the thread that started us ends.
IDENTITY: `same`; `namespace:UID:GID` (a user namespace where our user has that id); `user:UID:GID` (that
user, who keeps the right to pass closed directories). PostgreSQL refuses root: the last two are for it.
DIRECTORY is entered under that identity; who may not enter it ends here.
"""

from __future__ import annotations

import ctypes
import os
import sys

_PR_SET_PDEATHSIG = 1
_PR_SET_SECUREBITS, _NO_SETUID_FIXUP = 28, 1 << 2
_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE = 47, 2
_CLONE_NEWUSER = 0x10000000
_CAP_DAC_OVERRIDE = 1
_CAPABILITY_VERSION_3 = 0x20080522

_libc = ctypes.CDLL(None, use_errno=True)


def _checked(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def _prctl(option: int, *values: int) -> None:
    padded = [ctypes.c_ulong(value) for value in (*values, 0, 0, 0, 0)[:4]]
    _checked(_libc.prctl(option, *padded), f"prctl({option})")


def _enter_namespace(uid: int, gid: int) -> None:
    """A user namespace where we appear as uid:gid. Files keep their real owner, nothing is given away."""
    real_uid, real_gid = os.geteuid(), os.getegid()
    _checked(_libc.unshare(_CLONE_NEWUSER), "unshare")
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{uid} {real_uid} 1"),
        ("gid_map", f"{gid} {real_gid} 1"),
    ):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)


def _become(uid: int, gid: int) -> None:
    """Another user, with CAP_DAC_OVERRIDE as its only right: the checkout may be below a closed home."""
    _prctl(_PR_SET_SECUREBITS, _NO_SETUID_FIXUP)  # else access(2), which PostgreSQL asks, ignores the right
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    right = 1 << _CAP_DAC_OVERRIDE
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    sets = (ctypes.c_uint32 * 6)(right, right, right, 0, 0, 0)  # effective, permitted, inheritable; low, then high
    _checked(_libc.capset(header, sets), "capset")
    _prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, _CAP_DAC_OVERRIDE)


def _identify(identity: str) -> None:
    kind, *ids = identity.split(":")
    if kind == "namespace":
        _enter_namespace(int(ids[0]), int(ids[1]))
    elif kind == "user":
        _become(int(ids[0]), int(ids[1]))


def main(argv: list[str]) -> None:
    """Take the identity, tie our life to the parent's, become the program."""
    parent, death_signal, identity, directory = int(argv[1]), int(argv[2]), argv[3], argv[4]
    program = argv[5:]
    try:
        _identify(identity)
        os.chdir(directory)
        _prctl(_PR_SET_PDEATHSIG, death_signal)  # last: a change of identity clears it
    except OSError as error:
        sys.exit(f"cannot run {program[0]} as {identity}: {error}")
    if os.getppid() != parent:
        sys.exit("the program that started this one has already ended")
    try:
        os.execv(program[0], program)  # noqa: S606 - this is what the launcher is for
    except OSError as error:
        sys.exit(f"cannot run {program[0]}: {error.strerror}")


if __name__ == "__main__":
    main(sys.argv)
