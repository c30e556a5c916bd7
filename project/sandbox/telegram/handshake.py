"""The key exchange of one connection (https://core.telegram.org/mtproto/auth_key)."""

from __future__ import annotations

import hashlib
import os
import time
from typing import Any

from telethon import helpers
from telethon.crypto import AES
from telethon.crypto import AuthKey as ClientKey
from telethon.extensions import BinaryReader
from telethon.tl import functions, types

from .keys import AuthKey
from .primes import GENERATOR, PRIME
from .rsakey import ServerKey

# Any product of two primes does. A client's Pollard rho finds a tiny factor at once, and with the other one huge it
# never finds both in the same step, which would end in the factors 1 and pq (once in 1,000 runs with equal sizes).
_P, _Q = 1_009, 4_503_599_627_370_449
# Nobody eavesdrops on loopback: a short exponent makes many logins cheap.
_SECRET_BYTES = 32


class BadHandshakeError(Exception):
    """The client's step does not follow from the one before; the connection is closed."""


def _number(data: bytes) -> int:
    return int.from_bytes(data, "big")


def _minimal(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _opened(data: bytes) -> Any:
    """The object behind its SHA1, which has to match."""
    reader = BinaryReader(data[20:])
    found = reader.tgread_object()
    if hashlib.sha1(data[20 : 20 + reader.tell_position()], usedforsecurity=False).digest() != data[:20]:
        raise BadHandshakeError("wrong hash")
    return found


class Handshake:
    """Three questions of the client, three answers; the last gives `key`."""

    def __init__(self, server_key: ServerKey) -> None:
        self._server_key = server_key
        self._server_nonce = int.from_bytes(os.urandom(16), "little", signed=True)
        self._nonce = 0
        self._new_nonce = 0
        self._secret = 0
        self._cipher: tuple[bytes, bytes] = (b"", b"")
        self.key: AuthKey | None = None

    def answer(self, request: Any) -> bytes:
        """The server's answer, serialised. Raises BadHandshakeError."""
        if isinstance(request, functions.ReqPqMultiRequest | functions.ReqPqRequest):
            self._nonce = request.nonce
            numbers = [self._server_key.fingerprint]
            return bytes(types.ResPQ(request.nonce, self._server_nonce, _minimal(_P * _Q), numbers))
        if (getattr(request, "nonce", None), getattr(request, "server_nonce", None)) != (
            self._nonce,
            self._server_nonce,
        ):
            raise BadHandshakeError("wrong nonce")
        if isinstance(request, functions.ReqDHParamsRequest):
            return self._offer(request)
        if isinstance(request, functions.SetClientDHParamsRequest) and self._secret:
            return self._agree(request)
        raise BadHandshakeError("unexpected step")

    def _offer(self, request: Any) -> bytes:
        if (_number(request.p), _number(request.q)) != (_P, _Q):
            raise BadHandshakeError("wrong factors")
        try:
            inner = _opened(self._server_key.decrypt(request.encrypted_data))
        except OverflowError:
            raise BadHandshakeError("not encrypted for this server") from None
        self._new_nonce = inner.new_nonce
        self._secret = _number(os.urandom(_SECRET_BYTES))
        offer = bytes(
            types.ServerDHInnerData(
                self._nonce,
                self._server_nonce,
                GENERATOR,
                _minimal(PRIME),
                pow(GENERATOR, self._secret, PRIME).to_bytes(256, "big"),
                int(time.time()),
            )
        )
        sealed = hashlib.sha1(offer, usedforsecurity=False).digest() + offer
        sealed += os.urandom(-len(sealed) % 16)
        self._cipher = helpers.generate_key_data_from_nonce(self._server_nonce, self._new_nonce)
        encrypted = AES.encrypt_ige(sealed, *self._cipher)
        return bytes(types.ServerDHParamsOk(self._nonce, self._server_nonce, encrypted))

    def _agree(self, request: Any) -> bytes:
        inner = _opened(AES.decrypt_ige(request.encrypted_data, *self._cipher))
        public = _number(inner.g_b)
        if not 1 << 1984 < public < PRIME - (1 << 1984):
            raise BadHandshakeError("g_b out of range")
        client_key = ClientKey(_minimal(pow(public, self._secret, PRIME)))
        salt = int.from_bytes(os.urandom(8), "little", signed=True)
        self.key = AuthKey(client_key.key_id, client_key.key, salt)
        proof = client_key.calc_new_nonce_hash(self._new_nonce, 1)
        return bytes(types.DhGenOk(self._nonce, self._server_nonce, proof))
