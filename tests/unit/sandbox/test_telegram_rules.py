"""The rules that need no connection: texts, rates, windows, owners, codes, passwords, packets."""

import os
import random
import types as py

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telethon.password import compute_check
from telethon.tl import types

from project.core.errors import Conflict, InvalidInput, NotFound
from project.sandbox.telegram import text
from project.sandbox.telegram.channels import Channel
from project.sandbox.telegram.clock import Clock
from project.sandbox.telegram.entities import from_tl, to_tl
from project.sandbox.telegram.envelope import BadPacketError, Envelope, Unpacker, packed, seal, unseal
from project.sandbox.telegram.errors import RpcRefusedError, flood_wait
from project.sandbox.telegram.flood import Flood
from project.sandbox.telegram.images import image_size
from project.sandbox.telegram.keys import AuthKey, Usage
from project.sandbox.telegram.login import Logins
from project.sandbox.telegram.messages import KINDS, ChangeKind, Entity, NewFile, StoredMessage
from project.sandbox.telegram.passwords import Challenge, verifier
from project.sandbox.telegram.primes import GENERATOR, PRIME
from project.sandbox.telegram.rpc.history import window
from project.sandbox.telegram.settings import Rate, Settings
from project.sandbox.telegram.world import TelegramWorld


def test_trimming_moves_and_clips_entities_by_utf16_units():
    entities = [Entity("bold", 0, 4), Entity("italic", 4, 5)]
    assert text.tidy(" 𝔘b xyz  ", entities, limit=4096) == (
        "𝔘b xyz",
        (Entity("bold", 0, 3), Entity("italic", 3, 4)),
    )


@pytest.mark.parametrize(
    ("given_text", "kinds"),
    [
        ("https://a.example/b?c=d.", ["url"]),
        ("mail@example.org #tag @name_1", ["hashtag", "mention"]),
        ("#123 @ab", []),
    ],
)
def test_links_names_and_tags_are_found(given_text, kinds):
    assert [entity.kind for entity in text.tidy(given_text, (), limit=4096)[1]] == kinds


def test_nothing_is_found_inside_of_code():
    assert text.tidy("https://a.example", [Entity("code", 0, 17)], limit=99)[1] == (Entity("code", 0, 17),)


@given(st.text(), st.integers(0, 30), st.integers(1, 30))
def test_a_tidied_text_keeps_its_entities_inside(content, offset, length):
    given_entity = [Entity("bold", offset, length)]
    if offset + length > text.units(content):
        with pytest.raises(RpcRefusedError, match="ENTITY_BOUNDS_INVALID"):
            text.tidy(content, given_entity, limit=4096)
        return
    kept, entities = text.tidy(content, given_entity, limit=4096)
    assert kept == content.strip()
    assert all(e.offset >= 0 and e.length > 0 and e.offset + e.length <= text.units(kept) for e in entities)


def test_every_kind_of_entity_survives_the_way_to_telegram_and_back():
    values = {"mention_name": "42", "custom_emoji": "43", "text_url": "https://a.example", "pre": "python"}
    given = tuple(Entity(kind, 1, 2, values.get(kind, "")) for kind in sorted(KINDS))
    assert from_tl(to_tl(given)) == given
    with pytest.raises(RpcRefusedError, match="INPUT_CONSTRUCTOR_INVALID"):
        text.tidy("abc", [Entity("glitter", 0, 1)], limit=9)


def test_a_rate_lets_a_burst_through_and_then_its_pace():
    flood, claim = Flood(), [("key", Rate(per_second=2.0, burst=3))]
    assert [flood.take(claim, 100.0) for _ in range(4)] == [0.0, 0.0, 0.0, 0.5]
    assert flood.take(claim, 100.5) == 0.0
    assert flood.take(claim, 100.5) == 0.5
    assert flood.take([("other", Rate(2.0, 3))], 100.5) == 0.0


def test_a_refused_call_uses_nothing_up():
    flood = Flood()
    tight, wide = ("tight", Rate(1.0, 1)), ("wide", Rate(1.0, 2))
    assert flood.take([tight, wide], 0.0) == 0.0
    assert flood.take([tight, wide], 0.0) == 1.0
    assert flood.take([wide], 0.0) == 0.0


def test_waits_are_whole_seconds_rounded_up():
    assert [flood_wait(wait).name for wait in (0.01, 1.0, 1.2)] == [
        "FLOOD_WAIT_1",
        "FLOOD_WAIT_1",
        "FLOOD_WAIT_2",
    ]


def channel_of(ids):
    channel = Channel(1, "c", 0)
    channel.put(StoredMessage(1, i, date=1000 + i, arrived_at=0.0, arrived_wall=0.0) for i in ids)
    return channel


def asked(**fields):
    plain = {"offset_id": 0, "offset_date": None, "add_offset": 0, "limit": 10, "min_id": 0, "max_id": 0}
    return py.SimpleNamespace(**{**plain, **fields})


@given(
    ids=st.sets(st.integers(1, 60)),
    offset_id=st.integers(0, 65),
    add_offset=st.integers(-70, 70),
    limit=st.integers(0, 70),
    min_id=st.integers(0, 65),
    max_id=st.integers(0, 65),
)
def test_a_window_is_what_telegram_describes(ids, offset_id, add_offset, limit, min_id, max_id):
    newest_first = sorted(ids, reverse=True)
    older = [i for i in newest_first if not offset_id or i < offset_id]
    start = len(newest_first) - len(older) + add_offset
    places = range(start, start + limit)
    expected = [i for place, i in enumerate(newest_first) if place in places]
    expected = [i for i in expected if i > min_id and (not max_id or i < max_id)]

    request = asked(offset_id=offset_id, add_offset=add_offset, limit=limit, min_id=min_id, max_id=max_id)
    assert [m.id for m in window(channel_of(sorted(ids)), request)] == expected


def test_deletions_move_pts_by_their_number():
    channel = channel_of([1, 2, 3])
    channel.record(ChangeKind.POSTED, (3,), 0)
    change = channel.record(ChangeKind.DELETED, (1, 2), 0)
    assert (change.pts, change.count, channel.pts) == (4, 2, 4)
    assert [c.pts for c in channel.changes_after(2)] == [4]
    assert channel.changes_after(4) == []


@pytest.mark.parametrize(
    ("order", "overlap"),
    [("ab", False), ("aab", False), ("aba", True), ("abb", False), ("bab", True), ("bba", False), ("a", False)],
)
def test_two_uses_overlap_when_each_comes_after_the_others_first(order, overlap):
    uses = {"a": Usage(), "b": Usage()}
    for name in order:
        uses[name].touch()
    assert uses["a"].overlaps(uses["b"]) is overlap
    assert uses["b"].overlaps(uses["a"]) is overlap


class Holder:
    def __init__(self, address):
        self.usage = Usage()
        self.address = address


def test_three_owners_are_counted_and_the_key_stays_dead():
    key = AuthKey(1, b"")
    holders = [Holder("127.0.0.1") for _ in range(3)]
    key.connections.extend(holders)
    counts = [key.used_by(holders[i], now=0.0, address_change=10.0) for i in (0, 1, 2, 0, 1, 2)]
    assert counts == [1, 1, 1, 3, 3, 3]
    assert key.dead == "AUTH_KEY_DUPLICATED"


@pytest.mark.parametrize(("gap", "dead"), [(9.0, "AUTH_KEY_DUPLICATED"), (10.0, "")])
def test_a_key_that_moves_too_soon_dies(gap, dead):
    key = AuthKey(1, b"")
    key.used_by(Holder("127.0.1.1"), now=0.0, address_change=10.0)
    key.used_by(Holder("127.0.1.2"), now=gap, address_change=10.0)
    assert key.dead == dead


@pytest.mark.parametrize(
    ("typed", "burns"),
    [("12345", True), ("1-2-3-4-5", True), ("12345-", True), ("1a2b3c4d5", False), ("1234", False), ("0123456", False)],
)
def test_a_typed_code_burns_only_when_telegram_would_see_it(typed, burns):
    logins = Logins(random.Random(1))
    sent = logins.send("+100", 1, Settings(), 0.0)
    sent.code = "12345"
    assert logins.burn("100", typed) is burns


def test_a_code_has_a_lifetime_and_a_number_of_tries():
    settings = Settings(code_lifetime=10.0, code_tries=1)
    logins = Logins(random.Random(1))
    late = logins.send("+100", 1, settings, 0.0)
    with pytest.raises(RpcRefusedError, match="PHONE_CODE_EXPIRED"):
        logins.check(late, late.code, settings, 10.1)
    guessed = logins.send("+100", 1, settings, 0.0)
    with pytest.raises(RpcRefusedError, match="PHONE_CODE_INVALID"):
        logins.check(guessed, "x", settings, 1.0)
    with pytest.raises(RpcRefusedError, match="PHONE_CODE_EXPIRED"):
        logins.check(guessed, guessed.code, settings, 1.0)


def test_the_clients_proof_of_a_password_is_accepted_and_no_other():
    known = verifier("correct horse")
    challenge = Challenge(known)
    algorithm = types.PasswordKdfAlgoSHA256SHA256PBKDF2HMACSHA512iter100000SHA256ModPow(
        known.salt1, known.salt2, GENERATOR, PRIME.to_bytes(256, "big")
    )
    offered = py.SimpleNamespace(
        current_algo=algorithm, srp_B=challenge.public.to_bytes(256, "big"), srp_id=challenge.id
    )
    right, wrong = compute_check(offered, "correct horse"), compute_check(offered, "Correct horse")
    assert challenge.accepts(right.A, right.M1)
    assert not challenge.accepts(wrong.A, wrong.M1)
    assert not challenge.accepts(bytes(256), right.M1)


@given(st.lists(st.binary(min_size=4, max_size=60), max_size=5), st.integers(1, 50))
def test_packets_survive_any_slicing(bodies, step):
    stream = b"".join(packed(number, body) for number, body in enumerate(bodies))
    unpacker, found = Unpacker(), []
    for start in range(0, len(stream), step):
        found += unpacker.feed(stream[start : start + step])
    assert found == bodies


@pytest.mark.parametrize("at", [0, 4, 9, -1])
def test_a_damaged_packet_closes_the_connection(at):
    stream = bytearray(packed(0, b"hello there!"))
    stream[at] ^= 0x55
    with pytest.raises(BadPacketError):
        Unpacker().feed(bytes(stream) + bytes(200))


def test_an_envelope_is_bound_to_its_key_and_side():
    secret = os.urandom(256)
    sealed = seal(secret, 7, Envelope(1, 2, 3, 4, b"body"))
    with pytest.raises(BadPacketError):
        unseal(secret, sealed)


@pytest.mark.parametrize("data", [b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"text"])
def test_what_is_no_image_is_refused(data):
    with pytest.raises(RpcRefusedError, match="IMAGE_PROCESS_FAILED"):
        image_size(data)


def test_a_jpegs_size_is_read_from_its_frame():
    frame = bytes.fromhex("ffd8 ffe0 0004 0000 ffc0 000b 08 0010 0020 01 11 00".replace(" ", ""))
    assert image_size(frame) == (32, 16)


def test_verbs_name_what_is_missing_or_refused():
    world = TelegramWorld()
    user = world.create_user("+1 555 0100", "Ada", username="ada_l")
    channel = world.create_channel("News")
    with pytest.raises(Conflict):
        world.create_user("15550100", "Twin")
    with pytest.raises(Conflict):
        world.create_channel("Other", username="ADA_L")
    with pytest.raises(NotFound):
        world.post(7, "x")
    with pytest.raises(NotFound):
        world.edit(channel, 7, "x")
    with pytest.raises(NotFound):
        world.login_code("+15550100")
    with pytest.raises(InvalidInput, match="MESSAGE_TOO_LONG"):
        world.post(channel, "x" * 4097, author_id=user)
    with pytest.raises(InvalidInput, match="MESSAGE_NOT_MODIFIED"):
        world.edit(channel, world.post(channel, "x"), "x")
    assert [m.text for m in world.messages(channel)] == ["x"]


def test_the_records_of_a_message_tell_when_and_what():
    now = [100.0]
    world = TelegramWorld(clock=Clock(lambda: now[0], lambda: now[0] + 1_000_000))
    channel = world.create_channel("News")
    first = world.post(channel, "one", files=[NewFile("a.txt", "text/plain", b"data")])
    now[0] = 101.5
    world.edit(channel, first, "two")
    world.delete(channel, [first, first, 99])
    (message,) = world.messages(channel)

    assert (message.arrived_at, message.arrived_wall, message.date) == (100_000.0, 1_000_100_000.0, 1_000_100)
    assert (message.text, message.edits[0].at, message.deleted_at) == ("two", 101_500.0, 101_500.0)
    assert world.channel(channel).pts == 4
    assert message.file is not None
    assert world.file_data(message.file.id) == b"data"
