"""Files, streamed both ways."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator

import pytest

from project.core.errors import InvalidInput, NotFound
from project.core.message import Attachment, MediaKind, plain_text
from project.sandbox.faults import FaultRule
from project.sandbox.telegram.messages import NewFile
from project.telegram.updates import Posted

from .conftest import Telegram, until, words
from .pictures import JPEG, png


def some_bytes(size: int) -> bytes:
    return random.Random(size).randbytes(size)


async def pieces(data: bytes, step: int = 70_001) -> AsyncIterator[bytes]:
    for start in range(0, len(data), step):
        yield data[start : start + step]


async def collected(stream: AsyncIterator[bytes]) -> bytes:
    return b"".join([part async for part in stream])


@pytest.mark.parametrize("size", [1, 524_288, 1_300_000])
async def test_a_document_is_downloaded_in_parts_and_resumed(telegram: Telegram, size: int) -> None:
    probe = await telegram.user()
    channel = await telegram.channel(probe)
    data = some_bytes(size)
    posted = telegram.world.post(channel, "a file", files=[NewFile("notes.bin", "application/x-notes", data)])
    await until(lambda: probe.posted)
    (message,) = [u.message for u in probe.updates if isinstance(u, Posted)]

    assert message.attachments == (Attachment(MediaKind.DOCUMENT, "notes.bin", "application/x-notes", size),)
    assert await collected(probe.account.download(channel, posted)) == data
    half = size // 2
    assert await collected(probe.account.download(channel, posted, offset=half)) == data[half:]


async def test_a_photo_is_downloaded(telegram: Telegram) -> None:
    probe = await telegram.user()
    channel = await telegram.channel(probe)
    posted = telegram.world.post(channel, "look", files=[NewFile("p.jpg", "image/jpeg", JPEG, photo=True)])
    message = (await probe.account.fetch(channel, [posted]))[posted]

    (photo,) = message.attachments
    assert (photo.kind, photo.mime, photo.size) == (MediaKind.PHOTO, "image/jpeg", len(JPEG))
    assert plain_text(message.text) == "look"
    assert await collected(probe.account.download(channel, posted)) == JPEG


async def test_an_expired_reference_is_fetched_again_and_the_download_goes_on(telegram: Telegram) -> None:
    probe = await telegram.user()
    channel = await telegram.channel(probe)
    data = some_bytes(1_300_000)
    posted = telegram.world.post(channel, "", files=[NewFile("big.bin", "application/x-big", data)])
    got = b""
    async for part in probe.account.download(channel, posted):
        got += part
        if len(got) == 524_288:
            telegram.world.expire_file_references()
    assert got == data


async def test_a_reference_that_always_expires_gives_up(telegram: Telegram) -> None:
    probe = await telegram.user()
    channel = await telegram.channel(probe)
    posted = telegram.world.post(channel, "", files=[NewFile("a.bin", "application/x-a", b"abc")])
    telegram.world.faults.add(FaultRule("upload.getFile", code=400, error="FILE_REFERENCE_EXPIRED", count=50))
    with pytest.raises(Exception, match="FILE_REFERENCE_EXPIRED"):
        await collected(probe.account.download(channel, posted))
    assert telegram.world.counters().calls[str(await telegram.id_of(probe))]["upload.getFile"] == 3


async def test_no_file_is_not_found(telegram: Telegram) -> None:
    probe = await telegram.user()
    channel = await telegram.channel(probe)
    posted = telegram.world.post(channel, "only text")
    for message_id in (posted, 9999):
        with pytest.raises(NotFound):
            await collected(probe.account.download(channel, message_id))


@pytest.mark.parametrize("who", ["user", "bot"])
@pytest.mark.parametrize("size", [3, 524_288, 1_200_000, 10_600_000])
async def test_a_document_is_uploaded_in_parts(telegram: Telegram, who: str, size: int) -> None:
    probe = await (telegram.user() if who == "user" else telegram.bot())
    channel = await telegram.channel(probe)
    data = some_bytes(size)
    attachment = Attachment(MediaKind.DOCUMENT, "report.pdf", "application/pdf", size)

    sent = await probe.account.send_file(
        channel, pieces(data), attachment=attachment, caption=words("the report"), random_id=1
    )

    (stored,) = telegram.world.messages(channel)
    assert stored.file is not None
    assert (stored.id, stored.text, stored.file.name, stored.file.mime, stored.file.photo) == (
        sent.message_id, "the report", "report.pdf", "application/pdf", False,
    )  # fmt: skip
    assert telegram.world.file_data(stored.file.id) == data


async def test_a_picture_is_shown_as_one_and_what_is_none_as_a_file(telegram: Telegram) -> None:
    probe = await telegram.user()
    channel = await telegram.channel(probe)
    for number, data in enumerate((png(), b"this is no picture")):
        attachment = Attachment(MediaKind.PHOTO, "p.png", "image/png", len(data))
        await probe.account.send_file(channel, pieces(data), attachment=attachment, caption=(), random_id=10 + number)
    stored = telegram.world.messages(channel)
    assert [m.file.photo for m in stored if m.file] == [True, False]


async def test_a_repeated_file_is_one_message(telegram: Telegram) -> None:
    probe = await telegram.user()
    channel = await telegram.channel(probe)
    attachment = Attachment(MediaKind.DOCUMENT, "a.txt", "text/plain", 3)
    sent = [
        await probe.account.send_file(channel, pieces(b"abc"), attachment=attachment, caption=words("x"), random_id=1)
        for _ in range(2)
    ]
    assert sent[0] == sent[1]
    assert len(telegram.world.messages(channel)) == 1


async def test_a_source_of_another_length_posts_nothing(telegram: Telegram) -> None:
    probe = await telegram.user()
    channel = await telegram.channel(probe)
    for size in (2, 4, 0):
        attachment = Attachment(MediaKind.DOCUMENT, "a.txt", "text/plain", size)
        with pytest.raises(InvalidInput):
            await probe.account.send_file(channel, pieces(b"abc"), attachment=attachment, caption=(), random_id=1)
    assert telegram.world.messages(channel) == []
