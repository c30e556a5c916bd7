"""Two-step verification: the server's half of SRP (https://core.telegram.org/api/srp)."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field

from .primes import GENERATOR, PRIME

_SIZE = 256
_ITERATIONS = 100_000


def _sha256(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def _padded(number: int) -> bytes:
    return number.to_bytes(_SIZE, "big")


def _number(data: bytes) -> int:
    return int.from_bytes(data, "big")


@dataclass(frozen=True, slots=True)
class Verifier:
    """What the server keeps of a password: two salts and g^x."""

    salt1: bytes
    salt2: bytes
    value: int = field(repr=False)


def verifier(password: str) -> Verifier:
    """The verifier of a new password."""
    salt1, salt2 = os.urandom(40), os.urandom(16)
    first = _sha256(salt2, _sha256(salt1, password.encode(), salt1), salt2)
    stretched = hashlib.pbkdf2_hmac("sha512", first, salt1, _ITERATIONS)
    return Verifier(salt1, salt2, pow(GENERATOR, _number(_sha256(salt2, stretched, salt2)), PRIME))


class Challenge:
    """One offer of account.getPassword; good for one check."""

    def __init__(self, known: Verifier) -> None:
        self.id = _number(os.urandom(7))
        self._known = known
        self._secret = _number(os.urandom(_SIZE))
        k = _number(_sha256(_padded(PRIME), _padded(GENERATOR)))
        self.public = (k * known.value + pow(GENERATOR, self._secret, PRIME)) % PRIME

    def accepts(self, a: bytes, m1: bytes) -> bool:
        """Whether the client's A and M1 prove that it knows the password."""
        client = _number(a)
        if not 1 < client < PRIME - 1:
            return False
        u = _number(_sha256(_padded(client), _padded(self.public)))
        shared = pow(client * pow(self._known.value, u, PRIME), self._secret, PRIME)
        hashed_prime, hashed_g = _sha256(_padded(PRIME)), _sha256(_padded(GENERATOR))
        expected = _sha256(
            bytes(left ^ right for left, right in zip(hashed_prime, hashed_g, strict=True)),
            _sha256(self._known.salt1),
            _sha256(self._known.salt2),
            _padded(client),
            _padded(self.public),
            _sha256(_padded(shared)),
        )
        return expected == m1
