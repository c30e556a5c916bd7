"""PostgreSQL's limits as nodes and control read them, and what they leave for processes of accounts."""

from __future__ import annotations

from dataclasses import dataclass

from project.core.config import Config
from project.core.dsn import parse_database_url
from workers.domain.room import Connections

LIMITS = """
    current_setting('max_connections')::int AS most,
    current_setting('superuser_reserved_connections')::int
        + coalesce(nullif(current_setting('reserved_connections', true), ''), '0')::int AS reserved,
    coalesce((SELECT rolconnlimit FROM pg_roles WHERE rolname = {role}), -1) AS of_role
"""
"""Columns of a SELECT; to be formatted with the place of the role's name. `reserved_connections` came with 16."""
_UNBOUND = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Budget:
    """`role` is that of the processes of accounts. `pooled`: they reach PostgreSQL through a pooler, so that their
    connections are not the server's."""

    role: str
    services: int
    pooled: bool

    def connections(self, most: int, reserved: int, of_role: int) -> Connections:
        """With what the server says."""
        return Connections(most, reserved, of_role, self.services)

    def processes(self, most: int, reserved: int, of_role: int) -> int:
        """Processes of accounts that may run at all."""
        return _UNBOUND if self.pooled else self.connections(most, reserved, of_role).processes


def budget_of(config: Config) -> Budget:
    """As the settings say."""
    address = parse_database_url(config.database_accounts_url)
    direct = parse_database_url(config.database_direct_url)
    pooled = (address.host, address.port) != (direct.host, direct.port)
    return Budget(address.user, config.service_connections, pooled)
