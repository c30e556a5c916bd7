"""An account whose secret does not open is refused, and the audit trail says so: somebody may have changed its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from project.core.errors import SecretError
from sessions.accounts import AccountRecord, load_account

if TYPE_CHECKING:
    from project.core.pg import Connection

# A worker tries again for as long as it lives; one row an hour is enough.
_TELL = """
INSERT INTO core_auditevent (actor, action, target, reason, correlation_id)
SELECT 'worker:' || $1, 'secret.refused', $1, $2, ''
WHERE NOT EXISTS (
    SELECT 1 FROM core_auditevent
    WHERE target = $1 AND action = 'secret.refused' AND at > clock_timestamp() - interval '1 hour')
"""


async def load_opened(conn: Connection, account: str) -> AccountRecord:
    """The account as its rows say. Raises NotFound, and SecretError after it was audited."""
    try:
        return await load_account(conn, account)
    except SecretError as error:
        await conn.execute(_TELL, account, error.for_people())
        raise
