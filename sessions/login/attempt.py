"""The open attempt as its worker reads and writes it. Every step is one fenced transaction, so a worker that dies
between two steps leaves an attempt that goes on."""

from __future__ import annotations

from dataclasses import dataclass

from project.core.config import current
from project.core.crypto import seal, unseal
from project.core.leases import Holding
from project.core.link import Link
from project.core.secret import Secret
from project.telegram.values import CodeSent
from sessions.accounts import fence
from sessions.models.login import OPEN_STEPS, LoginKind, LoginStep

_OPEN = """
SELECT id, kind, step, sealed_state, sealed_answer, tries, expires_at < clock_timestamp() AS expired,
       extract(epoch FROM link_until - clock_timestamp())::float8 AS link_left
FROM tg_sessions_loginattempt WHERE account = $1 AND step = ANY($2)
"""
_STEP = """
UPDATE tg_sessions_loginattempt
SET step = $3, tries = tries + $4, error = $5, sealed_answer = NULL, sealed_link = NULL,
    updated_at = clock_timestamp()
WHERE id = $1 AND step = $2
"""
_END = """
UPDATE tg_sessions_loginattempt
SET step = $3, error = $4, sealed_answer = NULL, sealed_link = NULL, sealed_state = NULL,
    updated_at = clock_timestamp()
WHERE id = $1 AND step = $2
"""
_CODE = """
UPDATE tg_sessions_loginattempt
SET step = 'code_sent', sealed_state = $3, delivery = $4, code_length = $5, next_delivery = $6,
    resend_at = clock_timestamp() + make_interval(secs => $7),
    sealed_answer = NULL, error = '', updated_at = clock_timestamp()
WHERE id = $1 AND step = $2
"""
_LINK = """
UPDATE tg_sessions_loginattempt
SET step = 'qr_shown', sealed_link = $3, link_until = clock_timestamp() + make_interval(secs => $4), error = '',
    updated_at = clock_timestamp()
WHERE id = $1 AND step = $2
"""


@dataclass(frozen=True, slots=True)
class Attempt:
    """The open attempt of the account that this process holds."""

    link: Link
    holding: Holding
    id: int
    kind: LoginKind
    step: LoginStep
    tries: int
    expired: bool
    link_left: float | None  # seconds for which the QR code that is shown is good
    sealed_state: bytes | None
    sealed_answer: bytes | None

    @property
    def answer(self) -> Secret:
        """What the person typed."""
        return self._open(self.sealed_answer)

    @property
    def code_hash(self) -> str:
        """Telegram's name of the code that it sent."""
        return self._open(self.sealed_state).reveal()

    def _open(self, sealed: bytes | None) -> Secret:
        return Secret(unseal(sealed or b"", owner=self.holding.account, keys=current().master_keys).decode())

    def _seal(self, text: str) -> bytes:
        return seal(text.encode(), owner=self.holding.account, keys=current().master_keys)

    async def move(self, step: LoginStep, *, tries: int = 0, error: str = "") -> None:
        """To the next step, unless somebody else moved it. Raises FenceLost."""
        await self._write(_STEP, step.value, tries, error[:300])

    async def end(self, step: LoginStep, *, error: str = "") -> None:
        """DONE or FAILED; nothing sealed stays. Raises FenceLost."""
        await self._write(_END, step.value, error[:300])

    async def show_code(self, sent: CodeSent) -> None:
        """A code is on its way. Raises FenceLost."""
        wait = float(sent.timeout) if sent.next_kind else None
        sealed = self._seal(sent.phone_code_hash)
        await self._write(_CODE, sealed, sent.kind, sent.length or None, sent.next_kind, wait)

    async def show_link(self, url: Secret, seconds: float) -> None:
        """A QR code is to be shown for that long. Raises FenceLost."""
        await self._write(_LINK, self._seal(url.reveal()), seconds)

    async def _write(self, statement: str, *values: object) -> None:
        async with self.link.use() as conn, conn.transaction():
            await fence(conn, self.holding)
            await conn.execute(statement, self.id, self.step.value, *values)


async def open_attempt_of(link: Link, holding: Holding) -> Attempt | None:
    """The attempt that is open for the account, if any."""
    async with link.use() as conn:
        row = await conn.fetchrow(_OPEN, holding.account, [step.value for step in OPEN_STEPS])
    if row is None:
        return None
    return Attempt(
        link=link,
        holding=holding,
        id=row["id"],
        kind=LoginKind(row["kind"]),
        step=LoginStep(row["step"]),
        tries=row["tries"],
        expired=row["expired"],
        link_left=row["link_left"],
        sealed_state=row["sealed_state"],
        sealed_answer=row["sealed_answer"],
    )
