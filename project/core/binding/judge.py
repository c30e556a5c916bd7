"""Whether this host may use the accounts in this database. Pure."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from enum import Enum

from project.core.binding.mark import Mark

ADOPT = (
    "Stop the installation that this is a copy of, then run "
    "`python manage.py adopt --old-is-stopped` with `--resume` or `--from-now`."
)


class Standing(Enum):
    """How a host stands to its database."""

    FREE = "free"  # all is as it was
    UNBOUND = "unbound"  # the first start: bind
    STRANGER = "stranger"  # the database is the right one, but this host has no proof of it
    HELD = "held"  # another database, or one that was held before
    SET_BACK = "set back"  # this database was further once


@dataclass(frozen=True, slots=True)
class Seen:
    """The row of the installation, and beside it what the database says of itself."""

    uid: uuid.UUID
    bound_stamp: str
    bound_timeline: int
    held_because: str
    stamp: str
    timeline: int
    log: int

    @property
    def switched(self) -> bool:
        """A fail-over since the binding."""
        return self.bound_timeline != self.timeline


@dataclass(frozen=True, slots=True)
class Verdict:
    """`why` is a sentence for a person, empty when nothing is held."""

    standing: Standing
    why: str = ""

    @property
    def held(self) -> bool:
        """No account may be used."""
        return self.standing not in (Standing.FREE, Standing.UNBOUND)

    def sentence(self) -> str:
        """What to say and do, in one line."""
        return f"Every account is held: {self.why} {ADOPT}" if self.held else ""


def judge(seen: Seen, mark: Mark | None) -> Verdict:
    """Compare the database with what it was bound as, and with this host's id file."""
    if not seen.bound_stamp:
        return Verdict(Standing.UNBOUND)
    if seen.held_because:
        return Verdict(Standing.HELD, seen.held_because)
    if seen.stamp != seen.bound_stamp:
        return Verdict(Standing.HELD, _other_database(seen))
    if mark is None:
        return Verdict(Standing.STRANGER, "VAR_DIR has no installation-id, but the database belongs to one.")
    if mark.copied:
        return Verdict(Standing.STRANGER, "VAR_DIR/installation-id is a copy.")
    if mark.uid != seen.uid:
        return Verdict(Standing.STRANGER, "VAR_DIR/installation-id is that of another installation.")
    if _was_further(mark, seen):
        return Verdict(Standing.SET_BACK, "the database was set back to an earlier state.")
    return Verdict(Standing.FREE)


def _was_further(mark: Mark, seen: Seen) -> bool:
    """A fail-over may lose what its replica had not yet; more than a minute of log is no fail-over but a restore."""
    if mark.timeline == seen.timeline:
        return mark.log > seen.log
    return mark.timeline > seen.timeline or mark.earlier > seen.log


def _other_database(seen: Seen) -> str:
    if seen.stamp.partition("/")[0] != seen.bound_stamp.partition("/")[0]:
        return "the database is on another PostgreSQL server than before (restored, copied or upgraded)."
    return "the database was restored from a backup, or is a copy."
