"""How many processes of accounts there is room for: in PostgreSQL's connections, and in a host's memory."""

from __future__ import annotations

from dataclasses import dataclass

CONNECTIONS = 2
"""That an account's process holds: its leases' own, and one for all the rest."""
MIB = 2**20
MEMORY = 40 * MIB
"""Bytes that one more account takes of its host, its two server processes in an embedded PostgreSQL included."""


@dataclass(frozen=True, slots=True)
class Connections:
    """What PostgreSQL allows: `most` at all, `reserved` of them for administrators, `of_role` for the role of account
    processes (negative: as many as there are). `services` stay free for everything else."""

    most: int
    reserved: int
    of_role: int
    services: int

    @property
    def processes(self) -> int:
        """Processes of accounts that have room."""
        left = self.most - self.reserved - self.services
        return max(0, min(left, self.of_role) if self.of_role >= 0 else left) // CONNECTIONS

    def needed(self, processes: int) -> int:
        """What the server's limit has to be for so many."""
        return CONNECTIONS * processes + self.services + self.reserved


def room_in_memory(*, free: int, reserve: int) -> int:
    """Accounts that a host can take when `free` bytes are available and `reserve` are to stay so."""
    return max(0, free - reserve) // MEMORY


def connections_for(memory: int, *, services: int, fewest: int, most: int) -> int:
    """The connections that a server on a machine with so many bytes allows: for the accounts that fit there."""
    return max(fewest, min(most, CONNECTIONS * (memory // MEMORY) + services))
