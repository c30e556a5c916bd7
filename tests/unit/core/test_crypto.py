"""Sealed blobs open for their owner and their key, and for nothing else."""

from __future__ import annotations

import base64
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from project.core.crypto import Keyring, fingerprint, new_key, rewrap, seal, sealed_with, unseal
from project.core.errors import SecretError

KEYS = Keyring.parse(new_key())
OWNER = "session.7"
SOME_KEY = "quJISYQtcIK2b1fOgnC9BNosOf+5ffIoA8JwmDAyxOU="


@given(st.binary(max_size=4096), st.text(max_size=40))
def test_round_trip(content: bytes, owner: str) -> None:
    assert unseal(seal(content, owner=owner, keys=KEYS), owner=owner, keys=KEYS) == content


@given(st.data())
def test_any_changed_bit_is_refused(data: st.DataObject) -> None:
    blob = bytearray(seal(b"auth key", owner=OWNER, keys=KEYS))
    place = data.draw(st.integers(0, len(blob) - 1))
    blob[place] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(SecretError):
        unseal(bytes(blob), owner=OWNER, keys=KEYS)


@given(st.binary(max_size=200))
def test_garbage_is_refused(blob: bytes) -> None:
    with pytest.raises(SecretError):
        unseal(blob, owner=OWNER, keys=KEYS)


def test_a_blob_moved_to_another_row_is_refused() -> None:
    blob = seal(b"auth key", owner="session.7", keys=KEYS)
    with pytest.raises(SecretError):
        unseal(blob, owner="session.8", keys=KEYS)


def test_content_of_one_blob_under_the_wrapped_key_of_another_is_refused() -> None:
    one, other = (seal(b"auth key", owner=OWNER, keys=KEYS) for _ in range(2))
    header = len(one) - 12 - 16 - len(b"auth key")
    with pytest.raises(SecretError):
        unseal(one[:header] + other[header:], owner=OWNER, keys=KEYS)


def test_an_unknown_master_key_is_named_by_its_fingerprint() -> None:
    blob = seal(b"auth key", owner=OWNER, keys=KEYS)
    with pytest.raises(SecretError, match=sealed_with(blob)):
        unseal(blob, owner=OWNER, keys=Keyring.parse(new_key()))


def test_the_content_is_nowhere_in_the_blob_and_every_seal_differs() -> None:
    content = b"a session's whole auth key"
    one, other = (seal(content, owner=OWNER, keys=KEYS) for _ in range(2))
    assert content not in one
    assert one != other


def test_rotation_changes_the_wrapping_key_only() -> None:
    old, new = new_key(), new_key()
    blob = seal(b"auth key", owner=OWNER, keys=Keyring.parse(old))
    both = Keyring.parse(f"{new},{old}")
    rotated = rewrap(blob, owner=OWNER, keys=both)
    assert rotated[-24:] == blob[-24:]
    assert sealed_with(rotated) == fingerprint(base64.b64decode(new))
    assert unseal(rotated, owner=OWNER, keys=Keyring.parse(new)) == b"auth key"
    assert rewrap(rotated, owner=OWNER, keys=both) == rotated
    with pytest.raises(SecretError):
        rewrap(blob, owner="session.8", keys=both)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "0 bytes"),
        ("AAAA", "3 bytes"),
        (base64.b64encode(bytes(32)).decode(), "not random"),
        (base64.b64encode(b"0123456789abcdef0123456789ABCDEF").decode(), "not random"),
        (base64.b64encode(bytes(range(8)) * 4).decode(), "not random"),
        ("!" * 44, "not base64"),
        ("schlüssel", "not base64"),
        (f"{SOME_KEY},", "key 2 has 0 bytes"),
        (f"{SOME_KEY},x", "key 2 is not base64"),
    ],
)
def test_weak_keys_are_refused_without_being_shown(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason) as refused:
        Keyring.parse(text)
    assert not text or text not in str(refused.value)


def test_the_same_key_twice_is_refused() -> None:
    key = new_key()
    with pytest.raises(ValueError, match="twice"):
        Keyring.parse(f"{key}, {key}")


def test_keys_are_not_shown_and_not_pickled() -> None:
    text = new_key()
    keys = Keyring.parse(text)
    assert repr(base64.b64decode(text)) not in repr(keys)
    with pytest.raises(TypeError):
        pickle.dumps(keys)
