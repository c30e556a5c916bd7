"""Who may do what in the database: one role owns the tables, two ordinary ones read and write them.

The processes of accounts connect as a role of their own, whose limit leaves connections for all other services. Limits
and reserved connections bind ordinary roles only, a superuser passes them (PostgreSQL, "Role Attributes").
"""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql

from project.core.config import Config
from project.core.dsn import DatabaseAddress, parse_database_url
from project.core.errors import SettingError
from project.core.logs import get_logger

_ROOM = """
SELECT greatest(0, current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
    - coalesce(nullif(current_setting('reserved_connections', true), ''), '0')::int - %s), rolconnlimit
FROM pg_roles WHERE rolname = %s
"""
_GRANTS = (
    "GRANT CONNECT ON DATABASE {database} TO {role}",
    "GRANT USAGE ON SCHEMA public TO {role}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
    "GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA public TO {role}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT, UPDATE ON SEQUENCES TO {role}",
)

log = get_logger(__name__)


def grant_roles(conn: psycopg.Connection[Any], config: Config) -> None:
    """Make the roles of DATABASE_URL and DATABASE_ACCOUNTS_URL where they are missing, and let them use all tables that
    there are and will be. `conn` is the owner's, in autocommit; a standby has its primary's roles. Raises SettingError
    when it may not make a role."""
    if conn.execute("SELECT pg_is_in_recovery()").fetchone() == (True,):
        return
    owner = parse_database_url(config.database_owner_url).user
    settings = {"DATABASE_URL": config.database_url, "DATABASE_ACCOUNTS_URL": config.database_accounts_url}
    users = {name: parse_database_url(url) for name, url in settings.items()}
    for setting, address in users.items():
        if address.user and address.user != owner:
            _ensure(conn, setting, address)
            for statement in _GRANTS:
                _run(conn, statement, address.user, conn.info.dbname)
    accounts = users["DATABASE_ACCOUNTS_URL"].user
    if accounts and accounts not in (owner, users["DATABASE_URL"].user):
        _limit(conn, accounts, config.service_connections)


def _ensure(conn: psycopg.Connection[Any], setting: str, address: DatabaseAddress) -> None:
    if conn.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [address.user]).fetchone():
        return
    make = sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(address.user))
    if address.password:
        make += sql.SQL(" PASSWORD {}").format(sql.Literal(address.password))
    try:
        conn.execute(make)
    except psycopg.errors.DuplicateObject:  # another program made it just now
        return
    except psycopg.errors.InsufficientPrivilege:
        raise SettingError(
            setting,
            f"the role {address.user} does not exist, and {conn.info.user} may not make it.",
            hint=f"As an administrator: CREATE ROLE {address.user} LOGIN PASSWORD '…'.",
        ) from None


def _limit(conn: psycopg.Connection[Any], role: str, services: int) -> None:
    """What is left when the services have theirs."""
    row = conn.execute(_ROOM, [services, role]).fetchone()
    if row is None or row[0] == row[1]:
        return
    most = row[0]
    try:
        conn.execute(sql.SQL("ALTER ROLE {} CONNECTION LIMIT {}").format(sql.Identifier(role), sql.Literal(most)))
    except psycopg.errors.InsufficientPrivilege:  # an administrator's role: nodes keep to the same figure by themselves
        log.warning("the role's connections are not limited", role=role, wanted=most)


def _run(conn: psycopg.Connection[Any], statement: str, role: str, database: str) -> None:
    names = {"role": sql.Identifier(role), "database": sql.Identifier(database)}
    conn.execute(sql.SQL(statement).format(**names))
