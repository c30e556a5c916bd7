"""Per-account access hashes: what one account learned is worth nothing to another."""

from __future__ import annotations

import hashlib
import os


class Hashes:
    """Derives access hashes from a secret of this world."""

    def __init__(self) -> None:
        self._secret = os.urandom(32)

    def of(self, viewer_id: int, kind: str, subject_id: int) -> int:
        """The access hash that `viewer_id` has for a "channel", "user" or "file"; never 0."""
        text = f"{viewer_id}:{kind}:{subject_id}".encode()
        digest = hashlib.blake2b(text, key=self._secret, digest_size=8).digest()
        return int.from_bytes(digest, "little", signed=True) or 1
