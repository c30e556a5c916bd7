"""Files up and down, streamed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import AsyncIterator

import pytest

from project.core.errors import Refused, Unreachable
from project.discord.rest import FilePart, Post
from project.sandbox.discord.cdn import signed_url
from project.sandbox.discord.routes import CDN_METHOD
from project.sandbox.discord.world import FileIn
from project.sandbox.faults import FaultRule, Phase
from tests.integration.discord.conftest import SEND, Place, limits_with, run_place, until

MIB = 1024 * 1024


def part(data: bytes, *, name: str = "a.bin", mime: str = "image/png", size: int | None = None) -> FilePart:
    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(data), 65_536):
            yield data[start : start + 65_536]

    return FilePart(name, mime, len(data) if size is None else size, chunks)


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("by", ["bot", "webhook"])
async def test_several_files_arrive_whole_and_in_order(place: Place, by: str) -> None:
    contents = [os.urandom(3 * MIB + 7), b"", os.urandom(100)]
    files = tuple(part(data, name=f"{i}.png") for i, data in enumerate(contents))
    if by == "bot":
        await place.rest.send(place.channel, Post("caption", files=files, nonce="f1"))
    else:
        await place.rest.execute(place.hook, Post("caption", files=files))
    (stored,) = place.standing()
    assert stored.content == "caption"
    assert [(file.name, file.sha256) for file in stored.files] == [
        (f"{i}.png", sha(data)) for i, data in enumerate(contents)
    ]
    assert stored.allowed_mentions == {"parse": []}


async def test_an_upload_starts_before_its_file_is_there(place: Place) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield bytes(300_000)
        await until(lambda: place.calls(SEND))  # a buffered upload would wait here for ever
        yield bytes(300_000)

    await place.rest.send(place.channel, Post("", files=(FilePart("a", "a/b", 600_000, chunks),)))
    assert place.standing()[0].files[0].size == 600_000


async def test_a_file_without_any_text(place: Place) -> None:
    await place.rest.send(place.channel, Post("", files=(part(b"x"),)))
    assert len(place.standing()[0].files) == 1


@pytest.mark.parametrize("by", ["bot", "webhook"])
async def test_an_edit_of_the_text_keeps_all_files(place: Place, by: str) -> None:
    post = Post("one", files=(part(b"a", name="a"), part(b"b", name="b")))
    if by == "bot":
        sent = await place.rest.send(place.channel, post)
        await place.rest.edit(place.channel, sent, Post("two"))
    else:
        sent = await place.rest.execute(place.hook, post)
        await place.rest.edit_executed(place.hook, sent, Post("two"))
    (stored,) = place.standing()
    assert (stored.content, [file.name for file in stored.files]) == ("two", ["a", "b"])


async def test_an_edit_with_files_replaces_them(place: Place) -> None:
    sent = await place.rest.send(place.channel, Post("one", files=(part(b"a", name="a"),)))
    await place.rest.edit(place.channel, sent, Post("two", files=(part(b"b", name="b"),)))
    (stored,) = place.standing()
    assert (stored.content, [file.name for file in stored.files]) == ("two", ["b"])


async def test_too_large_is_refused_for_good(place: Place) -> None:
    with pytest.raises(Refused) as refusal:
        await place.rest.execute(place.hook, Post("", files=(part(bytes(10 * MIB + 1)),)))
    assert refusal.value.code == "40005"
    assert place.standing() == []


async def test_a_source_that_fails_sends_nothing_and_keeps_its_own_error(place: Place) -> None:
    class SourceError(Exception):
        pass

    async def chunks() -> AsyncIterator[bytes]:
        yield bytes(100_000)
        raise SourceError

    with pytest.raises(SourceError):
        await place.rest.send(place.channel, Post("x", files=(FilePart("a", "a/b", 200_000, chunks),)))
    with pytest.raises(Refused, match="size"):
        await place.rest.send(place.channel, Post("x", files=(part(b"short", size=500_000),)))
    assert place.world.messages(place.channel) == []


async def test_a_download_uses_a_fresh_link_each_time() -> None:
    data = os.urandom(2 * MIB)
    async with run_place(limits_with(url_lifetime=3600.0)) as place:
        sent = place.world.post(
            place.channel, place.person, "", files=[FileIn("a.txt", b"first"), FileIn("b.png", data, "image/png")]
        )
        sizes = []
        received = hashlib.sha256()
        async for chunk in place.rest.fetch_attachment(place.channel, sent, 1):
            sizes.append(len(chunk))
            received.update(chunk)
        assert received.hexdigest() == sha(data)
        assert len(sizes) > 4
        assert b"".join([c async for c in place.rest.fetch_attachment(place.channel, sent, 0)]) == b"first"


async def test_an_expired_link_or_a_missing_file_is_refused() -> None:
    async with run_place(limits_with(url_lifetime=-10.0)) as place:
        sent = place.world.post(place.channel, place.person, "", files=[FileIn("a.txt", b"first")])
        with pytest.raises(Refused):
            [chunk async for chunk in place.rest.fetch_attachment(place.channel, sent, 0)]
        with pytest.raises(Refused):
            [chunk async for chunk in place.rest.fetch_attachment(place.channel, sent, 1)]
        place.world.delete(place.channel, [sent])
        with pytest.raises(Refused):
            [chunk async for chunk in place.rest.fetch_attachment(place.channel, sent, 0)]


async def test_a_file_server_in_trouble_can_be_asked_again(place: Place) -> None:
    sent = place.world.post(place.channel, place.person, "", files=[FileIn("a.txt", b"first")])
    place.world.fault(FaultRule(CDN_METHOD, Phase.BEFORE, 503, "down"))
    with pytest.raises(Unreachable):
        [chunk async for chunk in place.rest.fetch_attachment(place.channel, sent, 0)]
    assert b"".join([c async for c in place.rest.fetch_attachment(place.channel, sent, 0)]) == b"first"


async def test_a_file_of_a_forward_and_one_beside_an_odd_one(place: Place) -> None:
    files = [FileIn("a.txt", b"12345", "text/plain")]
    posted = place.world.post(place.channel, place.person, "", files=files)
    stored = place.world.state.channels[place.channel].messages[posted].attachments[0]
    file = {"id": str(stored.id), "filename": "a.txt", "url": signed_url(place.world.state, place.channel, stored)}
    forward = place.world.post(
        place.channel, place.person, "x", overrides={"message_snapshots": [{"message": {"attachments": [None, file]}}]}
    )
    place.world.override(place.channel, posted, {"attachments": [7, {"id": None}, file]})
    for message_id, index in ((forward, 1), (posted, 2)):
        chunks = [chunk async for chunk in place.rest.fetch_attachment(place.channel, message_id, index)]
        assert b"".join(chunks) == b"12345"
    for index in (0, 1, 3, -1):
        with pytest.raises(Refused):
            [chunk async for chunk in place.rest.fetch_attachment(place.channel, posted, index)]
