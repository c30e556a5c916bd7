"""account.*: the password, and what clients tell about themselves."""

from __future__ import annotations

import os
from typing import Any

from telethon.tl import types
from telethon.tl.functions import account

from project.sandbox.telegram.errors import RpcRefusedError
from project.sandbox.telegram.passwords import Challenge, Verifier
from project.sandbox.telegram.primes import GENERATOR, PRIME

from .registry import Call, method


def _algorithm(salt1: bytes, salt2: bytes) -> Any:
    return types.PasswordKdfAlgoSHA256SHA256PBKDF2HMACSHA512iter100000SHA256ModPow(
        salt1, salt2, GENERATOR, PRIME.to_bytes(256, "big")
    )


def _password(known: Verifier | None, challenge: Challenge | None) -> Any:
    new = _algorithm(os.urandom(8), os.urandom(16))
    secure, noise = types.SecurePasswordKdfAlgoUnknown(), os.urandom(256)
    if known is None or challenge is None:
        return types.account.Password(new, secure, noise)
    return types.account.Password(
        new,
        secure,
        noise,
        has_password=True,
        current_algo=_algorithm(known.salt1, known.salt2),
        srp_B=challenge.public.to_bytes(256, "big"),
        srp_id=challenge.id,
    )


@method(account.GetPasswordRequest, bots=False, anybody=True)
def get_password(call: Call, request: Any) -> Any:
    """How the password is to be proven; one challenge is good for one check."""
    user_id = call.key.user_id if call.key.user_id is not None else call.key.password_of
    if user_id is None:
        raise RpcRefusedError(call.key.revoked or "AUTH_KEY_UNREGISTERED")
    known = call.state.user(user_id).password
    call.key.challenge = None if known is None else Challenge(known)
    return _password(known, call.key.challenge)


@method(account.UpdateStatusRequest, bots=False)
def update_status(call: Call, request: Any) -> Any:
    """Online or not: nobody here looks at it."""
    return True
