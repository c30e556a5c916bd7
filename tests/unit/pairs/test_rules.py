"""Keys, cycles, waits, attempts and plans."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pairs.domain.cycles import closes_cycle
from pairs.domain.keys import PartName, content_hash, idempotency_key, random_id
from pairs.forward.plan import Planner
from pairs.lane.attempts import SETTLE_TIME, after_ambiguous, attempt_of, settle_wait
from pairs.lane.backoff import backoff
from pairs.lane.hop import Attempt
from pairs.lane.waits import Waits
from pairs.models.delivery import HopState
from project.core.message import (
    Attachment,
    Author,
    EventKind,
    MediaKind,
    Message,
    Node,
    Style,
    decode,
    encode,
    storable,
)
from tests.unit.pairs.builders import due, event

NAME = PartName(1, "tg:10", 5, EventKind.CREATE, 0, 1, 0)
PHOTO = Attachment(MediaKind.PHOTO, "a.png", "image/png", 5)


# --- keys


def test_a_key_fits_discord_and_is_the_same_each_time() -> None:
    key = idempotency_key(b"k", NAME)
    assert key == idempotency_key(b"k", NAME)
    assert key != idempotency_key(b"other", NAME)
    assert len(key) <= 25


@pytest.mark.parametrize("change", [(2, "tg:10", 5), (1, "dc:10", 5), (1, "tg:10", 6)])
def test_another_part_has_another_key(change: tuple[int, str, int]) -> None:
    other = PartName(*change, EventKind.CREATE, 0, 1, 0)
    assert idempotency_key(b"k", other) != idempotency_key(b"k", NAME)


def test_keys_and_hashes_outlive_an_upgrade() -> None:
    """The journal compares them with those that an older release stored."""
    photo = Attachment(*_args(PHOTO, url="https://x"))
    bold = Node(Style.BOLD, children=(Node(Style.TEXT, "hello"),))
    message = Message("dc:1", 5, 100, (bold,), Author("Ann", 3), (photo,), 4, 6, 7, "note")
    assert idempotency_key(b"k", NAME) == "1724e0a5f104c885a3692be7"
    assert content_hash(message).hex() == "7db7bf2cd104f95b12fe558f1ce4022c"


@given(st.binary(min_size=12, max_size=12))
def test_a_random_id_is_a_signed_64_bit_number(key: bytes) -> None:
    assert -(2**63) <= random_id(key.hex()) < 2**63


def test_the_hash_is_about_what_readers_see() -> None:
    message = Message("dc:1", 5, 100, (Node(Style.TEXT, "hello"),), Author("Ann"), (PHOTO,))
    signed_anew = Message("dc:1", 5, 200, message.text, Author("Bob"), (Attachment(*_args(PHOTO, url="x")),), edited=9)
    assert content_hash(message) == content_hash(signed_anew)
    assert content_hash(message) != content_hash(Message("dc:1", 5, 100, (Node(Style.TEXT, "hallo"),)))


def _args(attachment: Attachment, *, url: str) -> tuple[object, ...]:
    return (attachment.kind, attachment.name, attachment.mime, attachment.size, attachment.index, url)


@given(st.text(alphabet=st.characters(codec=None), max_size=40), st.text(max_size=10))
def test_every_text_can_be_stored(text: str, name: str) -> None:
    message = Message("tg:1", 1, 1, (Node(Style.BOLD, children=(Node(Style.TEXT, text),)),), Author(name))
    stored = encode(message)
    stored.encode()
    assert decode(stored) == storable(message)
    assert "\0" not in storable(message).text[0].children[0].text
    assert len(storable(message).text[0].children[0].text) == len(text)


@pytest.mark.parametrize("text", ["a\0b", "half \ud83d here", "\udc00", "😀\0"])
def test_what_cannot_be_stored_is_shown_as_missing(text: str) -> None:
    shown = storable(Message("tg:1", 1, 1, (Node(Style.TEXT, text),))).text[0].text
    assert "\ufffd" in shown


def test_a_written_escape_is_no_nul() -> None:
    message = Message("tg:1", 1, 1, (Node(Style.TEXT, r"\u0000 and \\u0000"),))
    assert decode(encode(message)) == message


# --- cycles


@pytest.mark.parametrize(
    ("routes", "new", "closes"),
    [
        ([], (1, 2), False),
        ([], (1, 1), True),
        ([(2, 1)], (1, 2), True),
        ([(2, 3), (3, 1)], (1, 2), True),
        ([(2, 3), (3, 4)], (1, 2), False),
        ([(2, 3), (3, 2)], (1, 2), False),
        ([(1, 2)], (1, 2), False),
    ],
)
def test_cycles(routes: list[tuple[int, int]], new: tuple[int, int], closes: bool) -> None:
    assert closes_cycle(routes, new) is closes


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=30))
def test_pairs_added_one_by_one_never_make_a_cycle(wanted: list[tuple[int, int]]) -> None:
    routes: list[tuple[int, int]] = []
    for route in wanted:
        if not closes_cycle(routes, route):
            routes.append(route)
    left = set(routes)
    while left:  # a graph without cycles always has a chat that nothing writes into
        free = {route for route in left if route[0] not in {target for _, target in left}}
        assert free
        left -= free


# --- waits and attempts


@given(st.integers(1, 10_000), st.integers())
def test_backoff_grows_and_stays_bounded(attempt: int, seed: int) -> None:
    assert 0.1 <= backoff(attempt, Random(seed)) <= 30
    assert backoff(20, Random(seed)) >= 15


def test_a_wait_stops_its_key_alone_and_a_shorter_one_never_ends_it() -> None:
    now = 100.0
    waits = Waits(lambda: now)
    waits.stop("sender.1:SendMessage", 30)
    waits.stop("sender.1:SendMessage", 5)
    waits.stop("tg:40", 2)
    assert waits.left(["sender.1:SendMessage"]) == 30
    assert waits.left(["tg:40", "sender.1:SendMessage"]) == 30
    assert waits.left(["sender.2:SendMessage", "sender.1:EditMessage"]) == 0
    now = 131.0
    assert waits.left(["sender.1:SendMessage", "tg:40"]) == 0


@pytest.mark.parametrize(
    ("changes", "elapsed", "expected"),
    [
        ({"state": HopState.WAITING, "age": 5.0}, 0.0, Attempt.FIRST),
        ({"state": HopState.SENDING, "age": None}, 0.0, Attempt.FIRST),
        ({"state": HopState.SENDING, "age": 5.0, "identity": "bot.1"}, 0.0, Attempt.KEYED),
        ({"state": HopState.SENDING, "age": 5.0, "identity": "bot.1"}, 60.0, Attempt.UNSURE),
        ({"state": HopState.SENDING, "age": 5.0, "identity": "bot.2"}, 0.0, Attempt.UNSURE),
        ({"state": HopState.SENDING, "age": -3600.0, "identity": "bot.1"}, 0.0, Attempt.UNSURE),
        ({"state": HopState.SENDING, "age": 61.0, "identity": "bot.1"}, 0.0, Attempt.UNSURE),
    ],
)
def test_what_a_row_says_about_its_part(changes: dict[str, object], elapsed: float, expected: Attempt) -> None:
    row = due(event(1), **changes)
    assert attempt_of(row, identity="bot.1", lifetime=60.0, elapsed=elapsed) is expected


def test_no_key_is_worth_anything_where_none_exists() -> None:
    assert after_ambiguous(age=0.0, lifetime=0.0, attempt=Attempt.FIRST) is Attempt.UNSURE
    assert after_ambiguous(age=1.0, lifetime=60.0, attempt=Attempt.FIRST) is Attempt.KEYED
    assert after_ambiguous(age=61.0, lifetime=60.0, attempt=Attempt.KEYED) is Attempt.UNSURE
    assert after_ambiguous(age=1.0, lifetime=60.0, attempt=Attempt.UNSURE) is Attempt.UNSURE


def test_only_what_is_unsure_gets_time_to_show_up() -> None:
    young = due(event(1), state=HopState.SENDING, age=1.0)
    assert settle_wait([(young, Attempt.KEYED)], elapsed=0.0) == 0
    assert settle_wait([(young, Attempt.UNSURE)], elapsed=1.0) == SETTLE_TIME - 2
    assert settle_wait([(due(event(1), age=99.0), Attempt.UNSURE)], elapsed=0.0) <= 0


# --- plans


def test_what_never_stood_here_is_skipped_with_a_reason() -> None:
    planner = Planner(b"k", 1)
    assert planner.edits(event(2, kind=EventKind.EDIT), []).reason
    assert planner.deletes(event(2, kind=EventKind.DELETE), []).reason
    assert planner.posts(event(2), []).reason
